"""Every hour: yesterday's report is ordered for the locations where it is due now."""

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import environment
from shared.adapters.sync_queue import MAX_ENTRIES, report_orders
from shared.adapters.sync_schedule import SyncSchedule
from shared.domain.locations.location import Location
from shared.domain.reports.schedule import day_to_look_for, due_day, morning_report
from shared.observability import count, logger, metrics
from shared.workflows.locations.in_parts import LocationsInParts, part_of

TICK = "request_morning_reports"


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Order the reports that are due in a part of all locations, and return how many."""
    logger.set_correlation_id(context.aws_request_id)
    now_s, ordered = int(time.time()), 0
    for page in environment.get(LocationsInParts).pages(TICK, part_of(event)):
        ordered += _order(page, now_s)
        _look_for(page, now_s)
    if ordered:
        logger.info("reports ordered", number=ordered)
        count("ReportOrdered", ordered)
    return {"ordered": ordered}


def _order(locations: list[Location], now_s: int) -> int:
    schedule = environment.get(SyncSchedule)
    due = [(each, day) for each in locations if (day := due_day(each, now_s))]
    wanted = schedule.without_reports(due, now_s)
    for start in range(0, len(wanted), MAX_ENTRIES):
        part = wanted[start : start + MAX_ENTRIES]
        environment.get(report_orders).send(
            [morning_report(each, day, now_s) for each, day in part]
        )
    schedule.note_reports(wanted, now_s)
    return len(wanted)


def _look_for(locations: list[Location], now_s: int) -> None:
    """Tell of reports that were ordered and not sent, whatever became of their orders."""
    due = [(each, day) for each in locations if (day := day_to_look_for(each, now_s))]
    for location, day in environment.get(SyncSchedule).unsent_reports(due):
        logger.error("report not sent", location_id=location.location_id, date=day.isoformat())
        count("ReportMissing")
