"""Free slots of a day, and what a client sees of their own booking."""

import hmac
import re
import time
from datetime import date, timedelta
from typing import Any

from shared import environment
from shared.adapters.booking_links import ClientAccess
from shared.adapters.booking_store import BookingStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.slot_store import SlotStore
from shared.domain.activity.client_view import client_view
from shared.domain.bookings.booking_id import is_booking_id
from shared.domain.dates.instants import rfc3339
from shared.domain.dates.local_day import A_DAY, parse_day
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.link_tokens import TOKEN, token_digest
from shared.domain.locations.location import Location
from shared.domain.mistakes import mistake, pointer_to
from shared.domain.money.money import MAX_AMOUNT_MINOR
from shared.domain.visits.end_visit import cancel_for_client
from shared.entrypoints.json_bodies import read_object
from shared.entrypoints.query_strings import QueryString, invalid_query
from shared.observability import count
from shared.workflows.bookings.free_slots import SlotSearch, find_free_slots

type Event = dict[str, Any]
# A widget shows a week with one request.
MAX_DAYS = 7
FEE = "accepted_fee"


def list_slots(location_id: str, query: QueryString) -> tuple[Location, dict[str, Any]]:
    """Return a location and the free slots of `days` local days from `date` on, in order.

    Raises `NotFound` for a location, service or employee that is not there, `InvalidInput`.
    """
    found = environment.get(CatalogueStore).get_location_and_terms(location_id)
    if found is None:
        raise NotFound("There is no such location.", code="location_not_found")
    query.expect_only("date", "days", "service_id", "employee_id")
    asked = query.values
    first, days = _day(asked.get("date", "")), _days(asked.get("days", "1"))
    service_id = asked.get("service_id")
    if not service_id:
        raise _mistake("service_id", "is required")
    location = found[0]
    free = find_free_slots(
        location,
        SlotSearch(first, days, service_id, asked.get("employee_id")),
        catalogue=environment.get(CatalogueStore),
        slots=environment.get(SlotStore),
        now_s=int(time.time()),
    )
    slots = [{"starts_at": rfc3339(start_s), "employee_id": who} for start_s, who in free]
    return location, {"slots": slots}


def show_booking(booking_id: str, query: QueryString) -> dict[str, Any]:
    """Return the client's own view; a wrong `token` is the same `NotFound` as a wrong id."""
    location_id = _allowed_location(booking_id, query)
    location, stored = environment.get(BookingStore).get_location_and_booking(
        location_id, booking_id
    )
    if stored is None:
        raise _no_booking()
    return client_view(stored.booking, int(time.time()), location)


def cancel_booking(booking_id: str, query: QueryString, body: str | None) -> dict[str, Any]:
    """Cancel for the client, and return the client's view: the terms decide the fee.

    The body names the fee that was shown, `{"accepted_fee": 2250}` in minor units. Raises
    `NotFound` as `show_booking` does, `InvalidInput`, `Conflict` with a code for what is over or
    `fee_changed`, and `WriteConflict`.
    """
    location_id, now_s = _allowed_location(booking_id, query), int(time.time())
    accepted_minor = _accepted_fee(body)
    changed = environment.get(SlotStore).end_visit(
        location_id,
        booking_id,
        lambda booking: cancel_for_client(booking, now_s, accepted_fee_minor=accepted_minor),
        written=lambda: count("BookingCancelledByClient"),
    )
    return client_view(changed, now_s)


def confirm_booking(booking_id: str, query: QueryString) -> dict[str, Any]:
    """Confirm for the holder of the token that was mailed, and return the client's view.

    Raises `NotFound` as `show_booking` does, `Conflict` with a code for what is over, and
    `WriteConflict`.
    """
    location_id, now_s = _allowed_location(booking_id, query), int(time.time())
    confirmed = environment.get(SlotStore).confirm_address(
        location_id, booking_id, now_s, written=lambda: count("BookingConfirmedByClient")
    )
    return client_view(confirmed, now_s)


def _accepted_fee(body: str | None) -> int | None:
    document = read_object(body)
    errors = [
        mistake(pointer_to(name), "is not known here") for name in sorted(document.keys() - {FEE})
    ]
    fee = document.get(FEE)
    if FEE in document and (type(fee) is not int or not 0 <= fee <= MAX_AMOUNT_MINOR):
        errors.append(mistake(pointer_to(FEE), "must be a whole number, in minor units"))
    if errors:
        raise InvalidInput("Some fields are not valid.", errors=errors)
    return fee


def _allowed_location(booking_id: str, query: QueryString) -> str:
    """Return the location of a booking whose `token` this is; raises `NotFound`.

    Only the holder of the token learns what else the query may not have.
    """
    location_id = find_location_id(booking_id, query.values.get("token", ""))
    if not location_id:
        raise _no_booking()
    query.expect_only("token")
    return location_id


def find_location_id(booking_id: str, token: str) -> str:
    """Return the location of a booking, "" where the id or the token is wrong."""
    access = _find_access(booking_id)
    if access is None or not TOKEN.fullmatch(token):
        return ""
    is_its_own = hmac.compare_digest(access.token_digest, token_digest(token))
    return access.location_id if is_its_own else ""


def _find_access(booking_id: str) -> ClientAccess | None:
    if not is_booking_id(booking_id):
        return None
    return environment.get(SlotStore).find_client_access(booking_id)


def _day(text: str) -> date:
    day = parse_day(text)
    if day is None:
        raise _mistake("date", A_DAY)
    if abs(day - date.today()) > timedelta(days=400):  # noqa: DTZ011 (a rough bound)
        raise _mistake("date", "must be within 400 days of today")
    return day


def _days(text: str) -> int:
    if not re.fullmatch(rf"[1-{MAX_DAYS}]", text):
        raise _mistake("days", f"must be a whole number from 1 to {MAX_DAYS}")
    return int(text)


def _mistake(name: str, what: str) -> InvalidInput:
    return invalid_query([mistake(f"/query/{name}", what)])


def _no_booking() -> NotFound:
    return NotFound(
        "There is no such booking, or the token is not its own.", code="booking_not_found"
    )
