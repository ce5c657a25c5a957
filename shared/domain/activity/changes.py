"""What changed in a booking between two of its states: facts in the past tense. Pure.

The list depends on the two states alone, so each change is reported once: with the transaction in
which it is first stored.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from shared.domain.bookings.authorship import CLIENT, cancelled_by
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.charge_order import REQUESTED as CHARGE_REQUESTED
from shared.domain.bookings.fee import OWED, PROPOSED, TAKEN, WAIVED, WRITTEN_OFF
from shared.domain.bookings.journal import SLOT_LOST
from shared.domain.bookings.lifecycle import (
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    EXPIRED,
    NO_SHOW,
    WAITING_STATUSES,
)
from shared.domain.bookings.outside_payment import RECORDED, VOIDED
from shared.domain.bookings.refund_order import (
    AWAITING_APPROVAL,
    DENIED,
    REFUND_ORDER_REFUSED,
    REQUESTED,
)
from shared.domain.dates.instants import rfc3339
from shared.domain.messages.booking_changed import (
    Cancellation,
    Change,
    DisputeChange,
    DisputeWord,
    FeeChange,
    FeeWord,
    Moving,
    PaymentChange,
    RefundChange,
    RefundWord,
    Reopening,
    VisitChange,
    VisitWord,
)
from shared.domain.stripe_facts.dispute_facts import DisputeFacts
from shared.domain.stripe_facts.refund_facts import RefundFacts

_STATUSES: Mapping[str, VisitWord] = {
    CONFIRMED: "booking.confirmed",
    EXPIRED: "booking.expired",
    NO_SHOW: "booking.no_show",
    COMPLETED: "booking.completed",
}
# The ends from which a visit can be reopened.
REOPENED_FROM = frozenset({CANCELLED, NO_SHOW, COMPLETED})
_ORDERS: Mapping[str, RefundWord] = {
    AWAITING_APPROVAL: "refund.awaiting_approval",
    REQUESTED: "refund.requested",
    REFUND_ORDER_REFUSED: "refund.refused",
    DENIED: "refund.denied",
}
_REFUNDS: Mapping[str, RefundWord] = {
    "succeeded": "refund.succeeded",
    "failed": "refund.failed",
    "canceled": "refund.canceled",
}
ON_ITS_WAY: Final = "refund.on_its_way"
_FEES: Mapping[str, FeeWord] = {
    PROPOSED: "fee.proposed",
    WAIVED: "fee.waived",
    TAKEN: "fee.taken",
    OWED: "fee.owed",
    WRITTEN_OFF: "fee.written_off",
}


def changes_between(before: Booking | None, after: Booking) -> tuple[Change, ...]:
    """Return what changed between two states of a booking; `before` is `None` for a new one."""
    found = [*_status(before, after), *_moves(before, after), *_outside_payments(before, after)]
    found += [*_refund_orders(before, after), *_refunds(before, after)]
    return (*found, *_fees(before, after), *_disputes(before, after))


def requested_refunds(before: Booking | None, after: Booking) -> list[str]:
    """Return the ids of refund orders that are to be sent to Stripe now, and were not before."""
    old = {each.refund_id: each.status for each in before.refund_orders} if before else {}
    return [
        each.refund_id
        for each in after.refund_orders
        if each.status == REQUESTED and old.get(each.refund_id) != REQUESTED
    ]


def requested_charges(before: Booking | None, after: Booking) -> list[str]:
    """Return the ids of the other orders to Stripe that are new."""
    old = {each.order_id for each in before.charge_orders} if before else set()
    return [
        each.order_id
        for each in after.charge_orders
        if each.status == CHARGE_REQUESTED and each.order_id not in old
    ]


def _status(before: Booking | None, after: Booking) -> Iterator[Change]:
    if before is None or before.status != after.status:
        what = _STATUSES.get(after.status)
        if after.status == CANCELLED:
            yield Cancellation(by=cancelled_by(after))
        elif after.status == CONFIRMED and before and before.status in REOPENED_FROM:
            yield Reopening(was=before.status)
        elif what:
            yield VisitChange(what=what)
    if after.status == EXPIRED and _times_lost(after) > _times_lost(before):
        yield VisitChange(what=SLOT_LOST)


def _moves(before: Booking | None, after: Booking) -> Iterator[Change]:
    """Yield each move that is new; a booking that still waits has not been reported yet."""
    if before is None or before.status in WAITING_STATUSES:
        return
    for move in after.moves[len(before.moves) :]:
        yield Moving(
            by=CLIENT if move.by == CLIENT else "business",
            from_=rfc3339(move.from_s),
            to=rfc3339(move.to_s),
            from_employee_id=move.from_employee_id,
            to_employee_id=move.to_employee_id,
        )


def _times_lost(booking: Booking | None) -> int:
    return sum(entry.what == SLOT_LOST for entry in booking.journal) if booking else 0


def _outside_payments(before: Booking | None, after: Booking) -> Iterator[Change]:
    old = {each.payment_id: each for each in before.outside_payments} if before else {}
    for payment in after.outside_payments:
        known = old.get(payment.payment_id)
        if known is None or known.is_voided != payment.is_voided:
            yield PaymentChange(
                what=RECORDED if known is None else VOIDED,
                payment_id=payment.payment_id,
                amount=payment.amount_minor,
                method=payment.method,
            )


def _refund_orders(before: Booking | None, after: Booking) -> Iterator[Change]:
    old = {each.refund_id: each.status for each in before.refund_orders} if before else {}
    for order in after.refund_orders:
        if old.get(order.refund_id) != order.status:
            yield RefundChange(
                what=_ORDERS[order.status],
                refund_id=order.refund_id,
                stripe_refund_id=order.stripe_refund_id,
                amount=order.amount_minor,
            )


def _refunds(before: Booking | None, after: Booking) -> Iterator[Change]:
    old = _refund_facts(before)
    for key, refund in sorted(_refund_facts(after).items()):
        what = _REFUNDS.get(refund.status, ON_ITS_WAY)
        known = old.get(key)
        if known is None or _REFUNDS.get(known.status, ON_ITS_WAY) != what:
            yield RefundChange(
                what=what,
                refund_id=refund.refund_id or key,
                stripe_refund_id=key,
                amount=refund.amount_minor,
            )


def _refund_facts(booking: Booking | None) -> dict[str, RefundFacts]:
    charges = booking.facts.charges.values() if booking else ()
    return {key: refund for charge in charges for key, refund in charge.client_refunds.items()}


def _fees(before: Booking | None, after: Booking) -> Iterator[Change]:
    old = {each.fee_id: before.fee_state(each) for each in before.fees} if before else {}
    for fee in after.fees:
        state = after.fee_state(fee)
        known = old.get(fee.fee_id)
        if state.status in _FEES and (known is None or known.status != state.status):
            is_owed = state.status == OWED
            yield FeeChange(
                what=_FEES[state.status],
                fee_id=fee.fee_id,
                kind=fee.kind,
                amount=state.owed_minor if is_owed else fee.amount_minor,
            )


def _disputes(before: Booking | None, after: Booking) -> Iterator[Change]:
    old = _dispute_facts(before)
    for key, dispute in sorted(_dispute_facts(after).items()):
        what = _dispute_what(old.get(key), dispute)
        if what:
            due_by_s = dispute.evidence_due_by_s
            yield DisputeChange(
                what=what,
                stripe_dispute_id=key,
                amount=dispute.amount_minor,
                status=dispute.status,
                evidence_due_by=rfc3339(due_by_s) if due_by_s else None,
            )


def _dispute_facts(booking: Booking | None) -> dict[str, DisputeFacts]:
    charges = booking.facts.charges.values() if booking else ()
    return {key: each for charge in charges for key, each in charge.disputes.items()}


def _dispute_what(old: DisputeFacts | None, new: DisputeFacts) -> DisputeWord | None:
    """Return what became of a dispute; that funds moved shows in the figures."""
    if new.is_inquiry:
        if new.status == "warning_closed":
            is_news = old is None or old.status != new.status
            return "inquiry.closed" if is_news else None
        return "inquiry.opened" if old is None else None
    if not new.is_open_chargeback:
        return "dispute.closed" if old is None or old.status != new.status else None
    if old is None:
        return "dispute.opened"
    if old.is_inquiry:
        return "inquiry.escalated"
    is_news = (old.status, old.amount_minor, old.evidence_due_by_s) != (
        new.status,
        new.amount_minor,
        new.evidence_due_by_s,
    )
    return "dispute.updated" if is_news else None
