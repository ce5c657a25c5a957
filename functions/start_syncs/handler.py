"""Every hour: a sync is ordered for locations where something can move, daily for all others."""

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import environment
from shared.adapters.sync_queue import MAX_ENTRIES, ledger_syncs
from shared.adapters.sync_schedule import SyncSchedule
from shared.domain.dates.instants import rfc3339
from shared.domain.ledger.sync_times import is_sync_due
from shared.domain.locations.location import Location
from shared.domain.messages.ledger_orders import SyncLedger
from shared.observability import count, logger, metrics
from shared.workflows.locations.in_parts import LocationsInParts, part_of

TICK = "start_syncs"


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Order the syncs that are due in a part of all locations, and return how many."""
    logger.set_correlation_id(context.aws_request_id)
    now_s, ordered = int(time.time()), 0
    for page in environment.get(LocationsInParts).pages(TICK, part_of(event)):
        ordered += _order(page, now_s)
    count("SyncOrdered", ordered)
    return {"ordered": ordered}


def _order(locations: list[Location], now_s: int) -> int:
    schedule = environment.get(SyncSchedule)
    times = schedule.read_times(locations)
    due = [
        each
        for each in locations
        if is_sync_due(times[each.location_id], now_s, has_report=bool(each.report_recipients))
    ]
    for start in range(0, len(due), MAX_ENTRIES):
        part = due[start : start + MAX_ENTRIES]
        environment.get(ledger_syncs).send([_order_of(each.location_id, now_s) for each in part])
    # After they are sent: what is not noted is ordered twice, what was not sent would be never.
    schedule.note_syncs(due, now_s)
    return len(due)


def _order_of(location_id: str, now_s: int) -> SyncLedger:
    return SyncLedger(
        message_id=f"{location_id}-sync-{now_s}",
        occurred_at=rfc3339(now_s),
        location_id=location_id,
    )
