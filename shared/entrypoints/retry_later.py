"""Messages of a queue that failed: each comes again after a wait that grows with its tries.

Somebody waits for a confirmation where a lost race or one broken connection was all that was wrong:
the first three come after about 5, 10 and 20 seconds. The queue's own time is for messages whose
function was ended.
"""

import random
from collections.abc import Mapping
from typing import Any

from shared.adapters.message_queue import MessageQueue
from shared.domain.errors import AwsRefused, AwsUnreachable
from shared.domain.retry_schedule import delay_s
from shared.observability import logger


def attempt_of(message: Mapping[str, Any]) -> int:
    """Return how often a message has been handed over, this time included."""
    return int(message["attributes"]["ApproximateReceiveCount"])


def put_off(message: Mapping[str, Any], queue: MessageQueue) -> dict[str, str]:
    """Let a message come again after its wait; return what names it in `batchItemFailures`.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    wait_s = delay_s(attempt_of(message), random.random())  # noqa: S311 (jitter)
    try:
        queue.put_off(message["eventSourceARN"], message["receiptHandle"], wait_s)
    except (AwsRefused, AwsUnreachable) as error:
        # It comes again all the same, when the queue's own time is up.
        logger.error("message not put off", error=type(error).__name__)
    return {"itemIdentifier": message["messageId"]}
