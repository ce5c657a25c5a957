"""A batch of bookings that were paid too late: each gets its slot again, or a refund."""

import time
from typing import Any

from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.message_queue import MessageQueue
from shared.domain.messages.envelopes import read_envelope
from shared.domain.messages.stripe_orders import SettleLatePayment
from shared.entrypoints.queue_batch import process_batch
from shared.observability import count, logger, metrics
from shared.workflows.bookings.settle_late_payment import settle


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Settle each booking of the batch and return the messages to be retried."""
    return process_batch(
        event, _settle, environment.get(MessageQueue), failure="late payment not settled"
    )


def _settle(envelope: dict[str, Any], _attempt: int) -> None:
    order = read_envelope(envelope, SettleLatePayment)
    location_id, booking_id = order.location_id, order.booking_id
    now_s = int(time.time())
    end = settle(
        location_id,
        booking_id,
        environment.get(BookingStore),
        environment.get(CatalogueStore),
        now_s,
        caused_by=order.caused_by,
    )
    count(f"LatePayment{end.value}")
    logger.info("late payment settled", location_id=location_id, booking_id=booking_id, end=end)
