"""An end that was a mistake is undone, and the refund that this needed is approved."""

from shared.adapters.booking_store import BookingStore
from shared.adapters.refund_days import RefundDays
from shared.adapters.retry_write import retry_write
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.lifecycle import (
    CONFIRMED,
)
from shared.domain.visits.reopening import approve, reopen
from shared.observability import count
from shared.workflows.bookings.find_booking import find_booking
from shared.workflows.refunds.allowance import Giver
from shared.workflows.repeated_requests import Reply, RequestKey, read_answered
from shared.workflows.staff import Staff


def reopen_visit(
    staff: Staff,
    booking_id: str,
    key: RequestKey,
    *,
    bookings: BookingStore,
    days: RefundDays,
    now_s: int,
) -> Reply:
    """Reopen a visit that has ended, or write what has to be approved first; return its view.

    A visit that is open already stays as it is. Raises `NotFound` and `Conflict` as `reopen` does,
    and `Conflict` `idempotency_key_reused` or `request_in_progress`.
    """
    giver = Giver(staff, days, now_s)
    location_id = staff.location.location_id

    def write() -> Reply:
        repeatable = read_answered(bookings, location_id, key, now_s)
        if kept := repeatable.kept():
            return Reply(kept, is_repeated=True)
        stored = find_booking(bookings, location_id, booking_id)
        booking, allowance = stored.booking, giver.allowance(stored.booking)
        changed = staff.signing(
            lambda found: reopen(found, staff.person, now_s, allowance=allowance)
        )(booking)
        view = staff_view(changed)
        if changed != booking:
            ids = {"booking": booking.booking_id, "was": booking.status}
            also = staff.recording("booking.reopened", giver.count, **ids)(booking, changed)
            answer = repeatable.first_answer(view)
            bookings.write(stored, changed, answer=answer, also=also)
            _count_reopened(booking, changed)
        return Reply(view)

    return retry_write(write)


def approve_refund(
    staff: Staff,
    booking_id: str,
    refund_id: str,
    *,
    bookings: BookingStore,
    now_s: int,
) -> Booking:
    """Agree to a refund that somebody else asked for; the visit that it reopens stands again.

    Raises `NotFound` and `Conflict` as `approve` does, and `Conflict` `request_in_progress`.
    """
    change = staff.signing(lambda booking: approve(booking, refund_id, staff.person, now_s))
    also = staff.recording("refund.approved", booking=booking_id, refund=refund_id)

    def write() -> Booking:
        stored = find_booking(bookings, staff.location.location_id, booking_id)
        changed = change(stored.booking)
        bookings.write(stored, changed, also=also(stored.booking, changed))
        _count_reopened(stored.booking, changed)
        return changed

    approved = retry_write(write)
    count("RefundApproved")
    return approved


def _count_reopened(before: Booking, after: Booking) -> None:
    if after.status == CONFIRMED and before.status != CONFIRMED:
        count("BookingReopened")
