"""A batch of orders from a queue: each is carried out, or comes again after a wait of its own."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.adapters.order_queue import OrderQueue
from shared.domain.errors import AwsRefused, AwsUnreachable, StripeUnavailable
from shared.domain.retrying import delay_s
from shared.observability import count, logger


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order off the bus: whose booking, its other ids, and how often it has been handed over."""

    location_id: str
    booking_id: str
    detail: Mapping[str, Any]
    attempt: int


def work_off(
    event: Mapping[str, Any], carry_out: Callable[[Ordered], str], queue: OrderQueue
) -> dict[str, Any]:
    """Carry out each order of a batch, and name those that are to come again.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    failures = []
    for message in event["Records"]:
        attempt = int(message.get("attributes", {}).get("ApproximateReceiveCount", 1))
        try:
            _work_off_one(message, carry_out, attempt)
        except Exception as error:  # noqa: BLE001
            # Whatever is wrong with one order must not lose it or hold up another. No traceback:
            # Stripe's words may quote what was sent.
            level = logger.warning if isinstance(error, StripeUnavailable) else logger.error
            level("order put off", error=type(error).__name__, attempt=attempt)
            count("OrderPutOff")
            _put_off(message, queue, delay_s(attempt))
            failures.append({"itemIdentifier": message["messageId"]})
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


def _put_off(message: Mapping[str, Any], queue: OrderQueue, wait_s: int) -> None:
    try:
        queue.put_off(message["eventSourceARN"], message["receiptHandle"], wait_s)
    except (AwsRefused, AwsUnreachable) as error:
        # It comes again all the same, when the queue's own time is up.
        logger.error("order not put off", error=type(error).__name__)
