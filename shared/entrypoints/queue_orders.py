"""Orders from a queue, to be carried out at Stripe.

An order that fails because Stripe refuses the location's key waits outside the queue, and is
retried every hour until the key works: fixing the key is up to the location, however long it takes,
so the order must not become a dead letter. Staff see it meanwhile.
"""

import time
from collections.abc import Callable, Mapping
from copy import replace
from typing import Any

from shared.adapters.message_queue import MessageQueue
from shared.adapters.outbox import put_order
from shared.config import load_config
from shared.domain.dates.instants import HOUR_S
from shared.domain.errors import StripeKeyRefused
from shared.domain.messages.envelopes import read_envelope
from shared.domain.messages.message import BookingOrder
from shared.entrypoints.queue_batch import process_batch
from shared.observability import count, logger
from shared.workflows.stripe_orders.ordered import Ordered

KEY_REFUSED = "waits_for_key"


def process_orders(
    event: Mapping[str, Any],
    carry_out: Callable[[BookingOrder, Ordered], str],
    queue: MessageQueue,
) -> dict[str, Any]:
    """Carry out each order of a batch, and return those to be retried."""

    def process(envelope: dict[str, Any], attempt: int) -> None:
        order = read_envelope(envelope, BookingOrder)
        logger.append_keys(location_id=order.location_id, booking_id=order.booking_id)
        try:
            outcome = carry_out(order, Ordered(order.location_id, order.booking_id, attempt))
        except StripeKeyRefused:
            _wait_for_key(order)
            outcome = KEY_REFUSED
        logger.info("order worked off", order=order.detail_type, outcome=outcome)
        count("".join(("Order", *map(str.capitalize, outcome.split("_")))))

    return process_batch(event, process, queue, failure="order put off")


def _wait_for_key(order: BookingOrder) -> None:
    """Retry an order at the next full hour; two copies of it become one."""
    due_s = (int(time.time()) // HOUR_S + 1) * HOUR_S
    put_order(load_config(), replace(order, due_s=due_s))
