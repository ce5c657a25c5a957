"""A batch of bookings that were paid too late: each gets its slot again, or a refund."""

import json
import time
from typing import Any

from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.message_queue import MessageQueue
from shared.domain.messages.envelopes import read_envelope
from shared.domain.messages.stripe_orders import SettleLatePayment
from shared.entrypoints.retry_later import retry_later
from shared.observability import count, logger, metrics
from shared.workflows.bookings.settle_late_payment import settle


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Settle each booking of the batch and return the messages to be retried."""
    failures = []
    for message in event["Records"]:
        try:
            _settle_order(read_envelope(json.loads(message["body"]), SettleLatePayment))
        except Exception:  # noqa: BLE001
            # It comes again alone, and after ten times waits in the dead-letter queue; until then
            # staff see the booking, for nothing of it was changed.
            logger.exception("late payment not settled", message_id=message["messageId"])
            count("LatePaymentNotSettled")
            failures.append(retry_later(message, environment.get(MessageQueue)))
    return {"batchItemFailures": failures}


def _settle_order(order: SettleLatePayment) -> None:
    location_id, booking_id = order.location_id, order.booking_id
    now_s = int(time.time())
    end = settle(
        location_id,
        booking_id,
        environment.get(BookingStore),
        now_s,
        caused_by=order.caused_by,
    )
    count(f"LatePayment{end.value}")
    logger.info("late payment settled", location_id=location_id, booking_id=booking_id, end=end)
