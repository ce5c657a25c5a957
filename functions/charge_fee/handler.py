"""Orders about holds, saved cards and fees, from their queue: each is executed once."""

import time
from typing import Any

from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.message_queue import MessageQueue
from shared.domain.errors import InvalidFacts
from shared.domain.messages.message import BookingOrder
from shared.domain.messages.stripe_orders import CheckFee, CheckHold, ExecuteChargeOrder
from shared.entrypoints.queue_orders import process_orders
from shared.observability import logger, metrics
from shared.workflows.stripe_accounts import StripeAccounts
from shared.workflows.stripe_orders.charge_at_stripe import ChargeAtStripe
from shared.workflows.stripe_orders.follow_up import look_at_fee, look_at_hold
from shared.workflows.stripe_orders.ordered import Ordered


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Process a batch: orders to Stripe, and checks of fees and holds that are due now."""
    return process_orders(event, _carry_out, environment.get(MessageQueue))


def _carry_out(order: BookingOrder, ordered: Ordered) -> str:
    now_s = int(time.time())
    store, accounts = environment.get(BookingStore), environment.get(StripeAccounts)
    match order:
        case ExecuteChargeOrder():
            return ChargeAtStripe(ordered, order.order_id, store, accounts, now_s).run()
        case CheckFee():
            return look_at_fee(order, store, now_s)
        case CheckHold():
            return look_at_hold(order, store, accounts, now_s)
    raise InvalidFacts("/detail-type: no order about a charge")
