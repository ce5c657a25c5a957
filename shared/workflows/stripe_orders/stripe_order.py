"""One order to Stripe, whatever its kind: executed once, however often Stripe fails.

tried?  no: write down that it is         (the key stands in the table before it is used)
old?    from 20 hours on: look for it     (Stripe may forget the key)
POST    under the key ─► done             write what Stripe answered
─► refused          write why
─► a saved failure  look for it; only if it is not there, the next key
─► no answer        again later, under the same key

Two deliveries of one order may run at once. Each change is conditional on the generation of the
order that was read: of two that looked and found nothing, one takes the next key, and the other is
retried and reads again.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import replace

from shared.adapters.booking_store import BookingStore
from shared.adapters.stripe_api import KEY_REUSED, StripeApi
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.charge_order import ChargeOrder
from shared.domain.bookings.refund_order import RefundOrder
from shared.domain.errors import Overtaken, StripeKeyRefused, StripeRefused, StripeUnavailable
from shared.domain.retry_schedule import STUCK_FROM, is_key_old, is_key_resting
from shared.observability import count, logger
from shared.workflows.stripe_accounts import StripeAccounts
from shared.workflows.stripe_orders.ordered import Ordered

NOTHING, DONE, ORDER_REFUSED = "nothing", "done", "refused"

type BookingChange = Callable[[Booking], Booking]


class OrderAtStripe[Order: (RefundOrder, ChargeOrder)](ABC):
    """One delivery of one order; a subclass says what Stripe is asked for.

    `kind` is the prefix of its metrics: `RefundMade`, `RefundRefused`, `RefundStuck`.
    """

    kind: str

    def __init__(
        self,
        ordered: Ordered,
        order_id: str,
        store: BookingStore,
        accounts: StripeAccounts,
        now_s: int,
    ) -> None:
        self.order_id = order_id
        self.now_s = now_s
        self._ordered = ordered
        self._store = store
        self._accounts = accounts
        # The order as this delivery last read or wrote it.
        self._read: Order | None = None

    @abstractmethod
    def find(self, booking: Booking) -> Order | None:
        """Return the order, `None` where there is none or it was executed."""

    @abstractmethod
    def with_order(self, booking: Booking, change: Callable[[Order], Order]) -> Booking:
        """Return the booking with the order changed."""

    @abstractmethod
    def post(self, stripe: StripeApi, booking: Booking, order: Order) -> BookingChange:
        """Ask Stripe, under the order's key, and return what its answer changes."""

    @abstractmethod
    def look(self, stripe: StripeApi, order: Order) -> BookingChange | None:
        """Return what is changed by what Stripe already has, `None` where it has nothing.

        Raises `StripeRefused` where Stripe has recorded a refusal.
        """

    @abstractmethod
    def refuse(self, booking: Booking, code: str) -> Booking:
        """Return the booking with the order refused; `code` is Stripe's."""

    def may_be_done_otherwise(self, order: Order) -> bool:
        """Whether Stripe may refuse because the wanted status was reached in another way."""
        del order
        return False

    def learn(self, stripe: StripeApi, order: Order, code: str) -> None:
        """Fetch and record what Stripe knows and we do not, as its refusal shows.

        If it cannot be fetched, nothing changes: the refusal stands.
        """
        del stripe, order, code

    def run(self) -> str:
        """Take the next step and return the outcome: `done`, `refused` or `nothing`.

        Raises `StripeUnavailable`, `StripeKeyRefused`, `AwsUnreachable` and `WriteConflict`: the
        order has to be retried.
        """
        stored = self._store.get_booking(self._ordered.location_id, self._ordered.booking_id)
        order = self.find(stored.booking) if stored else None
        if stored is None or order is None:
            return NOTHING
        self._read = order
        try:
            return self._ask(stored.booking, self._tried(order))
        except StripeKeyRefused as refused:
            self._note_stuck()
            self._accounts.troubles.note_refused_key(self._ordered.location_id, refused)
            raise
        except StripeRefused as refused:
            return self._refuse(refused.code)
        except StripeUnavailable:
            if self._ordered.attempt >= STUCK_FROM:
                self._note_stuck()
            raise

    def _tried(self, order: Order) -> Order:
        if order.tried_at_s:
            return order
        return self._change_order(lambda each: replace(each, tried_at_s=self.now_s))

    def _ask(self, booking: Booking, order: Order) -> str:
        if is_key_resting(order.tried_at_s, self.now_s):
            raise StripeUnavailable("the key is about to be old")
        stripe = self._stripe()
        if is_key_old(order.tried_at_s, self.now_s):
            if found := self.look(stripe, order):
                return self._done(found)
            order = self._with_next_key()
        try:
            answered = self.post(stripe, booking, order)
        except StripeUnavailable as unavailable:
            if not unavailable.replayed:
                raise
            return self._look_after_failure(stripe, order, unavailable)
        except StripeRefused as refused:
            if refused.code == KEY_REUSED:
                busy = StripeUnavailable("the key stands for something else")
                return self._look_after_failure(stripe, order, busy)
            if isinstance(refused, StripeKeyRefused):
                raise
            found = self.look(stripe, order) if self.may_be_done_otherwise(order) else None
            if found is None:
                self.learn(stripe, order, refused.code)
                raise
            return self._done(found)
        return self._done(answered)

    def _look_after_failure(
        self, stripe: StripeApi, order: Order, unavailable: StripeUnavailable
    ) -> str:
        """Look for what Stripe made; if there is nothing, the next delivery uses a new key."""
        if found := self.look(stripe, order):
            return self._done(found)
        self._with_next_key()
        raise unavailable

    def _done(self, change: BookingChange) -> str:
        self._change(change)
        count(f"{self.kind}Made")
        return DONE

    def _refuse(self, code: str) -> str:
        logger.warning("order refused", order_id=self.order_id, code=code)

        def refuse(booking: Booking) -> Booking:
            self._expect_unchanged(booking)
            return self.refuse(booking, code)

        self._change(refuse)
        count(f"{self.kind}Refused")
        return ORDER_REFUSED

    def _note_stuck(self) -> None:
        def stuck(booking: Booking) -> Booking:
            if self.find(booking) is None:
                return booking
            return self.with_order(booking, lambda each: replace(each, is_stuck=True))

        self._change(stuck)
        count(f"{self.kind}Stuck")

    def _with_next_key(self) -> Order:
        logger.warning("order goes on under the next key", order_id=self.order_id)
        return self._change_order(
            lambda each: replace(each, generation=each.generation + 1, tried_at_s=self.now_s)
        )

    def _change_order(self, change: Callable[[Order], Order]) -> Order:
        """Change the order if it is still as it was read, and return it."""

        def changed(booking: Booking) -> Booking:
            self._expect_unchanged(booking)
            return self.with_order(booking, change)

        found = self.find(self._change(changed))
        if found is None:
            raise Overtaken("the order was carried out meanwhile")
        self._read = found
        return found

    def _expect_unchanged(self, booking: Booking) -> None:
        """Raise `Overtaken` where another delivery changed the order, or somebody ended it."""
        found, read = self.find(booking), self._read
        if found is None or read is None or found.idempotency_key != read.idempotency_key:
            raise Overtaken("the order is not what was read any more")

    def _change(self, change: BookingChange) -> Booking:
        location_id, booking_id = self._ordered.location_id, self._ordered.booking_id
        return self._store.change(location_id, booking_id, change)

    def _stripe(self) -> StripeApi:
        return open_stripe(self._ordered.location_id, self._accounts)


def open_stripe(location_id: str, accounts: StripeAccounts) -> StripeApi:
    """Return a location's account for a queue's function; raises `StripeKeyRefused`.

    The library does not retry, since it would hold up the function: the queue does.
    """
    stripe = accounts.open(location_id, network_retries=0)
    if stripe is None:
        raise StripeKeyRefused("Stripe is not connected", code="not_connected")
    return stripe
