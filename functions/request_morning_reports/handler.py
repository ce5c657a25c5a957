"""Every hour: yesterday's report is ordered for the locations where it is due now."""

import time
from typing import Any

from shared import environment
from shared.adapters.location_store import LocationStore
from shared.adapters.sync_queue import MAX_ENTRIES, report_orders
from shared.domain.messages.ledger_orders import BuildReport
from shared.domain.reports.schedule import due_day, morning_report
from shared.observability import count, logger, metrics

PAGE = 100
MAX_LOCATIONS = 100_000


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], _context: object) -> dict[str, int]:
    """Order the reports that are due, and return how many. Ordering one twice is harmless."""
    now_s = int(time.time())
    waiting: list[BuildReport] = []
    ordered, newest = 0, ""
    for _ in range(MAX_LOCATIONS // PAGE):
        page = environment.get(LocationStore).list_locations(PAGE, newest)
        for place, location in page:
            day = None if place == newest else due_day(location, now_s)
            if day:
                waiting.append(morning_report(location, day, now_s))
        ordered += _send(waiting, at_least=MAX_ENTRIES)
        if len(page) < PAGE:
            break
        newest = page[-1][0]
    ordered += _send(waiting, at_least=1)
    if ordered:
        logger.info("reports ordered", number=ordered)
        count("ReportOrdered", ordered)
    return {"ordered": ordered}


def _send(waiting: list[BuildReport], *, at_least: int) -> int:
    """Send full batches, and remove what was sent from the list."""
    sent = 0
    while len(waiting) >= at_least:
        environment.get(report_orders).send(waiting[:MAX_ENTRIES])
        sent += len(waiting[:MAX_ENTRIES])
        del waiting[:MAX_ENTRIES]
    return sent
