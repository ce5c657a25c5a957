"""What Stripe's answers to refund orders change. Pure."""

from collections.abc import Callable, Mapping
from copy import replace
from typing import Any

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.refund_order import (
    REFUND_ORDER_REFUSED,
    RefundOrder,
)
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.json_reader import StripeJson
from shared.domain.stripe_facts.payment_facts import Facts, merge
from shared.domain.stripe_facts.read_objects import read_refund

STRIPE = "stripe"


def find_order(booking: Booking, refund_id: str) -> RefundOrder | None:
    """Return an order by its id, or `None`."""
    return next((each for each in booking.refund_orders if each.refund_id == refund_id), None)


def is_at_stripe(booking: Booking, order: RefundOrder) -> bool:
    """Whether Stripe is known to have made the refund."""
    return bool(order.stripe_refund_id) or any(
        refund.refund_id == order.refund_id
        for charge in booking.facts.charges.values()
        for refund in charge.refunds.values()
    )


def with_order(
    booking: Booking, refund_id: str, change: Callable[[RefundOrder], RefundOrder]
) -> Booking:
    """Return the booking with one of its orders changed."""
    orders = tuple(
        change(each) if each.refund_id == refund_id else each for each in booking.refund_orders
    )
    return replace(booking, refund_orders=orders)


def made_order(booking: Booking, refund_id: str, refund: Mapping[str, Any]) -> Booking:
    """Return the booking with the refund that Stripe made of an order, from Stripe's answer.

    `refund` is the object that webhooks carry too: it joins the facts as theirs do, and counts as
    refunded from now on. Raises `UnreadableEvent` if it is not a refund.
    """
    order, answer = find_order(booking, refund_id), StripeJson(refund)
    if order is None:
        return booking
    stripe_id = answer.required_id("id")
    news = ChargeFacts(refunds={stripe_id: read_refund(answer)})
    facts = merge(booking.facts, Facts(charges={order.charge_id: news}))
    return with_order(
        replace(booking, facts=facts),
        refund_id,
        lambda found: replace(found, stripe_refund_id=stripe_id, is_stuck=False),
    )


def refuse_order(booking: Booking, refund_id: str, code: str, now_s: int) -> Booking:
    """Return the booking with an order that Stripe refused; its amount can be refunded again."""
    refused = with_order(
        booking, refund_id, lambda order: replace(order, status=REFUND_ORDER_REFUSED, refusal=code)
    )
    entry_id = f"{refund_id}-refused"
    return refused.with_entry(JournalEntry(entry_id, now_s, "refund.refused", STRIPE))
