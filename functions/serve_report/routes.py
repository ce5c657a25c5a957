"""A day's report as it stands, several days' summary, and pictures of both."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import BaseModel

from functions.serve_report.answers import NO_SCRIPTS, READ_S, answer_file, bring_up_to_date
from functions.serve_report.asked import ChartQuery, ReportQuery, Stretch, SummaryQuery
from shared import environment
from shared.adapters.audit_log import AuditLog
from shared.domain.dates.report_day import ONE_DAY, day_of, read_day
from shared.domain.locations.location import Location
from shared.domain.reports.document import MAX_ENTRIES, report_document
from shared.domain.reports.report import Report
from shared.domain.reports.summary import group_days, summary_document
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.staff_api import json_response
from shared.entrypoints.validation import read_query
from shared.reports.charts import day_chart, month_chart
from shared.reports.files import Spool, write_file
from shared.workflows.reports.read_report import ReadingBudget, ReportReader
from shared.workflows.staff import Staff, audit_of

router = Router()  # type: ignore[no-untyped-call]
CHART_DAYS = 30


@router.get("/v1/locations/<location_id>/reports")
def get_summary(location_id: str) -> dict[str, Any]:
    """Return a summary for each day, week or month, and the totals of all."""
    budget = _budget()
    staff, asked = _authorized(location_id, SummaryQuery)
    location = staff.location
    now_s = int(time.time())
    stretch = Stretch.of(asked, day_of(now_s, location.timezone))
    bring_up_to_date(location_id, now_s, budget)
    days = environment.get(ReportReader).read_days(location, stretch.first, stretch.last, budget)
    periods = group_days(days, asked.by, now_s)
    document = summary_document(periods, environment.get(ReportReader).read_names(location_id))
    mode = {"location_id": location_id, "timezone": location.timezone, "mode": location.mode}
    return {**mode, **document}


@router.get("/v1/locations/<location_id>/reports/<day>")
def get_report(location_id: str, day: str) -> Response[Any]:
    """Return a day's report as it stands, as the caller wants it: JSON, or a file."""
    budget = _budget()
    staff, asked = _authorized(location_id, ReportQuery)
    location = staff.location
    now_s = int(time.time())
    wanted = asked.format_for(router.current_event.headers.get("accept", ""))
    shown = read_day(day, day_of(now_s, location.timezone))
    unsynced = bring_up_to_date(location_id, now_s, budget)
    reader = environment.get(ReportReader)
    read = partial(reader.read, location, shown, now_s, budget=budget, unsynced=unsynced)
    if wanted != "json":
        told = {"date": shown.isoformat(), "format": wanted}
        environment.get(AuditLog).record(audit_of(staff, "report.downloaded", **told))
        return _file(location, read, wanted, redirects=asked.redirect == "true")
    report = read()
    page, cursor = reader.list_page(location_id, report.day, MAX_ENTRIES, asked.entries_cursor)
    return json_response(200, report_document(report, page, cursor))


@router.get("/v1/locations/<location_id>/reports/<day>/chart.svg")
def get_chart(location_id: str, day: str) -> Response[bytes]:
    """Return a picture of a day by hour, or of the thirty days that it ends."""
    staff, asked = _authorized(location_id, ChartQuery)
    location = staff.location
    now_s = int(time.time())
    last = read_day(day, day_of(now_s, location.timezone))
    currency = asked.currency or location.currency
    first = last if asked.kind == "day" else last - (CHART_DAYS - 1) * ONE_DAY
    days = environment.get(ReportReader).read_days(location, first, last, _budget())
    bounds, flow = days[-1]
    report = Report(location, bounds, flow, now_s, final=now_s >= bounds.end_s)
    if asked.kind == "day":
        drawn = day_chart(report, currency)
    else:
        drawn = month_chart(report, currency, [(each.day, flow) for each, flow in days])
    return Response(200, "image/svg+xml", drawn, dict(NO_SCRIPTS))


def _authorized[Asked: BaseModel](location_id: str, model: type[Asked]) -> tuple[Staff, Asked]:
    caller = read_caller(router)
    staff = authorize(caller, location_id, "read_reports", takes=model)
    return staff, read_query(model, caller.query)


def _budget() -> ReadingBudget:
    """Return the time that a request has, from its beginning: all that it waits for counts."""
    return ReadingBudget(time.monotonic() + READ_S)


def _file(
    location: Location, read: Callable[..., Report], wanted: str, *, redirects: bool
) -> Response[Any]:
    with TemporaryDirectory() as place:
        folder = Path(place)
        with Spool(folder / "entries") as spool:
            report = read(keep=spool.keep)
        file = write_file(report, spool, folder, wanted)
        return answer_file(location, file, redirects=redirects)
