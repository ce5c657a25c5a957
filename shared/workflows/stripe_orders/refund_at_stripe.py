"""One refund at Stripe: created once under our own id, and found again by it in the metadata."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from shared.adapters.booking_store import BookingStore
from shared.adapters.stripe_api import StripeApi
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.refund_order import REQUESTED, RefundOrder
from shared.domain.errors import StripeRefused, UnreadableEvent
from shared.domain.refunds.refund_answers import (
    find_order,
    is_at_stripe,
    made_order,
    refuse_order,
    with_order,
)
from shared.observability import logger
from shared.workflows.ledger.heal import Healing
from shared.workflows.stripe_accounts import StripeAccounts
from shared.workflows.stripe_orders.ordered import Ordered
from shared.workflows.stripe_orders.stripe_order import BookingChange, OrderAtStripe

# Stripe's codes where less of a charge can be refunded than its webhooks reported.
# https://docs.stripe.com/error-codes
TELLS_OF_MORE = frozenset(
    {
        "charge_already_refunded",
        "charge_disputed",
        "refund_disputed_payment",
        "amount_too_large",
        "invalid_amount",
    }
)


class RefundAtStripe(OrderAtStripe[RefundOrder]):
    """A requested refund.

    https://docs.stripe.com/api/refunds
    """

    kind = "Refund"

    def __init__(
        self,
        ordered: Ordered,
        order_id: str,
        store: BookingStore,
        accounts: StripeAccounts,
        now_s: int,
        *,
        healing: Healing,
    ) -> None:
        super().__init__(ordered, order_id, store, accounts, now_s)
        self._healing = healing

    def find(self, booking: Booking) -> RefundOrder | None:
        """Return the order while Stripe is not known to have created the refund."""
        order = find_order(booking, self.order_id)
        is_wanted = order and order.status == REQUESTED and not is_at_stripe(booking, order)
        return order if is_wanted else None

    def with_order(self, booking: Booking, change: Callable[[RefundOrder], RefundOrder]) -> Booking:
        """Return the booking with the order changed."""
        return with_order(booking, self.order_id, change)

    def post(self, stripe: StripeApi, booking: Booking, order: RefundOrder) -> BookingChange:
        """Have Stripe create the refund."""
        refund = stripe.create_refund(
            charge_id=order.charge_id,
            amount_minor=order.amount_minor,
            reason=order.reason,
            metadata={
                "location_id": booking.location_id,
                "booking_id": booking.booking_id,
                "refund_id": order.refund_id,
            },
            idempotency_key=order.idempotency_key,
        )
        return self._made(refund)

    def look(self, stripe: StripeApi, order: RefundOrder) -> BookingChange | None:
        """Search the charge's refunds for it."""
        for found in stripe.list_refunds(order.charge_id):
            if (found.get("metadata") or {}).get("refund_id") == order.refund_id:
                return self._made(found)
        return None

    def refuse(self, booking: Booking, code: str) -> Booking:
        """Return the booking with the amount refundable again."""
        return refuse_order(booking, self.order_id, code, self.now_s)

    def learn(self, stripe: StripeApi, order: RefundOrder, code: str) -> None:
        """Fetch the charge where Stripe refuses because more of it was refunded than we know."""
        if code not in TELLS_OF_MORE:
            return
        try:
            charge = stripe.get_charge(order.charge_id)
            also = stripe.list_refunds(order.charge_id)
            also += stripe.list_disputes(order.charge_id)
            where = (self._ordered.location_id, self._ordered.booking_id)
            cause = f"{order.charge_id}-{order.idempotency_key}"
            self._healing.take_up(*where, cause, charge, also, self.now_s)
        except (StripeRefused, UnreadableEvent) as error:
            logger.warning("a refused refund's charge was not read", error=type(error).__name__)

    def _made(self, refund: Mapping[str, Any]) -> BookingChange:
        return partial(made_order, refund_id=self.order_id, refund=refund)
