"""Requested refunds, from their queue: each is created at Stripe once."""

import time
from typing import Any

from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.message_queue import MessageQueue
from shared.domain.errors import InvalidFacts
from shared.domain.messages.message import BookingOrder
from shared.domain.messages.stripe_orders import RefundPayment
from shared.entrypoints.queue_orders import process_orders
from shared.observability import logger, metrics
from shared.workflows.ledger.heal import Healing
from shared.workflows.stripe_accounts import StripeAccounts
from shared.workflows.stripe_orders.ordered import Ordered
from shared.workflows.stripe_orders.refund_at_stripe import RefundAtStripe


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Process a batch of `refund_payment`."""
    return process_orders(event, _carry_out, environment.get(MessageQueue))


def _carry_out(order: BookingOrder, ordered: Ordered) -> str:
    if not isinstance(order, RefundPayment):
        raise InvalidFacts("/detail-type: not a refund")
    return RefundAtStripe(
        ordered,
        order.refund_id,
        environment.get(BookingStore),
        environment.get(StripeAccounts),
        int(time.time()),
        healing=environment.get(Healing),
    ).run()
