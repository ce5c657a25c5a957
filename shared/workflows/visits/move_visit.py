"""A visit is moved: its old time is released and the new one taken in one transaction."""

from msgspec import Struct

from shared.adapters.booking_store import BookingStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.refund_days import RefundDays
from shared.adapters.retry_write import retry_write
from shared.domain.activity.client_mails import moved_order, payment_link_order
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking
from shared.domain.errors import Conflict, NotFound
from shared.domain.messages.message import Message
from shared.domain.visits.move_visit import move_for_client, move_for_staff
from shared.domain.visits.new_time import NewTime, Place
from shared.observability import count
from shared.workflows.bookings.find_booking import find_booking
from shared.workflows.refunds.allowance import Giver
from shared.workflows.repeated_requests import Reply, RequestKey, read_answered
from shared.workflows.staff import Staff


class MoveStores(Struct, frozen=True):
    """The bookings, and the catalogue that says what can be booked."""

    bookings: BookingStore
    catalogue: CatalogueStore


def move_visit(
    staff: Staff,
    booking_id: str,
    asked: NewTime,
    key: RequestKey,
    *,
    is_told: bool,
    stores: MoveStores,
    days: RefundDays,
    now_s: int,
) -> Reply:
    """Move a visit for staff, and return its view; one that is there already stays as it is.

    With `is_told` the client is mailed. A card that they are to save is asked for in any case.
    Raises as `move_for_staff` does, and `Conflict` `slot_taken`, `client_has_no_email`,
    `idempotency_key_reused` or `request_in_progress`.
    """
    giver = Giver(staff, days, now_s)
    location_id = staff.location.location_id

    def write() -> Reply:
        repeatable = read_answered(stores.bookings, location_id, key, now_s)
        if kept := repeatable.kept():
            return Reply(kept, is_repeated=True)
        stored = find_booking(stores.bookings, location_id, booking_id)
        booking, allowance = stored.booking, giver.allowance(stored.booking)
        if is_told and booking.client is None:
            raise Conflict("No address of the client is known.", code="client_has_no_email")
        place = _place(booking, asked, stores.catalogue)
        changed = staff.signing(
            lambda found: move_for_staff(
                found, asked, place, staff.person, now_s, allowance=allowance
            )
        )(booking)
        view = staff_view(changed)
        if changed != booking:
            also = staff.recording("booking.moved", giver.count, booking=booking_id)
            stores.bookings.write(
                stored,
                changed,
                answer=repeatable.first_answer(view),
                orders=_mails(booking, changed, now_s, is_told=is_told),
                also=also(booking, changed),
            )
            count("BookingMoved")
        return Reply(view)

    return retry_write(write)


def move_own_visit(
    location_id: str,
    booking_id: str,
    asked: NewTime,
    accepted_fee_minor: int | None,
    *,
    stores: MoveStores,
    now_s: int,
) -> Booking:
    """Move a visit for its client, and return it; one that is there already stays as it is.

    Raises as `move_for_client` does, `NotFound`, `Conflict` `slot_taken`, and `WriteConflict`.
    """

    def change(booking: Booking) -> Booking:
        place = _place(booking, asked, stores.catalogue)
        return move_for_client(booking, asked, place, now_s, accepted_fee_minor=accepted_fee_minor)

    return stores.bookings.change(
        location_id, booking_id, change, written=lambda: count("BookingMovedByClient")
    )


def _place(booking: Booking, asked: NewTime, catalogue: CatalogueStore) -> Place:
    """Read what the location has for the visit as it is to be."""
    found = catalogue.get_offer(
        booking.location_id,
        asked.service_id or booking.service_id or "",
        asked.employee_id or booking.employee_id or "",
    )
    if found is None:
        raise NotFound("There is no such location.", code="location_not_found")
    return Place(found.location, found.service, found.employee, found.off)


def _mails(before: Booking, after: Booking, now_s: int, *, is_told: bool) -> tuple[Message, ...]:
    if is_told:
        return (moved_order(after, now_s),)
    is_card_asked = after.lacks_card() and not before.lacks_card()
    return (payment_link_order(after, now_s),) if is_card_asked and after.client else ()
