"""What staff see of a booking: the contract's `Booking`. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.activity.needed_actions import booking_actions
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.erasure import client_id
from shared.domain.bookings.outside_payment import OutsidePayment
from shared.domain.bookings.payment_views import timeline
from shared.domain.bookings.refund_order import DENIED, REFUND_ORDER_REFUSED, RefundOrder
from shared.domain.dates.instants import rfc3339
from shared.domain.refunds.refusal_texts import refusal_text

# The contract's words for what became of an order that never was a refund at Stripe.
_ORDER_STATUSES = {REFUND_ORDER_REFUSED: "failed", DENIED: "canceled"}


def staff_view(booking: Booking) -> dict[str, Any]:
    """Return the contract's `Booking`; `pay_url` is null here, as only making a link returns it."""
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
        "ends_at": None if booking.ends_at_s is None else rfc3339(booking.ends_at_s),
        "timezone": booking.timezone or None,
        "service_id": booking.service_id,
        "employee_id": booking.employee_id,
        "allow_overlap": booking.may_overlap,
        "terms": _terms_view(booking),
        "client_id": client_id(booking.location_id, client.email) if client else None,
        "client": {"name": client.name, "email": client.email, "phone": client.phone}
        if client
        else None,
        "note": booking.note or None,
        "metadata": dict(booking.metadata),
        "amount_due": booking.amount_due_minor(),
        "amount_authorized": summary.amount_authorized,
        "amount_captured": summary.amount_captured,
        "amount_refunded": summary.amount_refunded,
        "amount_refund_pending": summary.amount_refund_pending,
        "amount_disputed": summary.amount_disputed,
        "amount_overpaid": summary.amount_overpaid,
        "amount_paid_elsewhere": booking.paid_elsewhere_minor(),
        "refundable": summary.refundable,
        "fees": fee_views(booking),
        "needs_action": [action.to_dict() for action in booking_actions(booking)],
        "settled_actions": [
            {"kind": each.kind, "reason": each.reason, "by": each.by, "at": rfc3339(each.at_s)}
            for each in booking.settled
        ],
        "pay_url": None,
        "payments": list(summary.payments),
        "payments_elsewhere": [_outside_view(each) for each in booking.outside_payments],
        "failed_attempts": booking.failed_attempts,
        "refunds": _refund_views(booking, summary.refunds),
        "disputes": list(summary.disputes),
        "early_fraud_warnings": list(summary.fraud_warnings),
        "timeline": _timeline(booking),
    }


def _terms_view(booking: Booking) -> dict[str, Any] | None:
    """Return what is asked of the client, and whether they accepted it; `None` without terms."""
    terms = booking.terms
    if terms is None:
        return None
    waits_until_s = booking.waits_until_s()
    return {
        "due_mode": terms.mode,
        "due_reason": terms.due_reason or None,
        "amount_due_first": terms.due_minor,
        "pay_by": rfc3339(waits_until_s) if waits_until_s else None,
        "card_missing": booking.lacks_card(),
        "text": terms.terms_text,
        "cancellation": dict(terms.cancellation),
        "accepted_at": rfc3339(terms.accepted_at_s) if terms.accepted_at_s else None,
    }


def fee_views(booking: Booking) -> list[dict[str, Any]]:
    """Return the contract's `fees`: every fee that was ever proposed, with what became of it."""
    return [
        {
            "fee_id": fee.fee_id,
            "kind": fee.kind,
            "amount": fee.amount_minor,
            "currency": booking.price.currency,
            "status": state.status,
            "amount_taken": state.taken_minor,
            "amount_paid_elsewhere": state.elsewhere_minor,
            "amount_owed": state.owed_minor,
            "created_at": rfc3339(fee.created_at_s),
            "by": fee.by,
            "decided_by": fee.decided_by or None,
            "reason": fee.reason or None,
        }
        for fee in booking.fees
        for state in (booking.fee_state(fee),)
    ]


def _outside_view(payment: OutsidePayment) -> dict[str, Any]:
    """Return the contract's `PaymentElsewhere`."""
    voided = {
        "at": rfc3339(payment.voided_at_s),
        "by": payment.voided_by,
        "note": payment.void_note or None,
    }
    return {
        "payment_id": payment.payment_id,
        "amount": payment.amount_minor,
        "method": payment.method,
        "note": payment.note or None,
        "by": payment.by,
        "at": rfc3339(payment.at_s),
        "voided": voided if payment.is_voided else None,
    }


def order_view(order: RefundOrder, currency: str) -> dict[str, Any]:
    """Return an order that is not a refund at Stripe yet, or never will be, as a `Refund`."""
    return {
        "refund_id": order.refund_id,
        "stripe_refund_id": order.stripe_refund_id,
        "charge": order.charge_id,
        "status": _ORDER_STATUSES.get(order.status, "requested"),
        "amount": order.amount_minor,
        "currency": currency,
        "failure_reason": refusal_text(order.refusal) if order.refusal else None,
        **_asked(order),
    }


def request_view(booking: Booking, request_id: str) -> dict[str, Any]:
    """Return a whole request as one `Refund`: it may have an order for each of several charges.

    `amount` is what all of them ask for, in the price's minor units.
    """
    orders = [each for each in booking.refund_orders if each.request_id == request_id]
    total_minor = sum(each.amount_minor for each in orders)
    return {**order_view(orders[0], booking.price.currency), "amount": total_minor}


def _asked(order: RefundOrder) -> dict[str, Any]:
    """Return who asked for a refund, when, and why; without a `reason` if none was given.

    If staff asked or approved, their user ids of the user pool are included.
    """
    asked = {
        "source": "bookpay",
        "cause": order.cause,
        "approval": order.status,
        "requested_by": order.requested_by,
        "requested_at": rfc3339(order.requested_at_s),
        "approved_by": order.approved_by or None,
        "note": order.note or None,
    }
    given = {
        "reason": order.reason,
        "requested_by_user_id": order.requester_id,
        "approved_by_user_id": order.approver_id,
    }
    return {**asked, **{name: each for name, each in given.items() if each}}


def _refund_views(booking: Booking, known: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the refunds at Stripe, ours and the Dashboard's, and orders that are not there yet."""
    orders = {order.refund_id: order for order in booking.refund_orders}
    views = []
    for refund in known:
        order = orders.pop(refund["refund_id"], None)
        if refund.get("charge"):
            asked = _asked(order) if order else {"source": "dashboard"}
            # Stripe's reason comes first; if it has none, ours is shown.
            shown = {name: each for name, each in refund.items() if name != "reason" or each}
            views.append({**asked, **shown})
        elif order:
            views.append(order_view(order, booking.price.currency))
    ended = [order for order in orders.values() if not order.is_open]
    return views + [order_view(order, booking.price.currency) for order in ended]


def _timeline(booking: Booking) -> list[dict[str, Any]]:
    """Return Stripe's events and what people did, in the order in which they happened.

    Of one second, what was done here is before what Stripe tells, and that before what it caused.
    """
    stripes = {entry["event_id"]: entry for entry in timeline(booking.facts)}
    moves = {each.entry_id: each for each in booking.moves}
    merged = [(entry["at"], 1, event_id, entry) for event_id, entry in stripes.items()]
    for entry in booking.journal:
        shown = {"at": rfc3339(entry.at_s), "what": entry.what}
        if entry.by is not None:
            shown["by"] = entry.by
        if entry.by_user_id is not None:
            shown["by_user_id"] = entry.by_user_id
        if move := moves.get(entry.entry_id):
            shown |= {"from": rfc3339(move.from_s), "to": rfc3339(move.to_s)}
        # Not `event_id`: the event has an entry of its own, and would be listed twice.
        if entry.caused_by is not None and entry.caused_by in stripes:
            shown["caused_by"] = entry.caused_by
        turn = 2 if entry.caused_by is not None else 0
        merged.append((rfc3339(entry.at_s), turn, entry.entry_id, shown))
    return [entry for *_, entry in sorted(merged, key=lambda item: item[:3])]
