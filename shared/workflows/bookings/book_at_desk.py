"""Staff, or another system, make a booking: its time is taken in the same transaction."""

import secrets

from shared.adapters.booking_store import BookingStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.first_answers import FirstAnswer
from shared.domain.activity.client_mails import new_booking_order
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.desk_booking import Desk, DeskRequest, MadeBy, make_desk_booking
from shared.domain.errors import Conflict, NotFound
from shared.workflows.staff import Staff


def desk_booking(
    staff: Staff, asked: DeskRequest, catalogue: CatalogueStore, now_s: int
) -> Booking:
    """Return the booking that staff ask for, by what the catalogue and the terms say now.

    Nothing is written. Raises as `make_desk_booking` does, and `NotFound` `location_not_found`.
    """
    found = catalogue.get_offer(
        staff.location.location_id, asked.service_id or "", asked.employee_id or ""
    )
    if found is None:
        raise NotFound("There is no such location.", code="location_not_found")
    desk = Desk(found.location, found.terms, found.service, found.employee, found.off)
    by = MadeBy(staff.email, staff.user_id)
    return make_desk_booking(f"bk_{secrets.token_hex(12)}", desk, asked, by, now_s)


def write_desk_booking(
    booking: Booking,
    bookings: BookingStore,
    *,
    client_digest: str,
    link_digest: str,
    answer: FirstAnswer | None,
    is_told: bool,
) -> None:
    """Write a new booking, and with `is_told` the order to mail its client.

    Raises `Conflict` `client_has_no_email`, and as `BookingStore.create` does.
    """
    if is_told and booking.client is None:
        raise Conflict("No address of the client is known.", code="client_has_no_email")
    orders = (new_booking_order(booking, booking.created_at_s),) if is_told else ()
    bookings.create(
        booking,
        client_digest=client_digest,
        link_digest=link_digest,
        answer=answer,
        orders=orders,
    )
