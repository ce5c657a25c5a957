"""A report that staff order, through the outbox; `serve_report` is what reads them."""

import time
import uuid
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.report_records import ReportRecords
from shared.domain.dates.report_day import day_of, read_day
from shared.domain.errors import Conflict
from shared.domain.reports.schedule import report_on_request
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.idempotency import REPLAYED, read_repeatable
from shared.entrypoints.staff_api import json_response
from shared.observability import count
from shared.workflows.staff import audit_of

router = Router()  # type: ignore[no-untyped-call]
ANSWER = {"status": "requested"}


@router.post("/v1/locations/<location_id>/reports/<day>/send")
def send_report(location_id: str, day: str) -> Response[dict[str, Any]]:
    """Order a day's report by mail, as of now; it closes no day."""
    caller = read_caller(router)
    staff = authorize(caller, location_id, "send_reports")
    location = staff.location
    now_s = int(time.time())
    asked = read_day(day, day_of(now_s, location.timezone))
    if not location.report_recipients:
        raise Conflict("The location has no recipients of reports.", code="no_recipients")
    repeatable = read_repeatable(router, environment.get(BookingStore), location_id, caller, None)
    if repeatable.kept():
        return json_response(202, ANSWER, REPLAYED)
    order = report_on_request(location, asked, uuid.uuid4().hex, now_s)
    audit = audit_of(staff, "report.sent", date=asked.isoformat())
    environment.get(ReportRecords).ask_for_mail(
        location_id, order, now_s, repeatable.first_answer(ANSWER), audit
    )
    count("ReportRequested")
    return json_response(202, ANSWER)
