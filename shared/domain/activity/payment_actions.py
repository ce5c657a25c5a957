"""What a booking's fees, holds and balance ask of staff. Pure."""

from collections.abc import Iterator
from typing import Any

from shared.domain.activity.needed_action import (
    CHARGE_STUCK,
    FEE_OWED,
    FEE_PROPOSED,
    HOLD_EXPIRES,
    HOLD_EXPIRES_EARLY,
    HOLD_NOT_RELEASED,
    HOLD_NOT_TAKEN,
    LEFT_ELSEWHERE,
    MONEY_LEFT,
    NOT_ASKED,
    OTHER_CURRENCY,
    OVERPAID,
    PAID_AFTER_EXPIRY,
    SESSION_NOT_CLOSED,
    NeededAction,
)
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.charge_order import (
    CAPTURE,
    CHARGE_CARD,
    CHARGE_ORDER_REFUSED,
    EXPIRE_SESSION,
    RELEASE,
    ChargeOrder,
)
from shared.domain.bookings.charge_order import REQUESTED as CHARGE_REQUESTED
from shared.domain.bookings.fee import OWED, PROPOSED
from shared.domain.bookings.journal import UNASKED
from shared.domain.bookings.lifecycle import (
    CANCELLED,
    ENDED_STATUSES,
    EXPIRED,
    NO_SHOW,
)
from shared.domain.bookings.refused_orders import held_minor, unsettled_refusals
from shared.domain.dates.instants import rfc3339
from shared.domain.refunds.refundable import refundable_by_charge
from shared.domain.refunds.refusal_texts import refusal_text
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.visits.accepted_terms import accepted_policy
from shared.domain.visits.settlement import excess_minor, left_elsewhere_minor


def fee_actions(booking: Booking) -> Iterator[NeededAction]:
    """Yield what the fees ask of staff: to decide on one, or that one is owed after the end."""
    currency = booking.price.currency
    states = booking.fee_states() if booking.fees else {}
    for fee in booking.fees:
        state = states[fee.fee_id]
        details: dict[str, Any] = {"fee_id": fee.fee_id, "kind_of_fee": fee.kind}
        if state.status == PROPOSED:
            amount = {"amount": fee.amount_minor, "currency": currency}
            yield NeededAction(FEE_PROPOSED, details | amount)
        elif state.status == OWED and booking.status in ENDED_STATUSES:
            amount = {"amount": state.owed_minor, "currency": currency}
            refused = [
                refusal_text(each.refusal, of_saved_card=each.kind == CHARGE_CARD)
                for each in booking.charge_orders
                if each.fee_id == fee.fee_id and each.refusal
            ]
            why = {"reason": refused[-1]} if refused else {}
            yield NeededAction(FEE_OWED, details | amount | why)


def hold_actions(booking: Booking) -> Iterator[NeededAction]:
    """Yield what holds, saved cards and open sessions ask of staff."""
    for order in booking.charge_orders:
        if order.status == CHARGE_REQUESTED and order.is_stuck:
            yield NeededAction(CHARGE_STUCK, {"order_id": order.order_id, "of": order.kind})
    for order in unsettled_refusals(booking):
        yield _refused_order(booking, order)
    for charge_id in booking.lapsing_holds:
        charge = booking.facts.charges.get(charge_id)
        if charge and charge.amount_authorized_minor and not _is_ordered(booking, charge):
            is_early = charge.capture_before_s < _end_s(booking)
            yield NeededAction(
                HOLD_EXPIRES_EARLY if is_early else HOLD_EXPIRES,
                {
                    "charge": charge_id,
                    "amount": charge.amount_authorized_minor,
                    "currency": charge.currency,
                    "lapses_at": rfc3339(charge.capture_before_s),
                },
            )


def balance_actions(booking: Booking, *, is_refund_refused: bool) -> Iterator[NeededAction]:
    """Yield what asks of staff to refund money that should not be there, or to find out about it.

    With `is_refund_refused`, another action asks for the money that is left already.
    """
    summary = booking.payments()
    currency = summary.currency
    if not is_refund_refused and (left_minor := _left_minor(booking)):
        proposal = min(left_minor, sum(refundable_by_charge(booking).values()))
        left = {"amount": left_minor, "currency": currency, "proposed_refund": proposal}
        yield NeededAction(MONEY_LEFT, left)
    if elsewhere_minor := _left_elsewhere_minor(booking):
        yield NeededAction(LEFT_ELSEWHERE, {"amount": elsewhere_minor, "currency": currency})
    # A hold counts too: the client cannot use that money for days. What was ordered to go back is
    # settled; nothing else of an expired booking is released by itself.
    kept_minor = summary.amount_captured - summary.amount_refunded
    late_minor = kept_minor - summary.amount_refund_pending + _held_minor(booking)
    if booking.status == EXPIRED and late_minor > 0:
        late = {"amount": late_minor, "currency": currency, "proposed_refund": summary.refundable}
        yield NeededAction(PAID_AFTER_EXPIRY, late)
    if session_id := _unasked_session(booking):
        yield NeededAction(NOT_ASKED, {"session": session_id})
    # What is on its way back asks for nothing more.
    if overpaid_minor := max(0, summary.amount_overpaid - summary.amount_refund_pending):
        proposal = min(overpaid_minor, summary.refundable)
        over = {"amount": overpaid_minor, "currency": currency, "proposed_refund": proposal}
        yield NeededAction(OVERPAID, over)
    for charge in summary.foreign_charges:
        if charge["amount_captured"]:
            yield NeededAction(
                OTHER_CURRENCY,
                {
                    "charge": charge["charge"],
                    "amount": charge["amount_captured"],
                    "currency": charge["currency"],
                },
            )


def _left_minor(booking: Booking) -> int:
    """Return how much of an ended visit's money should go back and was not ordered to.

    Failed refunds are the client's money too, but have an action of their own, as they are paid
    another way. While a bank decides on a charge, nothing can be done.
    """
    charges = booking.facts.charges.values()
    if not _gives_back(booking) or any(charge.has_open_chargeback for charge in charges):
        return 0
    failed_minor = sum(
        refund.amount_minor
        for charge in charges
        for refund in charge.client_refunds.values()
        if refund.status == "failed" and charge.currency == booking.price.currency
    )
    return max(0, excess_minor(booking) - failed_minor)


def _left_elsewhere_minor(booking: Booking) -> int:
    """Return what was paid outside Stripe, and has to be given back the same way."""
    is_over = booking.status == EXPIRED or _gives_back(booking)
    return left_elsewhere_minor(booking) if is_over else 0


def _gives_back(booking: Booking) -> bool:
    """Whether the visit's end gives back what its fee does not need."""
    is_agreed = booking.status == NO_SHOW and accepted_policy(booking) is not None
    return booking.status == CANCELLED or is_agreed


def _held_minor(booking: Booking) -> int:
    """Return what is held and not ordered to be released, in the price's minor units."""
    released = {
        each.payment_intent
        for each in booking.charge_orders
        if each.kind == RELEASE and each.status != CHARGE_ORDER_REFUSED
    }
    ordered_minor = sum(
        charge.amount_authorized_minor
        for charge in booking.facts.charges.values()
        if charge.payment_intent in released and charge.currency == booking.price.currency
    )
    return max(0, booking.payments().amount_authorized - ordered_minor)


def _unasked_session(booking: Booking) -> str:
    """Return the session of a slot released without asking Stripe, until its end is known."""
    if booking.checkout is None or not any(entry.what == UNASKED for entry in booking.journal):
        return ""
    session = booking.facts.sessions.get(booking.checkout.session_id)
    return booking.checkout.session_id if session is None or session.status == "open" else ""


def _refused_order(booking: Booking, order: ChargeOrder) -> NeededAction:
    why = {"order_id": order.order_id, "reason": refusal_text(order.refusal), "code": order.refusal}
    if order.kind == EXPIRE_SESSION:
        return NeededAction(SESSION_NOT_CLOSED, why | {"session": order.session_id})
    kind = HOLD_NOT_TAKEN if order.kind == CAPTURE else HOLD_NOT_RELEASED
    amount_minor = held_minor(booking, order.payment_intent)
    if order.kind == CAPTURE:
        amount_minor = booking.amount_due_minor() or order.amount_minor
    return NeededAction(kind, why | {"amount": amount_minor, "currency": booking.price.currency})


def _end_s(booking: Booking) -> int:
    """Return when the visit ends, or else when it starts; 0 if it has no time."""
    return booking.ends_at_s or booking.starts_at_s or 0


def _is_ordered(booking: Booking, charge: ChargeFacts) -> bool:
    """Whether there is an order already to capture or release what a charge holds."""
    return any(each.payment_intent == charge.payment_intent for each in booking.charge_orders)
