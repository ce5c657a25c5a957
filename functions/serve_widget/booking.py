"""What a client sees of their own booking, and what they do with it: confirm, cancel."""

import time
from typing import Any

from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.domain.activity.client_view import client_view
from shared.domain.bookings.proved_address import confirm_address
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.mistakes import mistake, pointer_to
from shared.domain.money.money import MAX_AMOUNT_MINOR
from shared.domain.visits.end_visit import cancel_for_client
from shared.entrypoints.http_api import Event, path_parameter, query_of, read_body
from shared.entrypoints.json_bodies import read_object
from shared.entrypoints.query_strings import QueryString
from shared.observability import count
from shared.workflows.bookings import client_access

FEE = "accepted_fee"


def show_booking(event: Event) -> dict[str, Any]:
    """Return the client's own view; a wrong `token` is the same `NotFound` as a wrong id."""
    location_id, booking_id = _require_own(event)
    location, stored = environment.get(BookingStore).get_location_and_booking(
        location_id, booking_id
    )
    if stored is None:
        raise _no_booking()
    return client_view(stored.booking, int(time.time()), location)


def cancel_booking(event: Event) -> dict[str, Any]:
    """Cancel for the client, and return the client's view: the terms decide the fee.

    The body names the fee that was shown, `{"accepted_fee": 2250}` in minor units. Raises
    `NotFound` as `show_booking` does, `InvalidInput`, `Conflict` with a code for what is over or
    `fee_changed`, and `WriteConflict`.
    """
    body = read_body(event)
    (location_id, booking_id), now_s = _require_own(event), int(time.time())
    accepted_minor = _accepted_fee(body)
    changed = environment.get(BookingStore).change(
        location_id,
        booking_id,
        lambda booking: cancel_for_client(booking, now_s, accepted_fee_minor=accepted_minor),
        written=lambda: count("BookingCancelledByClient"),
    )
    return client_view(changed, now_s)


def confirm_booking(event: Event) -> dict[str, Any]:
    """Confirm for the holder of the token that was mailed, and return the client's view.

    Raises `NotFound` as `show_booking` does, `Conflict` with a code for what is over, and
    `WriteConflict`.
    """
    (location_id, booking_id), now_s = _require_own(event), int(time.time())
    confirmed = environment.get(BookingStore).change(
        location_id,
        booking_id,
        lambda booking: confirm_address(booking, now_s),
        written=lambda: count("BookingConfirmedByClient"),
    )
    return client_view(confirmed, now_s)


def find_location_id(event: Event) -> str:
    """Return the location of a booking, "" where the id or the token is wrong."""
    booking_id, token = path_parameter(event, "booking_id"), query_of(event).get("token", "")
    return client_access.find_location_id(booking_id, token, environment.get(BookingStore))


def _require_own(event: Event) -> tuple[str, str]:
    """Return the location and the id of a booking whose `token` this is; raises `NotFound`.

    Only the holder of the token learns what else the query may not have.
    """
    location_id = find_location_id(event)
    if not location_id:
        raise _no_booking()
    QueryString.of(event).expect_only("token")
    return location_id, path_parameter(event, "booking_id")


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


def _no_booking() -> NotFound:
    return NotFound(
        "There is no such booking, or the token is not its own.", code="booking_not_found"
    )
