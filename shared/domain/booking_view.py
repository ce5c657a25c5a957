"""What staff see of a booking: the contract's `Booking`. Pure."""

from typing import Any

from shared.domain.booking import Booking
from shared.domain.booking_payments import rfc3339, timeline
from shared.domain.needed_actions import booking_actions


def staff_view(booking: Booking) -> dict[str, Any]:
    """Return the contract's `Booking`; `pay_url` is told only when a link is made: null here."""
    summary = booking.payments()
    client = booking.client
    return {
        "booking_id": booking.booking_id,
        "location_id": booking.location_id,
        "external_id": booking.external_id,
        "status": booking.status,
        "payment_status": summary.payment_status,
        "description": booking.description,
        "price": booking.price.amount_minor,
        "currency": booking.price.currency,
        "created_at": rfc3339(booking.created_at_s),
        "starts_at": None if booking.starts_at_s is None else rfc3339(booking.starts_at_s),
        "service_id": booking.service_id,
        "employee_id": booking.employee_id,
        "client": {"name": client.name, "email": client.email, "phone": client.phone}
        if client
        else None,
        "amount_due": booking.amount_due_minor(),
        "amount_authorized": summary.amount_authorized,
        "amount_captured": summary.amount_captured,
        "amount_refunded": summary.amount_refunded,
        "amount_refund_pending": summary.amount_refund_pending,
        "amount_disputed": summary.amount_disputed,
        "amount_overpaid": summary.amount_overpaid,
        "refundable": summary.refundable,
        "fees": [],
        "needs_action": [action.to_dict() for action in booking_actions(booking)],
        "pay_url": None,
        "payments": list(summary.payments),
        "refunds": list(summary.refunds),
        "disputes": list(summary.disputes),
        "timeline": _timeline(booking),
    }


def _timeline(booking: Booking) -> list[dict[str, Any]]:
    """Return Stripe's events and what people did, in the order in which it happened."""
    ours = [
        (
            entry.at_s,
            entry.entry_id,
            {"at": rfc3339(entry.at_s), "what": entry.what, "by": entry.by},
        )
        for entry in booking.journal
    ]
    stripes = [(entry["at"], entry["event_id"], entry) for entry in timeline(booking.facts)]
    merged = [(rfc3339(at_s), key, entry) for at_s, key, entry in ours] + stripes
    return [entry for _, _, entry in sorted(merged, key=lambda item: item[:2])]
