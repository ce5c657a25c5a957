"""What clients see of their own booking: the contract's `PublicBooking`. Pure."""

from typing import Any

from shared.domain.activity.staff_view import fee_views
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.checkout_attempts import is_opened_at
from shared.domain.bookings.lifecycle import (
    AWAITING_PAYMENT,
    WAITING_STATUSES,
)
from shared.domain.bookings.refund_order import AWAITING_APPROVAL
from shared.domain.dates.instants import rfc3339
from shared.domain.locations.location import Location
from shared.domain.visits.accepted_terms import cancellation_fee_for


def client_view(booking: Booking, now_s: int, location: Location | None = None) -> dict[str, Any]:
    """Return the contract's `PublicBooking`: the client's view, without the token or other ids.

    The URL of its session is shown only if it was opened at the location's present account and
    mode.
    """
    summary = booking.payments()
    waits = booking.status == AWAITING_PAYMENT
    is_kept = booking.status in WAITING_STATUSES
    # A refund that waits for approval may be denied: it is not promised yet.
    unsure = {each.refund_id for each in booking.refund_orders if each.status == AWAITING_APPROVAL}
    terms, checkout = booking.terms, booking.checkout
    is_payable = waits and location and checkout and is_opened_at(checkout, location)
    # A sale at the desk has no time, and the contract does not allow null here.
    when = {} if booking.starts_at_s is None else {"starts_at": rfc3339(booking.starts_at_s)}
    return {
        "booking_id": booking.booking_id,
        "status": booking.status,
        "payment_status": summary.payment_status,
        "description": booking.description,
        **when,
        "timezone": booking.timezone or None,
        "price": booking.price.amount_minor,
        "due_mode": terms.mode if terms else "at_visit",
        "due_reason": terms.due_reason or None if terms else None,
        "amount_due": booking.amount_due_minor() if waits else 0,
        "amount_paid": summary.amount_captured,
        "amount_refunded": summary.amount_refunded,
        "currency": booking.price.currency,
        "checkout_url": checkout.url or None if checkout and is_payable else None,
        "expires_at": rfc3339(terms.hold_until_s) if terms and is_kept else None,
        "fees": [
            {name: fee[name] for name in ("kind", "amount", "status", "amount_owed")}
            for fee in fee_views(booking)
        ],
        "refunds": [
            {name: refund[name] for name in ("status", "amount", "currency")}
            for refund in summary.refunds
            if refund["refund_id"] not in unsure
        ],
        "cancellation_fee_now": cancellation_fee_for(booking, now_s),
        "terms_text": terms.terms_text if terms else None,
    }
