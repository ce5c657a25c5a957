"""What a client sees of their own booking, and what they do with it: confirm, move, cancel."""

import time
from typing import Any

from functions.serve_widget.bodies import read_accepted_fee, read_move
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.visit_hosts import VisitHosts
from shared.domain.activity.client_view import client_view
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.proved_address import confirm_address
from shared.domain.errors import NotFound
from shared.domain.visits.end_visit import cancel_for_client
from shared.entrypoints.http_api import Event, path_parameter, query_of, read_body
from shared.entrypoints.query_strings import QueryString
from shared.observability import count
from shared.workflows.bookings import client_access
from shared.workflows.visits.move_visit import MoveStores, move_own_visit


def show_booking(event: Event) -> dict[str, Any]:
    """Return the client's own view; a wrong `token` is the same `NotFound` as a wrong id."""
    location_id, booking_id = _require_own(event)
    stored = environment.get(BookingStore).get_booking(location_id, booking_id)
    if stored is None:
        raise _no_booking()
    return _view(stored.booking, int(time.time()))


def cancel_booking(event: Event) -> dict[str, Any]:
    """Cancel for the client, and return the client's view: the terms decide the fee.

    The body names the fee that was shown, `{"accepted_fee": 2250}` in minor units. Raises
    `NotFound` as `show_booking` does, `InvalidInput`, `Conflict` with a code for what is over or
    `fee_changed`, and `WriteConflict`.
    """
    body = read_body(event)
    (location_id, booking_id), now_s = _require_own(event), int(time.time())
    accepted_minor = read_accepted_fee(body)
    changed = environment.get(BookingStore).change(
        location_id,
        booking_id,
        lambda booking: cancel_for_client(booking, now_s, accepted_fee_minor=accepted_minor),
        written=lambda: count("BookingCancelledByClient"),
    )
    return _view(changed, now_s)


def move_booking(event: Event) -> dict[str, Any]:
    """Move the visit for the client, and return the client's view.

    The body is `{"starts_at": ..., "employee_id": ..., "accepted_fee": 2250}`, of which the last
    two may be absent. Raises `NotFound` as `show_booking` does, and as `move_own_visit`.
    """
    body = read_body(event)
    (location_id, booking_id), now_s = _require_own(event), int(time.time())
    asked, accepted_minor = read_move(body)
    changed = move_own_visit(
        location_id,
        booking_id,
        asked,
        accepted_minor,
        stores=MoveStores(environment.get(BookingStore), environment.get(CatalogueStore)),
        now_s=now_s,
    )
    return _view(changed, now_s)


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
    return _view(confirmed, now_s)


def find_location_id(event: Event) -> str:
    """Return the location of a booking, "" where the id or the token is wrong."""
    booking_id, token = path_parameter(event, "booking_id"), query_of(event).get("token", "")
    return client_access.find_location_id(booking_id, token, environment.get(BookingStore))


def _view(booking: Booking, now_s: int) -> dict[str, Any]:
    host = environment.get(VisitHosts).get(booking.location_id, booking.employee_id)
    if host is None:
        raise _no_booking()
    return client_view(booking, now_s, host)


def _require_own(event: Event) -> tuple[str, str]:
    """Return the location and the id of a booking whose `token` this is; raises `NotFound`.

    Only the holder of the token learns what else the query may not have.
    """
    location_id = find_location_id(event)
    if not location_id:
        raise _no_booking()
    QueryString.of(event).expect_only("token")
    return location_id, path_parameter(event, "booking_id")


def _no_booking() -> NotFound:
    return NotFound(
        "There is no such booking, or the token is not its own.", code="booking_not_found"
    )
