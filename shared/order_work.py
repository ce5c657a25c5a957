"""A batch of orders from a queue: each is carried out, or comes again after a wait of its own."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.adapters.message_queue import MessageQueue
from shared.domain.errors import StripeUnavailable
from shared.observability import count, logger
from shared.retried_messages import attempt_of, put_off


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order off the bus: whose booking, its other ids, and how often it has been handed over."""

    location_id: str
    booking_id: str
    detail: Mapping[str, Any]
    attempt: int


def work_off(
    event: Mapping[str, Any], carry_out: Callable[[Ordered], str], queue: MessageQueue
) -> dict[str, Any]:
    """Carry out each order of a batch, and name those that are to come again."""
    failures = []
    for message in event["Records"]:
        attempt = attempt_of(message)
        try:
            _work_off_one(message, carry_out, attempt)
        except Exception as error:  # noqa: BLE001
            # Whatever is wrong with one order must not lose it or hold up another. No traceback:
            # Stripe's words may quote what was sent.
            level = logger.warning if isinstance(error, StripeUnavailable) else logger.error
            level("order put off", error=type(error).__name__, attempt=attempt)
            count("OrderPutOff")
            failures.append(put_off(message, queue))
    return {"batchItemFailures": failures}


def _work_off_one(
    message: Mapping[str, Any], carry_out: Callable[[Ordered], str], attempt: int
) -> None:
    envelope = json.loads(message["body"])
    detail = envelope["detail"]
    ordered = Ordered(detail["location_id"], detail["booking_id"], detail, attempt)
    logger.append_keys(location_id=ordered.location_id, booking_id=ordered.booking_id)
    outcome = carry_out(ordered)
    logger.info("order worked off", order=envelope["detail-type"], outcome=outcome)
    count(f"Order{outcome.capitalize()}")
