"""Orders that Stripe refused and staff have to look at, until they no longer matter. Pure.

A hold that was not released blocks the client's money for days, a session that was not closed can
still be paid, and a hold that was not captured is money that the business is waiting for. A fee
that could not be taken is shown as owed instead.
"""

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.charge_order import (
    CAPTURE,
    CHARGE_ORDER_REFUSED,
    EXPIRE_SESSION,
    RELEASE,
    ChargeOrder,
)


def unsettled_refusals(booking: Booking) -> tuple[ChargeOrder, ...]:
    """Return the refused orders about holds and sessions that still matter, oldest first."""
    return tuple(
        each
        for each in booking.charge_orders
        if each.status == CHARGE_ORDER_REFUSED and _still_matters(booking, each)
    )


def held_minor(booking: Booking, payment_intent: str) -> int:
    """Return what an intent of a booking holds, as far as is known, in the charge's minor units."""
    intent = booking.facts.intents.get(payment_intent)
    if intent is not None and intent.is_canceled:
        return 0
    return sum(
        charge.amount_authorized_minor
        for charge in booking.facts.charges.values()
        if charge.payment_intent == payment_intent
    )


def _still_matters(booking: Booking, order: ChargeOrder) -> bool:
    if order.kind == RELEASE:
        return held_minor(booking, order.payment_intent) > 0
    if order.kind == CAPTURE:
        is_due = not order.fee_id and booking.amount_due_minor() > 0
        return is_due or held_minor(booking, order.payment_intent) > 0
    if order.kind == EXPIRE_SESSION:
        session = booking.facts.sessions.get(order.session_id)
        return session is None or session.status == "open"
    return False
