"""Every hour: reminders of the visits that are near are ordered, each for its own instant."""

import time
from itertools import chain
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import environment
from shared.adapters.booking_lists import BookingLists
from shared.adapters.outbox import put_order
from shared.config import load_config
from shared.domain.errors import AwsRefused, AwsUnreachable
from shared.domain.locations.location import Location
from shared.domain.visits.reminders import reminder_order, starts_to_order
from shared.observability import count, fault, logger, metrics
from shared.workflows.locations.in_parts import LocationsInParts, part_of

TICK = "order_reminders"
# More visits than one location can have in two hours.
MAX_VISITS = 2_000


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Order what is due in the next two hours, and return how many; twice is as good as once."""
    logger.set_correlation_id(context.aws_request_id)
    if not load_config().mail_from:
        return {"ordered": 0}
    now_s, ordered = int(time.time()), 0
    pages = environment.get(LocationsInParts).pages(TICK, part_of(event))
    for location in chain.from_iterable(pages):
        try:
            ordered += _order(location, now_s)
        except (AwsRefused, AwsUnreachable) as error:
            # The others are not to wait for it: its visits are ordered with the next tick.
            logger.error("reminders not ordered", location_id=location.location_id, **fault(error))
            count("RemindersNotOrdered")
    if ordered:
        count("ReminderOrdered", ordered)
    return {"ordered": ordered}


def _order(location: Location, now_s: int) -> int:
    """Order the reminders of one location: one query, and a write for each visit."""
    bounds = starts_to_order(location, now_s)
    if bounds is None:
        return 0
    visits = environment.get(BookingLists).read_visits(location.location_id, bounds, MAX_VISITS)
    for each in visits:
        starts_at, _, booking_id = each.place.partition("#")
        put_order(load_config(), reminder_order(location, booking_id, starts_at, now_s))
    return len(visits)
