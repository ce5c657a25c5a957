"""What Stripe's answers to orders about holds, saved cards and sessions change. Pure."""

from collections.abc import Callable, Mapping
from copy import replace
from typing import Any

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.charge_order import (
    CAPTURE,
    CHARGE_CARD,
    CHARGE_ORDER_REFUSED,
    DONE,
    ChargeOrder,
)
from shared.domain.bookings.journal import JournalEntry
from shared.domain.refunds.refund_answers import STRIPE

NO_CODE = "payment_failed"


def find_charge_order(booking: Booking, order_id: str) -> ChargeOrder | None:
    """Return an order by its id, or `None`."""
    return next((each for each in booking.charge_orders if each.order_id == order_id), None)


def with_charge_order(
    booking: Booking, order_id: str, change: Callable[[ChargeOrder], ChargeOrder]
) -> Booking:
    """Return the booking with one of its orders changed."""
    orders = tuple(
        change(each) if each.order_id == order_id else each for each in booking.charge_orders
    )
    return replace(booking, charge_orders=orders)


def done_charge_order(booking: Booking, order_id: str, payment_intent: str) -> Booking:
    """Return the booking with an order carried out, by the payment intent if it is not empty."""
    return with_charge_order(
        booking,
        order_id,
        lambda order: replace(
            order,
            status=DONE,
            is_stuck=False,
            payment_intent=payment_intent or order.payment_intent,
        ),
    )


def refuse_charge_order(booking: Booking, order_id: str, code: str, now_s: int) -> Booking:
    """Return the booking with an order that Stripe refused: its fee, if any, is owed now."""
    refused = with_charge_order(
        booking,
        order_id,
        lambda order: replace(order, status=CHARGE_ORDER_REFUSED, refusal=code, is_stuck=False),
    )
    entry = JournalEntry(f"{order_id}-refused", now_s, "charge.refused", STRIPE)
    return refused.with_entry(entry)


def intent_outcome(order: ChargeOrder, intent: Mapping[str, Any]) -> str | None:
    """Return what became of an order by its intent: `done`, Stripe's code, or `None` for nothing.

    https://docs.stripe.com/payments/paymentintents/lifecycle
    """
    status = intent.get("status")
    if status == "requires_capture":
        return None
    if status == ("succeeded" if order.kind in (CAPTURE, CHARGE_CARD) else "canceled"):
        return DONE
    error = intent.get("last_payment_error") or {}
    return str(error.get("code") or NO_CODE)
