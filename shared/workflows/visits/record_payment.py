"""Staff record what a client paid outside Stripe: once for each request, in one transaction."""

from shared.adapters.booking_store import BookingStore
from shared.adapters.retry_write import retry_write
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.outside_payment import RECORDED
from shared.domain.visits.outside_payments import PaidOutside, record_payment
from shared.observability import count
from shared.workflows.bookings.find_booking import find_booking
from shared.workflows.repeated_requests import Reply, RequestKey, read_answered
from shared.workflows.staff import Staff, audit_of


def record_paid_outside(
    staff: Staff,
    booking_id: str,
    paid: PaidOutside,
    key: RequestKey,
    *,
    bookings: BookingStore,
    now_s: int,
) -> Reply:
    """Record a payment outside Stripe, and return the booking's view with the `payment_id`.

    Raises `NotFound`, `InvalidInput` and `Conflict` as `record_payment` does, and `Conflict`
    `idempotency_key_reused` or `request_in_progress`.
    """
    location_id = staff.location.location_id
    change = staff.signing(lambda found: record_payment(found, paid, staff.email, now_s))

    def write() -> Reply:
        repeatable = read_answered(bookings, location_id, key, now_s)
        if kept := repeatable.kept():
            return Reply(kept, is_repeated=True)
        stored = find_booking(bookings, location_id, booking_id)
        changed = change(stored.booking)
        payment_id = changed.outside_payments[-1].payment_id
        view = {**staff_view(changed), "payment_id": payment_id}
        audit = audit_of(staff, RECORDED, booking=booking_id, payment=payment_id)
        bookings.write(stored, changed, answer=repeatable.first_answer(view), also=[audit])
        count("OutsidePaymentRecorded")
        return Reply(view)

    return retry_write(write)
