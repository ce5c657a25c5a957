"""Orders to Stripe about holds, saved cards and open sessions: which are needed. Pure.

What Stripe's answers change is in `charge_rules`.
"""

from copy import replace

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.charge_order import CAPTURE, EXPIRE_SESSION, RELEASE, ChargeOrder
from shared.domain.bookings.derived_ids import derived_id
from shared.domain.bookings.lifecycle import CONFIRMED


def new_charge_order(
    booking: Booking, kind: str, now_s: int, about: str, *, amount_minor: int = 0
) -> ChargeOrder:
    """Return an order about a payment intent, under an id that a repetition makes again.

    For a card or a session, `about` is what tells the order apart, and `payment_intent` has to be
    replaced.
    """
    order_id = derived_id("co", booking.booking_id, kind, about)
    return ChargeOrder(order_id, kind, now_s, amount_minor, payment_intent=about)


def order_charge(booking: Booking, order: ChargeOrder) -> Booking:
    """Return the booking with the order, or the same if it has an order of this id already."""
    if any(each.order_id == order.order_id for each in booking.charge_orders):
        return booking
    return replace(booking, charge_orders=(*booking.charge_orders, order))


def holds(booking: Booking) -> dict[str, int]:
    """Return what is held by payment intent, oldest first, in the price's minor units.

    A hold that already has an order is left out.
    """
    ordered = {each.payment_intent for each in booking.charge_orders}
    charges = sorted(booking.facts.charges.values(), key=lambda each: each.created_s)
    return {
        charge.payment_intent: charge.amount_authorized_minor
        for charge in charges
        if charge.amount_authorized_minor
        and charge.payment_intent
        and charge.payment_intent not in ordered
        and charge.currency == booking.price.currency
    }


def capture_holds(booking: Booking, now_s: int) -> Booking:
    """Return the booking with orders to capture what is due of its holds, and release the rest."""
    left_minor = booking.to_capture_minor()
    for intent, held_minor in holds(booking).items():
        share_minor = min(left_minor, held_minor)
        left_minor -= share_minor
        kind = CAPTURE if share_minor else RELEASE
        order = new_charge_order(booking, kind, now_s, intent, amount_minor=share_minor)
        booking = order_charge(booking, order)
    return booking


def release_holds(booking: Booking, now_s: int) -> Booking:
    """Return the booking with an order to release each hold."""
    for intent in holds(booking):
        booking = order_charge(booking, new_charge_order(booking, RELEASE, now_s, intent))
    return booking


def without_replaced_hold(booking: Booking, now_s: int) -> Booking:
    """Return a booking whose card has been saved without the hold that the card replaces."""
    is_for_card = booking.terms is not None and booking.terms.mode == "save_card"
    if booking.status != CONFIRMED or not is_for_card or booking.lacks_card():
        return booking
    return release_holds(booking, now_s)


def without_session(booking: Booking, now_s: int) -> Booking:
    """Return the booking with an order to expire its session, if a client could still pay there."""
    session_id = booking.checkout.session_id if booking.checkout else ""
    session = booking.facts.sessions.get(session_id)
    if not session_id or (session and session.status != "open"):
        return booking
    order = new_charge_order(booking, EXPIRE_SESSION, now_s, session_id)
    return order_charge(booking, replace(order, payment_intent="", session_id=session_id))


def saved_card(booking: Booking) -> tuple[str, str] | None:
    """Return the `(customer, payment_method)` of the card that was saved last for the booking."""
    saved = [
        each
        for each in booking.facts.setups.values()
        if each.is_saved and each.customer and each.payment_method
    ]
    if not saved:
        return None
    newest = max(saved, key=lambda each: (each.created_s, each.payment_method))
    return newest.customer, newest.payment_method


def with_expiring_hold(booking: Booking, charge_id: str) -> Booking:
    """Return the booking with a note that a hold is about to expire, if it still holds money."""
    charge = booking.facts.charges.get(charge_id)
    if charge is None or not charge.amount_authorized_minor or charge_id in booking.lapsing_holds:
        return booking
    return replace(booking, lapsing_holds=(*booking.lapsing_holds, charge_id))
