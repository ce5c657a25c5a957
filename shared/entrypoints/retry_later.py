"""Queue messages that failed: each is retried after a delay that grows with its attempts.

Often a lost race or a single broken connection was all that was wrong while somebody waits for a
confirmation, so the first three retries come after about 5, 10 and 20 seconds. The queue's own
visibility timeout is for messages whose function was killed.
"""

import random
from collections.abc import Mapping
from typing import Any

from shared.adapters.message_queue import MessageQueue
from shared.domain.errors import AwsRefused, AwsUnreachable
from shared.domain.retry_schedule import delay_s
from shared.observability import logger


def attempt_of(message: Mapping[str, Any]) -> int:
    """Return how often a message has been delivered, including this time."""
    return int(message["attributes"]["ApproximateReceiveCount"])


def retry_later(message: Mapping[str, Any], queue: MessageQueue) -> dict[str, str]:
    """Have a message redelivered after its delay; return its entry for `batchItemFailures`.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    wait_s = delay_s(attempt_of(message), random.random())  # noqa: S311 (jitter)
    try:
        queue.put_off(message["eventSourceARN"], message["receiptHandle"], wait_s)
    except (AwsRefused, AwsUnreachable) as error:
        # It is redelivered all the same, after the queue's own visibility timeout.
        logger.error("message not put off", error=type(error).__name__)
    return {"itemIdentifier": message["messageId"]}
