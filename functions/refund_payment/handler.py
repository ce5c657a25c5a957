"""Requested refunds, from their queue: each is created at Stripe once."""

import time
from typing import Any

from shared import environment
from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.booking_store import BookingStore
from shared.adapters.message_queue import MessageQueue
from shared.entrypoints.queue_orders import process_orders
from shared.observability import logger, metrics
from shared.workflows.stripe_orders.ordered import Ordered
from shared.workflows.stripe_orders.refund_at_stripe import RefundAtStripe


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Process a batch of `refund_payment`."""

    def carry_out(ordered: Ordered) -> str:
        refund_id, now_s = str(ordered.detail["refund_id"]), int(time.time())
        return RefundAtStripe(
            ordered, refund_id, environment.get(BookingStore), environment.get(ApiKeyStore), now_s
        ).run()

    return process_orders(event, carry_out, environment.get(MessageQueue))
