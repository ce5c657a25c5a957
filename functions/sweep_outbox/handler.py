"""Every few minutes: what still waits in the outbox, for whatever reason, goes to the bus."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from shared.adapters.outbox import MAX_ENTRIES, Outbox, Waiting
from shared.config import load_config
from shared.domain.errors import AwsRefused, AwsUnreachable, WriteConflict
from shared.observability import count, logger, metrics

# The stream needs seconds; what waits longer was missed.
WAITED = timedelta(minutes=2)
MAX_A_SHARD = 100


@cache
def _outbox() -> Outbox:
    return Outbox(load_config())


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], _context: object) -> dict[str, int]:
    """Publish what waits for more than two minutes, 800 messages at the most, and say how many."""
    before = f"{datetime.now(UTC) - WAITED:%Y-%m-%dT%H:%M:%SZ}"
    waiting = _outbox().find_waiting(before, MAX_A_SHARD)
    refused = 0
    for start in range(0, len(waiting), MAX_ENTRIES):
        refused += _publish(waiting[start : start + MAX_ENTRIES])
    if waiting:
        logger.warning("messages had been missed", number=len(waiting), refused=refused)
        count("MessageMissed", len(waiting))
    return {"published": len(waiting) - refused, "refused": refused}


def _publish(part: list[Waiting]) -> int:
    """Return how many of up to ten messages wait for the next time: the other parts go on."""
    try:
        return len(_outbox().publish(part))
    except (AwsRefused, AwsUnreachable, WriteConflict):
        logger.exception("messages not published", number=len(part))
        return len(part)
