"""What clients see of their own booking: the contract's `PublicBooking`. Pure."""

from typing import Any

from shared.domain.activity.mail_parts import may_be_paid_unheard, receipt_url_of
from shared.domain.activity.staff_view import fee_views
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.checkout_attempts import is_closed_by_us, is_opened_at
from shared.domain.bookings.lifecycle import (
    AWAITING_PAYMENT,
    WAITING_STATUSES,
)
from shared.domain.bookings.refund_order import AWAITING_APPROVAL
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.dates.instants import rfc3339
from shared.domain.locations.location import CONTACT_FIELDS, Location
from shared.domain.refunds.refundable import possibly_double_counted_minor
from shared.domain.visits.accepted_terms import cancellation_fee_for
from shared.domain.visits.cost_of_cancelling import can_client_cancel, cost_of_cancelling
from shared.domain.visits.move_rules import (
    can_client_move,
    moves_left,
    reschedule_fee_for,
    reschedule_until_s,
)


def client_view(booking: Booking, now_s: int, host: VisitHost) -> dict[str, Any]:
    """Return the contract's `PublicBooking`: the client's view, without the token or other ids.

    The URL of its session is shown only if it was opened at the location's present account and
    mode.
    """
    location = host.location
    summary = booking.payments()
    waits = booking.status == AWAITING_PAYMENT
    is_kept = booking.status in WAITING_STATUSES
    # A refund that waits for approval may be denied: it is not promised yet.
    unsure = {each.refund_id for each in booking.refund_orders if each.status == AWAITING_APPROVAL}
    terms, checkout = booking.terms, booking.checkout
    is_open = checkout and is_opened_at(checkout, location) and not is_closed_by_us(booking)
    is_payable = waits and is_open
    return {
        "booking_id": booking.booking_id,
        "status": booking.status,
        "payment_status": summary.payment_status,
        "description": booking.description,
        **_times(booking),
        "service_id": booking.service_id,
        "employee_id": booking.employee_id,
        "timezone": booking.timezone or None,
        "employee_name": host.employee_name or None,
        "place": _place(location),
        "price": booking.price.amount_minor,
        "due_mode": terms.mode if terms else "at_visit",
        "due_reason": terms.due_reason or None if terms else None,
        "amount_due": booking.amount_due_minor() if waits else 0,
        "amount_paid": summary.amount_captured,
        "amount_paid_elsewhere": booking.paid_elsewhere_minor(),
        "amount_refunded": summary.amount_refunded,
        "payment_pending": booking.is_being_paid() or may_be_paid_unheard(booking),
        "currency": booking.price.currency,
        "receipt_url": receipt_url_of(booking) or None,
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
        "cancelling_now": _cancelling(booking, now_s),
        **_rescheduling(booking, now_s),
        "terms_text": terms.terms_text if terms else None,
    }


def _cancelling(booking: Booking, now_s: int) -> dict[str, Any] | None:
    """Return what cancelling costs and gives back; `None` where it cannot be cancelled.

    While a refund may be counted twice it is not known either: it is clear a moment later.
    """
    if not can_client_cancel(booking, now_s) or possibly_double_counted_minor(booking):
        return None
    cost = cost_of_cancelling(booking, now_s)
    return {
        "outcome": cost.outcome,
        "fee": cost.fee_minor,
        "kept": cost.kept_minor,
        "card": cost.card_minor,
        "owed": cost.owed_minor,
        "back": cost.back_minor,
    }


def _rescheduling(booking: Booking, now_s: int) -> dict[str, Any]:
    """Return whether the client may move the visit, until when, how often, and for which fee."""
    until_s, is_possible = reschedule_until_s(booking), can_client_move(booking, now_s)
    return {
        "can_reschedule": is_possible,
        "reschedule_until": None if until_s is None else rfc3339(until_s),
        "reschedule_fee_now": reschedule_fee_for(booking, now_s) if is_possible else 0,
        "reschedules_left": moves_left(booking) if until_s is not None else 0,
    }


def _times(booking: Booking) -> dict[str, str]:
    """Return when it begins and ends; a sale at the desk has no time, and none is null here."""
    times = {"starts_at": booking.starts_at_s, "ends_at": booking.ends_at_s}
    return {name: rfc3339(at_s) for name, at_s in times.items() if at_s is not None}


def _place(location: Location) -> dict[str, str]:
    """Return where the visit is, and how to reach the business; "" for what it has not said."""
    contact = {name: str(getattr(location, name)) for name in CONTACT_FIELDS}
    return {"name": location.name, **contact, "map_url": location.map_url()}
