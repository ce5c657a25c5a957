"""A booking that was paid too late gets its slot again, or a refund, in one transaction.

A card that was saved too late is settled by the same rule; there is nothing to refund.
"""

from enum import StrEnum

from shared.adapters.booking_items import StoredBooking
from shared.adapters.booking_store import BookingStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.retry_write import retry_write
from shared.domain.bookings.booking import Booking
from shared.domain.errors import Conflict, WriteConflict
from shared.domain.visits.late_payment import (
    can_rebook_slot,
    is_late,
    rebook_slot,
    refund_late_payment,
)


class End(StrEnum):
    """What became of a booking's late payment, or card; `NOTHING` where there was none."""

    TAKEN_AGAIN = "TakenAgain"
    GIVEN_BACK = "GivenBack"
    NOTHING = "Nothing"


def settle(
    location_id: str,
    booking_id: str,
    bookings: BookingStore,
    catalogue: CatalogueStore,
    now_s: int,
    *,
    caused_by: str | None = None,
) -> End:
    """Take a booking's slot again if it is free, or order a refund; return which.

    The booking is read anew before each attempt, and each attempt is one transaction under its
    version: a repetition finds the decision in it, and of two bookings that want the slot one gets
    it. `caused_by` is the event that reported the payment, for the booking's timeline. Raises
    `WriteConflict` as `retry_write`, and `AwsUnreachable`: nothing was changed.
    """

    def settle_once() -> End:
        stored = bookings.get_booking(location_id, booking_id)
        if stored is None or not is_late(stored.booking):
            return End.NOTHING
        off = catalogue.get_off_times(location_id, stored.booking.employee_id or "")
        if can_rebook_slot(stored.booking, now_s, off):
            taken = rebook_slot(stored.booking, now_s, caused_by)
            if _take_again(stored, taken, bookings):
                return End.TAKEN_AGAIN
        try:
            changed = refund_late_payment(stored.booking, now_s, caused_by)
        except Conflict as conflict:
            raise WriteConflict("a refund is only partly recorded") from conflict
        bookings.write(stored, changed)
        return End.GIVEN_BACK

    return retry_write(settle_once)


def _take_again(stored: StoredBooking, taken: Booking, bookings: BookingStore) -> bool:
    try:
        bookings.write(stored, taken)
    except Conflict:
        # Another booking has it, or a part of it.
        return False
    return True
