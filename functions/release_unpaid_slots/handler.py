"""Every minute: slots whose payment did not come in time are freed, once Stripe says so too."""

import time
from functools import cache
from typing import Any

from functions.release_unpaid_slots.release import release
from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.slot_store import SlotStore
from shared.config import load_config
from shared.observability import count, logger, metrics

MAX_A_SHARD = 25
# The function's own time is 60 s: what is left waits for the next minute.
MAX_S = 45


@cache
def _slots() -> SlotStore:
    return SlotStore(load_config())


@cache
def _api_keys() -> ApiKeyStore:
    return ApiKeyStore(load_config())


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], _context: object) -> dict[str, int]:
    """Look at every hold that has lapsed, and say how many came to which end."""
    started = time.monotonic()
    ends: dict[str, int] = {}
    for hold in _slots().find_lapsed_holds(int(time.time()), MAX_A_SHARD):
        if time.monotonic() - started > MAX_S:
            break
        try:
            end = release(hold, _slots(), _api_keys(), int(time.time()))
        except Exception as error:  # noqa: BLE001
            # The others are not to wait for this one, whatever is wrong with it: it is looked at
            # again in a minute. No traceback: Stripe's words may quote what was sent.
            logger.error(
                "slot not released",
                location_id=hold.location_id,
                booking_id=hold.booking_id,
                error=type(error).__name__,
            )
            end = "failed"
        ends[end] = ends.get(end, 0) + 1
        count(f"Hold{end.capitalize()}")
    return ends
