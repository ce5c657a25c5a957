"""One refund at Stripe: asked for under our own id, looked for before it is asked for anew.

tried?  no: write down that it is         (the key stands in the table before it is used)
old?    from 20 hours on: look for it     (Stripe may forget the key)
POST    under the key ─► made             write what Stripe answered
─► refused          write why, the amount is free again
─► a saved failure  look for it; only if it is not there, the next key
─► no answer        again later, under the same key
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.booking_store import BookingStore
from shared.adapters.stripe_api import KEY_REUSED, StripeApi
from shared.config import load_config
from shared.domain.booking import Booking
from shared.domain.errors import StripeKeyRefused, StripeRefused, StripeUnavailable, WriteConflict
from shared.domain.refund_order import REQUESTED, RefundOrder
from shared.domain.refunding import find_order, is_at_stripe, made_order, refuse_order, with_order
from shared.domain.retrying import STUCK_FROM, is_key_old
from shared.observability import count, logger
from shared.order_work import Ordered

NOTHING, REFUNDED, REFUSED = "nothing", "refunded", "refused"


def refund(ordered: Ordered, store: BookingStore, api_keys: ApiKeyStore, now_s: int) -> str:
    """Make a refund that was asked for and say what came of it: `refunded`, `refused`, `nothing`.

    Raises `StripeUnavailable`, `StripeKeyRefused`, `AwsUnreachable` and `WriteConflict`: it is to
    come again.
    """
    return _Refunding(ordered, store, api_keys, now_s).run()


class _Refunding:
    """One handing over of one order."""

    def __init__(
        self, ordered: Ordered, store: BookingStore, api_keys: ApiKeyStore, now_s: int
    ) -> None:
        self._ordered = ordered
        self._refund_id = str(ordered.detail["refund_id"])
        self._store = store
        self._api_keys = api_keys
        self._now_s = now_s

    def run(self) -> str:
        """Do what is to be done next."""
        order = self._read()
        if order is None:
            return NOTHING
        try:
            return self._ask(order)
        except StripeRefused as refused:
            if isinstance(refused, StripeKeyRefused):
                self._note_stuck()
                raise
            return self._refuse(refused.code)
        except StripeUnavailable:
            if self._ordered.attempt >= STUCK_FROM:
                self._note_stuck()
            raise

    def _read(self) -> RefundOrder | None:
        """Return the order if it is still to be carried out, written down as tried."""
        stored = self._store.get_booking(self._ordered.location_id, self._ordered.booking_id)
        order = find_order(stored.booking, self._refund_id) if stored else None
        if stored is None or order is None or not _is_wanted(stored.booking, order):
            return None
        if order.tried_at_s:
            return order
        return self._change(lambda each: replace(each, tried_at_s=self._now_s))

    def _ask(self, order: RefundOrder) -> str:
        stripe = self._stripe()
        if is_key_old(order.tried_at_s, self._now_s):
            if self._is_found(stripe, order):
                return REFUNDED
            order = self._with_next_key()
        try:
            made = stripe.create_refund(
                charge_id=order.charge_id,
                amount_minor=order.amount_minor,
                reason=order.reason,
                metadata={
                    "location_id": self._ordered.location_id,
                    "booking_id": self._ordered.booking_id,
                    "refund_id": order.refund_id,
                },
                idempotency_key=order.idempotency_key,
            )
        except StripeUnavailable as unavailable:
            if not unavailable.replayed:
                raise
            return self._look_after_failure(stripe, order, unavailable)
        except StripeRefused as refused:
            if refused.code != KEY_REUSED:
                raise
            busy = StripeUnavailable("the key stands for something else")
            return self._look_after_failure(stripe, order, busy)
        self._made(made)
        return REFUNDED

    def _look_after_failure(
        self, stripe: StripeApi, order: RefundOrder, unavailable: StripeUnavailable
    ) -> str:
        """Look for the refund; if it is not there, the next handing over takes a new key."""
        if self._is_found(stripe, order):
            return REFUNDED
        self._with_next_key()
        raise unavailable

    def _is_found(self, stripe: StripeApi, order: RefundOrder) -> bool:
        for found in stripe.list_refunds(order.charge_id):
            if (found.get("metadata") or {}).get("refund_id") == order.refund_id:
                self._made(found)
                return True
        return False

    def _made(self, refund: Mapping[str, Any]) -> None:
        self._store.update_booking(
            self._ordered.location_id,
            self._ordered.booking_id,
            lambda booking: made_order(booking, self._refund_id, refund),
        )
        count("RefundMade")

    def _with_next_key(self) -> RefundOrder:
        logger.warning("refund goes on under the next key", refund_id=self._refund_id)
        return self._change(
            lambda each: replace(each, generation=each.generation + 1, tried_at_s=self._now_s)
        )

    def _refuse(self, code: str) -> str:
        logger.warning("refund refused", refund_id=self._refund_id, code=code)
        count("RefundRefused")
        self._store.update_booking(
            self._ordered.location_id,
            self._ordered.booking_id,
            lambda booking: refuse_order(booking, self._refund_id, code, self._now_s),
        )
        return REFUSED

    def _note_stuck(self) -> None:
        self._change(lambda each: replace(each, is_stuck=True))
        count("RefundStuck")

    def _change(self, change: Callable[[RefundOrder], RefundOrder]) -> RefundOrder:
        changed = self._store.update_booking(
            self._ordered.location_id,
            self._ordered.booking_id,
            lambda booking: with_order(booking, self._refund_id, change),
        )
        order = find_order(changed, self._refund_id)
        if order is None:
            raise WriteConflict("the order is gone")
        return order

    def _stripe(self) -> StripeApi:
        secret_key = self._api_keys.secret_key(self._ordered.location_id)
        if secret_key is None:
            raise StripeKeyRefused("Stripe is not connected", code="not_connected")
        # The queue asks again: the library would hold up the function meanwhile.
        return StripeApi(secret_key, load_config().stripe_api_base, network_retries=0)


def _is_wanted(booking: Booking, order: RefundOrder) -> bool:
    return order.status == REQUESTED and not is_at_stripe(booking, order)
