"""A batch of messages from a queue: each is processed by itself, or delivered again later.

Often a lost race or a single broken connection was all that was wrong while somebody waits for a
confirmation, so the first three retries come after about 5, 10 and 20 seconds. What AWS refuses no
wait mends: it comes again every half minute, so that it is soon among the dead letters, where its
alarm is, and can be redriven once the cause is mended. The queue's own visibility timeout is for
messages whose function was killed.
"""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from shared.adapters.message_queue import MessageQueue
from shared.domain.errors import (
    AwsRefused,
    AwsUnreachable,
    StripeUnavailable,
    WriteConflict,
)
from shared.domain.retry_schedule import delay_s
from shared.observability import count, fault, logger

# What passes by itself.
PASSING = (AwsUnreachable, StripeUnavailable, WriteConflict)
# Ten deliveries take five minutes: time enough for a deployment that is under way to end.
REFUSED_DELAY_S = 30


def process_batch(
    event: Mapping[str, Any],
    process: Callable[[dict[str, Any], int], None],
    queue: MessageQueue,
    *,
    failure: str,
) -> dict[str, Any]:
    """Process each message of a batch and return those to be delivered again.

    `process` gets a message's body and how often it has been delivered, including this time; an
    error of one holds up no other. `failure` is what the log says then, such as `mail not sent`,
    and counted as, `MailNotSent`.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    failures = []
    for message in event["Records"]:
        attempt = int(message["attributes"]["ApproximateReceiveCount"])
        logger.set_correlation_id(message["messageId"])
        try:
            envelope = json.loads(message["body"])
            logger.set_correlation_id(_correlation_id(envelope) or message["messageId"])
            process(envelope, attempt)
        except Exception as error:  # noqa: BLE001
            log = logger.warning if isinstance(error, PASSING) else logger.error
            log(failure, message_id=message["messageId"], attempt=attempt, **fault(error))
            count("".join(map(str.capitalize, failure.split())))
            _put_off(message, queue, _delay_s(error, attempt))
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def _correlation_id(envelope: Mapping[str, Any]) -> str | None:
    """Return what a message says that it follows from; one of Stripe's events is its own beginning.

    A large event's id is known once it was fetched, and an earlier release sent no such id.
    """
    detail = envelope.get("detail") or {}
    found = detail.get("correlation_id") or (detail.get("event") or {}).get("id")
    return found if isinstance(found, str) else None


def _delay_s(error: Exception, attempt: int) -> int:
    if isinstance(error, AwsRefused):
        return REFUSED_DELAY_S
    return delay_s(attempt, random.random())  # noqa: S311 (jitter)


def _put_off(message: Mapping[str, Any], queue: MessageQueue, wait_s: int) -> None:
    try:
        queue.put_off(message["eventSourceARN"], message["receiptHandle"], wait_s)
    except (AwsRefused, AwsUnreachable) as error:
        # It is delivered again all the same, after the queue's own visibility timeout.
        logger.error("message not put off", **fault(error))
