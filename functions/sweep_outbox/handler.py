"""Every few minutes: messages still in the outbox, missed or now due, go to the bus."""

import time
from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from msgspec import Struct

from shared import environment
from shared.adapters.outbox import MAX_ENTRIES, Outbox, Waiting
from shared.domain.dates.instants import rfc3339
from shared.domain.errors import AwsRefused, AwsUnreachable, WriteConflict
from shared.observability import count, fault, logger, metrics

# The stream takes seconds; what has waited longer was missed.
WAITED_S = 2 * 60
MAX_A_SHARD = 100
# The function may run for 60 s: the rest waits for the next run.
MAX_S = 45


class _Counts(Struct):
    published: int = 0
    refused: int = 0
    missed: int = 0
    due: int = 0


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Publish what has waited for over two minutes, oldest first; return how many."""
    logger.set_correlation_id(context.aws_request_id)
    started = time.monotonic()
    before = rfc3339(int(time.time()) - WAITED_S)
    counts = _Counts()
    for part in _parts(before):
        refused = _publish(part)
        counts.published += len(part) - len(refused)
        counts.refused += len(refused)
        counts.missed += sum(not message.was_delayed for message in part)
        counts.due += sum(message.was_delayed and message not in refused for message in part)
        if time.monotonic() - started > MAX_S:
            logger.warning("messages wait for the next run")
            break
    if counts.missed:
        logger.warning("messages had been missed", number=counts.missed, refused=counts.refused)
        count("MessageMissed", counts.missed)
    if counts.refused:
        count("MessageNotPublished", counts.refused)
    if counts.due:
        logger.info("delayed messages published", number=counts.due)
        count("DelayedMessagePublished", counts.due)
    return {"published": counts.published, "refused": counts.refused}


def _parts(before: str) -> Iterator[list[Waiting]]:
    """Yield what is published together, oldest first."""
    for waiting in environment.get(Outbox).find_waiting(before, MAX_A_SHARD):
        for start in range(0, len(waiting), MAX_ENTRIES):
            yield waiting[start : start + MAX_ENTRIES]


def _publish(part: list[Waiting]) -> list[Waiting]:
    """Return those of up to ten messages that have to wait until next time."""
    try:
        return environment.get(Outbox).publish(part)
    except (AwsRefused, AwsUnreachable, WriteConflict) as error:
        logger.error(
            "messages not published", of=[each.correlation_id for each in part], **fault(error)
        )
        return part
