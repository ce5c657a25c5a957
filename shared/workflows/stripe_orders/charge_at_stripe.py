"""One order to Stripe: a hold captured or released, a saved card charged, a session expired.

Whatever Stripe returns is merged into the booking's facts, whether or not the order succeeds: a
hold has no balance transaction, so only fetching it heals a lost webhook.
"""

from collections.abc import Callable
from functools import partial

from shared.adapters.stripe_api import StripeApi
from shared.domain.activity.apply_event import with_facts
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.charge_order import (
    CAPTURE,
    CHARGE_CARD,
    DONE,
    EXPIRE_SESSION,
    REQUESTED,
    ChargeOrder,
)
from shared.domain.errors import StripeRefused, StripeUnavailable
from shared.domain.stripe_facts.fetched_objects import intent_facts, session_facts
from shared.domain.stripe_facts.payment_facts import Facts
from shared.domain.visits.charge_rules import (
    done_charge_order,
    find_charge_order,
    intent_outcome,
    refuse_charge_order,
    with_charge_order,
)
from shared.workflows.stripe_orders.stripe_order import BookingChange, OrderAtStripe

# The status of a payment intent while its bank is still deciding.
# https://docs.stripe.com/payments/paymentintents/lifecycle
PROCESSING = "processing"


class ChargeAtStripe(OrderAtStripe[ChargeOrder]):
    """An order about a payment intent or a session."""

    kind = "Charge"

    def find(self, booking: Booking) -> ChargeOrder | None:
        """Return the order while it is pending."""
        order = find_charge_order(booking, self.order_id)
        return order if order and order.status == REQUESTED else None

    def with_order(self, booking: Booking, change: Callable[[ChargeOrder], ChargeOrder]) -> Booking:
        """Return the booking with the order changed."""
        return with_charge_order(booking, self.order_id, change)

    def post(self, stripe: StripeApi, booking: Booking, order: ChargeOrder) -> BookingChange:
        """Have Stripe execute it."""
        if order.kind == EXPIRE_SESSION:
            closed = session_facts(stripe.expire_session(order.session_id))
            return lambda known: with_facts(self._done_with("")(known), closed, self.now_s)
        if order.kind == CAPTURE:
            stripe.capture_intent(order.payment_intent, order.amount_minor, order.idempotency_key)
        elif order.kind == CHARGE_CARD:
            intent_id = stripe.charge_saved_card(
                customer=order.customer,
                payment_method=order.payment_method,
                amount_minor=order.amount_minor,
                currency=booking.price.currency,
                metadata=_metadata(booking, order),
                idempotency_key=order.idempotency_key,
            )
            return self._done_with(intent_id)
        else:
            stripe.cancel_intent(order.payment_intent, order.idempotency_key)
        return self._done_with(order.payment_intent)

    def look(self, stripe: StripeApi, order: ChargeOrder) -> BookingChange | None:
        """Fetch the session, the hold, or the charge that has the order's id in its metadata."""
        if order.kind == EXPIRE_SESSION:
            session = stripe.get_session(order.session_id)
            self._take_up(session_facts(session))
            return self._done_with("") if session.get("status") != "open" else None
        if order.kind == CHARGE_CARD:
            intents = [
                intent
                for intent in stripe.list_intents(order.customer)
                if (intent.get("metadata") or {}).get("order_id") == order.order_id
            ]
        else:
            intents = [stripe.get_intent(order.payment_intent)]
        for intent in intents[:1]:
            self._take_up(intent_facts(intent))
        if intents and intents[0].get("status") == PROCESSING:
            raise StripeUnavailable("the bank has not decided yet")
        outcome = intent_outcome(order, intents[0]) if intents else None
        if outcome not in (None, DONE):
            raise StripeRefused("Stripe has it as refused", code=outcome)
        return self._done_with(intents[0]["id"]) if outcome else None

    def refuse(self, booking: Booking, code: str) -> Booking:
        """Return the booking with the order refused; a fee that it was for is owed."""
        return refuse_charge_order(booking, self.order_id, code, self.now_s)

    def may_be_done_otherwise(self, order: ChargeOrder) -> bool:
        """Whether the hold or the session may have reached the wanted status in another way."""
        return order.kind != CHARGE_CARD

    def _take_up(self, asked: Facts) -> None:
        where = (self._ordered.location_id, self._ordered.booking_id)
        self._store.take_up(*where, asked, self.now_s)

    def _done_with(self, intent_id: str) -> BookingChange:
        return partial(done_charge_order, order_id=self.order_id, payment_intent=intent_id)


def _metadata(booking: Booking, order: ChargeOrder) -> dict[str, str]:
    fee = next((each for each in booking.fees if each.fee_id == order.fee_id), None)
    return {
        "location_id": booking.location_id,
        "booking_id": booking.booking_id,
        "purpose": fee.purpose if fee else booking.checkout_purpose(),
        "fee_id": order.fee_id,
        "order_id": order.order_id,
    }
