"""A report that staff ask for: an order through the outbox. Reading them is `serve_report`'s."""

import time
import uuid
from functools import cache

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.outbox import outbox_put
from shared.config import load_config
from shared.domain.errors import Conflict
from shared.domain.report_day import day_of, read_day
from shared.domain.report_orders import report_requested
from shared.observability import count
from shared.staff_access import audit_of, authorize, read_caller

router = Router()  # type: ignore[no-untyped-call]


@cache
def _bookings() -> BookingStore:
    return BookingStore(load_config())


@cache
def _table() -> BookingsTable:
    return BookingsTable(load_config())


@router.post("/v1/locations/<location_id>/reports/<day>/send")
def send_report(location_id: str, day: str) -> Response[str]:
    """Ask for a day's report by mail, as it stands now; it closes no day."""
    staff = authorize(_bookings(), read_caller(router), location_id, "send_reports")
    location = staff.location
    now_s = int(time.time())
    asked = read_day(day, "date", day_of(now_s, location.timezone))
    if not location.report_recipients:
        raise Conflict("The location has no recipients of reports.", code="no_recipients")
    message = report_requested(location_id, asked, uuid.uuid4().hex, now_s)
    audit = audit_of(staff, "report.sent", date=asked.isoformat())
    _table().put([outbox_put(location_id, message, now_s, booking_version=0), audit])
    count("ReportRequested")
    return Response(202, "application/json", '{"status": "requested"}')
