"""Every hour: one order to sync for each location, all locations page by page."""

import time
from typing import Any

from shared import environment
from shared.adapters.location_store import LocationStore
from shared.adapters.sync_queue import MAX_ENTRIES, ledger_syncs
from shared.domain.dates.instants import rfc3339
from shared.domain.messages.ledger_orders import SyncLedger
from shared.observability import count, logger, metrics

PAGE = 100
# 100,000 locations: at some 20 ms a page and 10 ms a batch, two minutes of the function's five.
MAX_PAGES = 1_000


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], _context: object) -> dict[str, int]:
    """Order a sync of every location, and return how many."""
    now_s, ordered, newest = int(time.time()), 0, ""
    for _ in range(MAX_PAGES):
        page = environment.get(LocationStore).list_locations(PAGE, newest)
        # The bound is included: it was on the page before.
        found = [location.location_id for place, location in page if place != newest]
        for start in range(0, len(found), MAX_ENTRIES):
            part = found[start : start + MAX_ENTRIES]
            environment.get(ledger_syncs).send([_order(location_id, now_s) for location_id in part])
        ordered += len(found)
        if len(page) < PAGE:
            break
        newest = page[-1][0]
    else:
        # More locations than this need several functions, each with a part of the list.
        logger.error("more locations than one function can order", ordered=ordered)
        count("SyncsNotOrdered")
    count("SyncOrdered", ordered)
    return {"ordered": ordered}


def _order(location_id: str, now_s: int) -> SyncLedger:
    return SyncLedger(
        message_id=f"{location_id}-sync-{now_s}",
        occurred_at=rfc3339(now_s),
        location_id=location_id,
    )
