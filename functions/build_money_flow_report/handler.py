"""Orders for reports from the queue: each is built, stored and mailed, or retried on its own."""

import time
from typing import Any

from shared import environment
from shared.adapters.message_queue import MessageQueue
from shared.domain.messages.envelopes import read_envelope
from shared.domain.messages.ledger_orders import BuildReport
from shared.entrypoints.queue_batch import process_batch
from shared.observability import count, logger, metrics
from shared.workflows.reports.build_report import ReportBuilder


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Build each report of the batch and return the orders to be retried."""
    return process_batch(event, _build, environment.get(MessageQueue), failure="report not built")


def _build(envelope: dict[str, Any], _attempt: int) -> None:
    order = read_envelope(envelope, BuildReport)
    end = environment.get(ReportBuilder).build(order, int(time.time()))
    logger.info(
        "order of a report",
        outcome=end,
        location_id=order.location_id,
        date=order.date,
        run=order.run,
    )
    count(f"Report{end.capitalize()}")
