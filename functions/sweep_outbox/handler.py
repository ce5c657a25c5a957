"""Every few minutes: messages still in the outbox, missed or now due, go to the bus."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared import environment
from shared.adapters.outbox import MAX_ENTRIES, Outbox, Waiting
from shared.domain.errors import AwsRefused, AwsUnreachable, WriteConflict
from shared.observability import count, fault, logger, metrics

# The stream takes seconds; what has waited longer was missed.
WAITED = timedelta(minutes=2)
MAX_A_SHARD = 100


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], _context: object) -> dict[str, int]:
    """Publish what has waited for over two minutes, at most 800 messages; return how many."""
    before = f"{datetime.now(UTC) - WAITED:%Y-%m-%dT%H:%M:%SZ}"
    waiting = environment.get(Outbox).find_waiting(before, MAX_A_SHARD)
    refused: list[Waiting] = []
    for start in range(0, len(waiting), MAX_ENTRIES):
        refused += _publish(waiting[start : start + MAX_ENTRIES])
    missed = [message for message in waiting if not message.was_delayed]
    if missed:
        logger.warning("messages had been missed", number=len(missed), refused=len(refused))
        count("MessageMissed", len(missed))
    due = [message for message in waiting if message.was_delayed and message not in refused]
    if due:
        logger.info("delayed messages published", number=len(due))
        count("DelayedMessagePublished", len(due))
    return {"published": len(waiting) - len(refused), "refused": len(refused)}


def _publish(part: list[Waiting]) -> list[Waiting]:
    """Return those of up to ten messages that have to wait until next time."""
    try:
        return environment.get(Outbox).publish(part)
    except (AwsRefused, AwsUnreachable, WriteConflict) as error:
        logger.error("messages not published", number=len(part), **fault(error))
        return part
