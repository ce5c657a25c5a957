"""What staff have to look at: computed from the facts, gone when its reason is gone. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.domain.booking import EXPIRED, Booking
from shared.domain.booking_payments import rfc3339
from shared.domain.charge import ChargeFacts
from shared.domain.charge_order import REQUESTED as CHARGE_REQUESTED
from shared.domain.fee import OWED, PROPOSED
from shared.domain.refund_order import AWAITING_APPROVAL, REFUSED
from shared.domain.refusals import refusal_text

OVERPAID = "overpaid"
REFUND_FAILED = "refund_failed"
REFUND_REFUSED = "refund_refused"
REFUND_STUCK = "refund_stuck"
REFUND_WAITS = "refund_awaits_approval"
CHARGE_STUCK = "charge_stuck"
FEE_PROPOSED = "fee_proposed"
FEE_OWED = "fee_owed"
HOLD_LAPSES = "hold_lapses"
PAID_LATE = "paid_after_expiry"
OTHER_CURRENCY = "paid_in_other_currency"
BOOKING_UNKNOWN = "booking_unknown"
EVENT_UNREADABLE = "event_unreadable"

ADVICE = {
    OVERPAID: "More was paid than the price. Refund the difference.",
    PAID_LATE: "The payment came after the slot was given away. Give it back, or find a new time.",
    REFUND_FAILED: (
        "The bank sent a refund back: the money is with you again and still owed to the client. "
        "Ask them for another account, and pay it by transfer or in cash."
    ),
    REFUND_REFUSED: "Stripe refused a refund. Nothing was promised: ask again, or pay another way.",
    REFUND_STUCK: "Stripe gives no answer about a refund. It is tried again by itself.",
    REFUND_WAITS: "A refund waits for a second person. Approve or deny it.",
    CHARGE_STUCK: "Stripe gives no answer about a charge. It is tried again by itself.",
    FEE_PROPOSED: "A fee is due by the terms that the client accepted. Confirm or waive it.",
    FEE_OWED: "A fee could not be taken. The client has a link to pay it.",
    HOLD_LAPSES: "A held payment lapses within two days. Complete the visit to take the money.",
    OTHER_CURRENCY: "A charge has another currency than the booking. It is not counted: refund it.",
    BOOKING_UNKNOWN: "Money came for a booking that is not here. Find the charge at Stripe.",
    EVENT_UNREADABLE: "An event is not what Stripe documents. It is kept whole: tell the engineer.",
}


@dataclass(frozen=True, slots=True)
class NeededAction:
    """One thing to look at: its kind, what it is about, and what it proposes.

    `details` has Stripe's ids, and amounts as ints in the minor unit beside their currency.
    """

    kind: str
    details: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return it as staff see it."""
        return {"kind": self.kind, "advice": ADVICE[self.kind], **self.details}


def booking_actions(booking: Booking) -> tuple[NeededAction, ...]:
    """Return what a booking's money asks of staff, most urgent first; mostly nothing."""
    summary = booking.payments()
    currency = summary.currency
    found = [
        NeededAction(REFUND_FAILED, {"stripe_refund_id": refund_id})
        for refund_id in summary.failed_refund_ids
    ]
    found += [*_of_refund_orders(booking), *_of_fees(booking), *_of_holds(booking)]
    kept_minor = summary.amount_captured - summary.amount_refunded
    # What is only held is the client's money too, out of their reach for days.
    late_minor = kept_minor + summary.amount_authorized
    if booking.status == EXPIRED and late_minor > 0:
        late = {"amount": late_minor, "currency": currency, "proposed_refund": summary.refundable}
        found.append(NeededAction(PAID_LATE, late))
    if summary.amount_overpaid:
        proposal = min(summary.amount_overpaid, summary.refundable)
        found.append(
            NeededAction(
                OVERPAID,
                {
                    "amount": summary.amount_overpaid,
                    "currency": currency,
                    "proposed_refund": proposal,
                },
            )
        )
    found += [
        NeededAction(
            OTHER_CURRENCY,
            {
                "charge": charge["charge"],
                "amount": charge["amount_captured"],
                "currency": charge["currency"],
            },
        )
        for charge in summary.foreign_charges
        if charge["amount_captured"]
    ]
    return tuple(found)


def _of_refund_orders(booking: Booking) -> Iterator[NeededAction]:
    currency = booking.price.currency
    known = {
        refund.refund_id
        for charge in booking.facts.charges.values()
        for refund in charge.refunds.values()
    }
    for place, order in enumerate(booking.refund_orders):
        details: dict[str, Any] = {
            "refund_id": order.refund_id,
            "amount": order.amount_minor,
            "currency": currency,
        }
        # Who asks again, or has nothing left to give back, has seen it.
        is_last = place == len(booking.refund_orders) - 1
        if order.status == REFUSED and is_last and booking.payments().refundable:
            why = {"reason": refusal_text(order.refusal), "code": order.refusal}
            yield NeededAction(REFUND_REFUSED, details | why)
        elif order.status == AWAITING_APPROVAL:
            asked = {"requested_by": order.requested_by}
            yield NeededAction(REFUND_WAITS, details | asked)
        elif order.is_open and order.is_stuck and order.refund_id not in known:
            yield NeededAction(REFUND_STUCK, details)


def _of_fees(booking: Booking) -> Iterator[NeededAction]:
    currency = booking.price.currency
    if fee := booking.fee():
        state = booking.fee_state(fee)
        details: dict[str, Any] = {"fee_id": fee.fee_id, "kind_of_fee": fee.kind}
        if state.status == PROPOSED:
            sum_of = {"amount": fee.amount_minor, "currency": currency}
            yield NeededAction(FEE_PROPOSED, details | sum_of)
        elif state.status == OWED:
            sum_of = {"amount": state.owed_minor, "currency": currency}
            refused = [
                each.refusal
                for each in booking.charge_orders
                if each.fee_id == fee.fee_id and each.refusal
            ]
            why = {"reason": refusal_text(refused[-1])} if refused else {}
            yield NeededAction(FEE_OWED, details | sum_of | why)


def _of_holds(booking: Booking) -> Iterator[NeededAction]:
    for order in booking.charge_orders:
        if order.status == CHARGE_REQUESTED and order.is_stuck:
            yield NeededAction(CHARGE_STUCK, {"order_id": order.order_id, "of": order.kind})
    for charge_id in booking.lapsing_holds:
        charge = booking.facts.charges.get(charge_id)
        if charge and charge.amount_authorized_minor and not _is_ordered(booking, charge):
            yield NeededAction(
                HOLD_LAPSES,
                {
                    "charge": charge_id,
                    "amount": charge.amount_authorized_minor,
                    "currency": charge.currency,
                    "lapses_at": rfc3339(charge.capture_before_s),
                },
            )


def _is_ordered(booking: Booking, charge: ChargeFacts) -> bool:
    """Whether Stripe is being asked already to take or to release what a charge holds."""
    return any(each.payment_intent == charge.payment_intent for each in booking.charge_orders)
