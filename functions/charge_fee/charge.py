"""One order to Stripe: a hold captured or let go, a saved card charged, a session closed.

It goes as a refund does: written down as tried, asked for under its own key, and looked for at
Stripe before it is asked for under another one.
"""

from collections.abc import Callable
from dataclasses import replace

from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.booking_store import BookingStore
from shared.adapters.stripe_api import KEY_REUSED, StripeApi
from shared.config import load_config
from shared.domain.booking import Booking
from shared.domain.charge_order import (
    CAPTURE,
    CHARGE_CARD,
    DONE,
    EXPIRE_SESSION,
    REQUESTED,
    ChargeOrder,
)
from shared.domain.charging import (
    done_charge_order,
    find_charge_order,
    intent_outcome,
    refuse_charge_order,
    with_charge_order,
)
from shared.domain.errors import (
    StripeKeyRefused,
    StripeRefused,
    StripeUnavailable,
    WriteConflict,
)
from shared.domain.retrying import STUCK_FROM, is_key_old
from shared.observability import count, logger
from shared.order_work import Ordered

NOTHING, CHARGED, REFUSED = "nothing", "charged", "refused"


def charge(ordered: Ordered, store: BookingStore, api_keys: ApiKeyStore, now_s: int) -> str:
    """Carry out an order and say what came of it: `charged`, `refused`, `nothing`.

    Raises `StripeUnavailable`, `StripeKeyRefused`, `AwsUnreachable` and `WriteConflict`: it is to
    come again.
    """
    return _Charging(ordered, store, api_keys, now_s).run()


class _Charging:
    """One handing over of one order."""

    def __init__(
        self, ordered: Ordered, store: BookingStore, api_keys: ApiKeyStore, now_s: int
    ) -> None:
        self._ordered = ordered
        self._order_id = str(ordered.detail["order_id"])
        self._store = store
        self._api_keys = api_keys
        self._now_s = now_s

    def run(self) -> str:
        """Do what is to be done next."""
        stored = self._store.get_booking(self._ordered.location_id, self._ordered.booking_id)
        order = find_charge_order(stored.booking, self._order_id) if stored else None
        if stored is None or order is None or order.status != REQUESTED:
            return NOTHING
        try:
            return self._ask(stored.booking, self._tried(order))
        except StripeKeyRefused:
            self._note_stuck()
            raise
        except StripeRefused as refused:
            return self._refuse(refused.code)
        except StripeUnavailable:
            if self._ordered.attempt >= STUCK_FROM:
                self._note_stuck()
            raise

    def _tried(self, order: ChargeOrder) -> ChargeOrder:
        if order.tried_at_s:
            return order
        return self._change(lambda each: replace(each, tried_at_s=self._now_s))

    def _ask(self, booking: Booking, order: ChargeOrder) -> str:
        stripe = self._stripe()
        if is_key_old(order.tried_at_s, self._now_s):
            if outcome := self._look(stripe, order):
                return outcome
            order = self._with_next_key()
        try:
            intent_id = self._post(stripe, booking, order)
        except StripeUnavailable as unavailable:
            if not unavailable.replayed:
                raise
            return self._look_after_failure(stripe, order, unavailable)
        except StripeKeyRefused:
            raise
        except StripeRefused as refused:
            if refused.code == KEY_REUSED:
                busy = StripeUnavailable("the key stands for something else")
                return self._look_after_failure(stripe, order, busy)
            if order.kind == CHARGE_CARD:
                raise
            # The hold or the session may have come to the wanted end by another way.
            if outcome := self._look(stripe, order):
                return outcome
            raise
        return self._done(intent_id)

    def _post(self, stripe: StripeApi, booking: Booking, order: ChargeOrder) -> str:
        """Ask Stripe, and return the payment intent that the order is about."""
        if order.kind == EXPIRE_SESSION:
            stripe.expire_session(order.session_id)
        elif order.kind == CAPTURE:
            stripe.capture_intent(order.payment_intent, order.amount_minor, order.idempotency_key)
        elif order.kind == CHARGE_CARD:
            return stripe.charge_saved_card(
                customer=order.customer,
                payment_method=order.payment_method,
                amount_minor=order.amount_minor,
                currency=booking.price.currency,
                metadata=self._metadata(booking, order),
                idempotency_key=order.idempotency_key,
            )
        else:
            stripe.cancel_intent(order.payment_intent, order.idempotency_key)
        return order.payment_intent

    def _metadata(self, booking: Booking, order: ChargeOrder) -> dict[str, str]:
        fee = next((each for each in booking.fees if each.fee_id == order.fee_id), None)
        return {
            "location_id": booking.location_id,
            "booking_id": booking.booking_id,
            "purpose": fee.purpose if fee else booking.checkout_purpose(),
            "fee_id": order.fee_id,
            "order_id": order.order_id,
        }

    def _look_after_failure(
        self, stripe: StripeApi, order: ChargeOrder, unavailable: StripeUnavailable
    ) -> str:
        """Look what came of it; if nothing did, the next handing over takes a new key."""
        if outcome := self._look(stripe, order):
            return outcome
        self._with_next_key()
        raise unavailable

    def _look(self, stripe: StripeApi, order: ChargeOrder) -> str | None:
        """Return what became of an order by what Stripe has, `None` where nothing did."""
        if order.kind == EXPIRE_SESSION:
            session = stripe.get_session(order.session_id)
            return self._done("") if session.get("status") != "open" else None
        if order.kind == CHARGE_CARD:
            intents = [
                intent
                for intent in stripe.list_intents(order.customer)
                if (intent.get("metadata") or {}).get("order_id") == order.order_id
            ]
        else:
            intents = [stripe.get_intent(order.payment_intent)]
        if not intents:
            return None
        outcome = intent_outcome(order, intents[0])
        if outcome == DONE:
            return self._done(intents[0]["id"])
        return self._refuse(outcome) if outcome else None

    def _done(self, intent_id: str) -> str:
        self._store.update_booking(
            self._ordered.location_id,
            self._ordered.booking_id,
            lambda booking: done_charge_order(booking, self._order_id, intent_id),
        )
        count("ChargeMade")
        return CHARGED

    def _refuse(self, code: str) -> str:
        logger.warning("charge refused", order_id=self._order_id, code=code)
        count("ChargeRefused")
        self._store.update_booking(
            self._ordered.location_id,
            self._ordered.booking_id,
            lambda booking: refuse_charge_order(booking, self._order_id, code, self._now_s),
        )
        return REFUSED

    def _note_stuck(self) -> None:
        self._change(lambda each: replace(each, is_stuck=True))
        count("ChargeStuck")

    def _with_next_key(self) -> ChargeOrder:
        logger.warning("charge goes on under the next key", order_id=self._order_id)
        return self._change(
            lambda each: replace(each, generation=each.generation + 1, tried_at_s=self._now_s)
        )

    def _change(self, change: Callable[[ChargeOrder], ChargeOrder]) -> ChargeOrder:
        changed = self._store.update_booking(
            self._ordered.location_id,
            self._ordered.booking_id,
            lambda booking: with_charge_order(booking, self._order_id, change),
        )
        order = find_charge_order(changed, self._order_id)
        if order is None:
            raise WriteConflict("the order is gone")
        return order

    def _stripe(self) -> StripeApi:
        secret_key = self._api_keys.secret_key(self._ordered.location_id)
        if secret_key is None:
            raise StripeKeyRefused("Stripe is not connected", code="not_connected")
        # The queue asks again: the library would hold up the function meanwhile.
        return StripeApi(secret_key, load_config().stripe_api_base, network_retries=0)
