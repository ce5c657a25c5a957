"""Disputes: what clients' banks ask or took back, newest first."""

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from functions.serve_staff_api.lists import query_mistake, read_limit
from functions.serve_staff_api.pages import page_of, read_cursor
from shared.adapters.booking_store import BookingStore
from shared.adapters.dispute_store import DisputeStore
from shared.config import load_config
from shared.domain.booking_payments import dispute_view
from shared.domain.dispute_record import DisputeRecord
from shared.staff_access import authorize, read_caller

router = Router()  # type: ignore[no-untyped-call]
# Behind every place of the list: a place begins with a year.
NEWEST = "~"
OPEN = {"true": True, "false": False, None: None}


@cache
def _bookings() -> BookingStore:
    return BookingStore(load_config())


@cache
def _disputes() -> DisputeStore:
    return DisputeStore(load_config())


@router.get("/v1/locations/<location_id>/disputes")
def get_disputes(location_id: str) -> dict[str, Any]:
    """List disputes, newest first; `open=true` only those that nobody has decided yet."""
    authorize(_bookings(), read_caller(router), location_id, "read_disputes")
    query = router.current_event.query_string_parameters or {}
    if query.get("open") not in OPEN:
        raise query_mistake("open", "is true or false")
    # One more than is shown, to know of a next page, and one for the cursor's own place.
    wanted = read_limit(query.get("limit")) + 2
    listed = _disputes().list_disputes(
        location_id, read_cursor(query) or NEWEST, wanted, is_open=OPEN[query.get("open")]
    )
    return page_of([(at, _view(each)) for at, each in listed], query, newest_first=True)


def _view(record: DisputeRecord) -> dict[str, Any]:
    return {**dispute_view(record), "booking_id": record.booking_id}
