"""Every minute: slots that were not paid in time are released, once Stripe confirms it."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.hold_store import Hold, HoldStore
from shared.domain.errors import StripeKeyRefused, StripeUnavailable
from shared.observability import count, fault, logger, metrics
from shared.workflows.bookings.release_unpaid_slot import release
from shared.workflows.stripe_accounts import StripeAccounts

MAX_A_SHARD = 25
# The function may run for 60 s: the rest waits for the next minute.
MAX_S = 45
# One location's Stripe account may be slow, or its list long: the others do not wait for it.
MAX_A_LOCATION_S = 15
# A hold that could not be ended makes room for others, and is checked again after this time.
RETRY_S = 3 * 60
FAILED, PUT_OFF, KEY_REFUSED, SILENT = "failed", "put_off", "key_refused", "silent"
# What is looked at again later.
STAYS = frozenset({FAILED, PUT_OFF, KEY_REFUSED, SILENT})


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Check the holds whose time is up, oldest first; return how many had which outcome."""
    logger.set_correlation_id(context.aws_request_id)
    started = time.monotonic()
    now_s = int(time.time())
    spent_s: dict[str, float] = defaultdict(float)
    ends: dict[str, int] = defaultdict(int)
    rounds = environment.get(HoldStore).find_expired(now_s, MAX_A_SHARD)
    for hold in chain.from_iterable(map(_in_turns, rounds)):
        begun = time.monotonic()
        if begun - started > MAX_S:
            break
        if spent_s[hold.location_id] >= MAX_A_LOCATION_S:
            end = PUT_OFF
        else:
            end = _try(hold)
            took_s = time.monotonic() - begun
            # After one call without an answer, the next one would only wait as long.
            spent_s[hold.location_id] += MAX_A_LOCATION_S if end == SILENT else took_s
        if end in STAYS:
            _put_off(hold, now_s)
        ends[end] += 1
        count("".join(("Hold", *map(str.capitalize, end.split("_")))))
    return dict(ends)


def _in_turns(holds: Iterable[Hold]) -> Iterator[Hold]:
    """Return one hold of each location, then the second of each, and so on."""
    by_location: dict[str, list[Hold]] = defaultdict(list)
    for hold in holds:
        by_location[hold.location_id].append(hold)
    turns = chain.from_iterable(zip_longest(*by_location.values()))
    return (hold for hold in turns if hold is not None)


def _try(hold: Hold) -> str:
    """Return what became of a hold."""
    about: dict[str, Any] = {"location_id": hold.location_id, "booking_id": hold.booking_id}
    try:
        return release(
            hold,
            environment.get(BookingStore),
            environment.get(HoldStore),
            environment.get(StripeAccounts),
            int(time.time()),
        )
    except StripeKeyRefused as refused:
        # The location's own trouble, told to it; nobody else is woken.
        logger.warning("slot not released", error=type(refused).__name__, **about)
        environment.get(StripeAccounts).troubles.try_to_note_refused_key(hold.location_id, refused)
        return KEY_REFUSED
    except StripeUnavailable as error:
        # It passes by itself, and may be one location's alone: no alarm of its own.
        logger.warning("slot not released", **about, **fault(error))
        return SILENT
    except Exception as error:  # noqa: BLE001
        # The others are not to wait for this one, whatever is wrong with it: it is looked at
        # again in some minutes. No traceback: Stripe's words may quote what was sent.
        logger.error("slot not released", **about, **fault(error))
        return FAILED


def _put_off(hold: Hold, now_s: int) -> None:
    try:
        environment.get(HoldStore).postpone(hold, now_s + RETRY_S)
    except Exception as error:  # noqa: BLE001
        # It keeps its place, and is looked at in a minute.
        logger.error("hold not put off", booking_id=hold.booking_id, **fault(error))
