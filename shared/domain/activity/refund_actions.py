"""What a booking's refunds ask of staff: failed, canceled, unfunded, refused or waiting. Pure."""

from collections.abc import Iterator
from typing import Any

from shared.domain.activity.needed_action import (
    REFUND_CANCELED,
    REFUND_FAILED,
    REFUND_REFUSED,
    REFUND_STUCK,
    REFUND_UNFUNDED,
    REFUND_WAITS,
    NeededAction,
)
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.refund_order import AWAITING_APPROVAL, REFUND_ORDER_REFUSED, STAFF
from shared.domain.refunds.refundable import refundable_by_charge
from shared.domain.refunds.refusal_texts import refusal_text
from shared.domain.visits.fee_sums import owed_of_failed_refunds
from shared.domain.visits.settlement import excess_minor


def refund_actions(booking: Booking) -> Iterator[NeededAction]:
    """Yield what the refunds of a booking ask of staff, most urgent first."""
    yield from _of_failed_refunds(booking)
    yield from _of_canceled_refunds(booking)
    yield from _of_unfunded_refunds(booking)
    yield from _of_refund_orders(booking)


def _of_failed_refunds(booking: Booking) -> Iterator[NeededAction]:
    for refund_id, owed in owed_of_failed_refunds(booking).items():
        if owed.amount_minor:
            yield NeededAction(
                REFUND_FAILED,
                {
                    "stripe_refund_id": refund_id,
                    "amount": owed.amount_minor,
                    "currency": owed.currency,
                },
            )


def _of_canceled_refunds(booking: Booking) -> Iterator[NeededAction]:
    left = refundable_by_charge(booking)
    for charge_id, charge in sorted(booking.facts.charges.items()):
        for refund_id, refund in sorted(charge.client_refunds.items()):
            is_settled = charge_id not in left or _is_asked_again(booking, charge_id, refund_id)
            if refund.status == "canceled" and not is_settled:
                yield NeededAction(
                    REFUND_CANCELED,
                    {
                        "stripe_refund_id": refund_id,
                        "charge": charge_id,
                        "amount": refund.amount_minor,
                        "currency": refund.currency,
                    },
                )


def _is_asked_again(booking: Booking, charge_id: str, refund_id: str) -> bool:
    """Whether another refund of the charge was ordered, or made, since this one."""
    refunds = booking.facts.charges[charge_id].client_refunds
    since_s = refunds[refund_id].created_s
    return any(
        each.is_given_back and each.created_s >= since_s for each in refunds.values()
    ) or any(
        each.charge_id == charge_id and each.is_open and each.requested_at_s >= since_s
        for each in booking.refund_orders
        if each.stripe_refund_id != refund_id and each.refund_id != refunds[refund_id].refund_id
    )


def _of_unfunded_refunds(booking: Booking) -> Iterator[NeededAction]:
    for charge_id, charge in sorted(booking.facts.charges.items()):
        for refund_id, refund in sorted(charge.client_refunds.items()):
            if refund.waits_for_funds:
                yield NeededAction(
                    REFUND_UNFUNDED,
                    {
                        "stripe_refund_id": refund_id,
                        "charge": charge_id,
                        "amount": refund.amount_minor,
                        "currency": refund.currency,
                        "pending_reason": refund.pending_reason,
                    },
                )


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
        if order.status == REFUND_ORDER_REFUSED and _is_still_refused(booking, place):
            why = {"reason": refusal_text(order.refusal), "code": order.refusal}
            yield NeededAction(REFUND_REFUSED, details | why)
        elif order.status == AWAITING_APPROVAL:
            asked = {"requested_by": order.requested_by}
            yield NeededAction(REFUND_WAITS, details | asked)
        elif order.is_open and order.is_stuck and order.refund_id not in known:
            yield NeededAction(REFUND_STUCK, details)


def _is_still_refused(booking: Booking, place: int) -> bool:
    """Whether a refused refund still has to be looked at.

    One that staff asked for is settled when they ask again; one that follows from the terms, when
    nothing of the client's money is left.
    """
    order = booking.refund_orders[place]
    if order.charge_id not in refundable_by_charge(booking):
        return False
    if order.cause == STAFF:
        return all(each.charge_id != order.charge_id for each in booking.refund_orders[place + 1 :])
    return excess_minor(booking) > 0
