"""Checks that were scheduled: of a fee that may still be owed, and of a hold near its expiry."""

from shared.adapters.booking_store import BookingStore
from shared.domain.bookings.refused_orders import held_minor
from shared.domain.errors import StripeKeyRefused, StripeRefused
from shared.domain.messages.stripe_orders import CheckFee, CheckHold
from shared.domain.stripe_facts.fetched_objects import intent_facts
from shared.domain.visits.fee_decisions import remind_of_fee
from shared.domain.visits.order_charges import with_expiring_hold
from shared.observability import logger
from shared.workflows.stripe_accounts import StripeAccounts
from shared.workflows.stripe_orders.stripe_order import open_stripe

LOOKED = "looked"


def look_at_fee(order: CheckFee, store: BookingStore, now_s: int) -> str:
    """Remind of a fee that is still owed, or write it off; its mail follows from the change."""
    store.change(
        order.location_id,
        order.booking_id,
        lambda booking: remind_of_fee(booking, order.fee_id, order.reminders, now_s),
    )
    return LOOKED


def look_at_hold(
    order: CheckHold, store: BookingStore, accounts: StripeAccounts, now_s: int
) -> str:
    """Check a hold that is still open as far as is known, once before it expires and once after.

    Before it expires, staff see it in their list. Stripe is asked both times: a hold has no balance
    transaction, so nothing else heals a lost webhook of its end. Raises as `OrderAtStripe.run`.
    """
    charge_id, where = order.charge, (order.location_id, order.booking_id)
    stored = store.get_booking(*where)
    charge = stored.booking.facts.charges.get(charge_id) if stored else None
    if stored is None or charge is None or not held_minor(stored.booking, charge.payment_intent):
        return LOOKED
    if not order.is_over:
        store.change(*where, lambda booking: with_expiring_hold(booking, charge_id))
    try:
        intent = open_stripe(order.location_id, accounts).get_intent(charge.payment_intent)
    except StripeKeyRefused:
        raise
    except StripeRefused as refused:
        # The location has another account since: what is known of it stays, and staff see it.
        logger.warning("a hold cannot be looked at", code=refused.code)
        return LOOKED
    store.take_up(*where, intent_facts(intent), now_s)
    return LOOKED
