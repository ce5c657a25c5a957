"""A day's report as it stands, several days' summary, and pictures of both."""

import time
import uuid
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import BaseModel

from functions.serve_report.asked import ChartQuery, ReportQuery, Stretch, SummaryQuery
from shared import environment
from shared.adapters.audit_log import AuditLog
from shared.adapters.report_files import ReportFiles
from shared.adapters.sync_state import SyncState
from shared.domain.dates.report_day import ONE_DAY, day_of, read_day
from shared.domain.errors import (
    StripeRefused,
    StripeUnavailable,
    UnreadableEvent,
    WriteConflict,
)
from shared.domain.locations.location import Location
from shared.domain.reports.document import MAX_ENTRIES, report_document
from shared.domain.reports.report import Report
from shared.domain.reports.summary import group_days, summary_document
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.staff_api import json_response
from shared.entrypoints.validation import read_query
from shared.observability import count, logger
from shared.reports.charts import day_chart, month_chart
from shared.reports.files import Spool, write_file
from shared.workflows.ledger.sync_ledger import LedgerSync
from shared.workflows.reports.read_report import ReadingBudget, ReportReader
from shared.workflows.staff import Staff, audit_of

router = Router()  # type: ignore[no-untyped-call]
# API Gateway waits 30 s; what is left is for the writing.
READ_S = 22
# Whoever turns pages asks Stripe once, and for few pages: the hourly sync does the rest.
FRESH_S, SYNC_PAGES = 5, 3
# Lambda answers 6 MB, and base64 makes a third more of a file: a larger one is fetched from S3.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_ANSWER_BYTES = 4_000_000
# What is fetched once is deleted after a day, by a rule of the bucket. No location's id begins so.
ASKED_FOLDER = "_asked"
CHART_DAYS = 30
# A page or a picture of ours needs its own styles, and nothing else from anywhere.
NO_SCRIPTS = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}


@router.get("/v1/locations/<location_id>/reports")
def get_summary(location_id: str) -> dict[str, Any]:
    """Return a summary for each day, week or month, and the totals of all."""
    staff, asked = _authorized(location_id, SummaryQuery)
    location = staff.location
    now_s = int(time.time())
    stretch = Stretch.of(asked, day_of(now_s, location.timezone))
    _bring_up_to_date(location_id, now_s)
    days = environment.get(ReportReader).read_days(location, stretch.first, stretch.last, _budget())
    periods = group_days(days, asked.by, now_s)
    document = summary_document(periods, environment.get(ReportReader).read_names(location_id))
    mode = {"location_id": location_id, "timezone": location.timezone, "mode": location.mode}
    return {**mode, **document}


@router.get("/v1/locations/<location_id>/reports/<day>")
def get_report(location_id: str, day: str) -> Response[Any]:
    """Return a day's report as it stands, as the caller wants it: JSON, or a file."""
    staff, asked = _authorized(location_id, ReportQuery)
    location = staff.location
    now_s = int(time.time())
    wanted = asked.format_for(router.current_event.headers.get("accept", ""))
    shown = read_day(day, day_of(now_s, location.timezone))
    _bring_up_to_date(location_id, now_s)
    if wanted != "json":
        told = {"date": shown.isoformat(), "format": wanted}
        environment.get(AuditLog).record(audit_of(staff, "report.downloaded", **told))
        return _file(location, shown, wanted, now_s, redirects=asked.redirect == "true")
    report = environment.get(ReportReader).read(location, shown, now_s, None, _budget())
    page, cursor = environment.get(ReportReader).list_page(
        location_id, report.day, MAX_ENTRIES, asked.entries_cursor
    )
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
    return ReadingBudget(time.monotonic() + READ_S)


def _bring_up_to_date(location_id: str, now_s: int) -> None:
    """Sync with Stripe, unless that was done a moment ago.

    Where Stripe does not answer, the report is what is here: how far that is stands in it.
    """
    synced_until_s = environment.get(SyncState).get_cursor(location_id)
    if synced_until_s is not None and now_s - synced_until_s < FRESH_S:
        return
    try:
        environment.get(LedgerSync).sync(location_id, now_s, max_pages=SYNC_PAGES)
    except (StripeUnavailable, StripeRefused, UnreadableEvent, WriteConflict) as error:
        logger.warning("report not synced", location_id=location_id, error=type(error).__name__)
        count("ReportNotSynced")


def _file(
    location: Location, day: date, wanted: str, now_s: int, *, redirects: bool
) -> Response[Any]:
    """Return a file, or where to fetch it once from S3 if it is too large for an answer."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        with Spool(folder / "entries") as spool:
            report = environment.get(ReportReader).read(location, day, now_s, spool.keep, _budget())
        file = write_file(report, spool, folder, wanted)
        if file.path.stat().st_size > MAX_ANSWER_BYTES:
            once = f"{ASKED_FOLDER}/{location.location_id}/{location.mode}/{uuid.uuid4().hex}"
            key = f"{once}/{file.name}"
            environment.get(ReportFiles).put(key, file.path, file.media_type)
            return _elsewhere(environment.get(ReportFiles).address(key), redirects=redirects)
        body = file.path.read_bytes()
    if wanted == "html":
        headers = dict(NO_SCRIPTS)
    else:
        headers = {"content-disposition": f'attachment; filename="{file.name}"'}
    return Response(200, _with_charset(file.media_type), body, headers)


def _elsewhere(address: str, *, redirects: bool) -> Response[Any]:
    """Say where a file is: by a redirect, or to a script as JSON.

    A script that follows a redirect to another origin needs that origin's leave and its own page's,
    and older browsers send the login along, which S3 refuses beside a signed address; one that
    knows the address lets the browser download it. https://github.com/whatwg/fetch/pull/1544
    """
    if redirects:
        return Response(303, "text/plain", "", {"location": address})
    return json_response(200, {"url": address})


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
