"""Orders for reports from the queue: each is built, stored and mailed, or retried on its own."""

import json
import time
from typing import Any

from shared import environment
from shared.adapters.message_queue import MessageQueue
from shared.domain.errors import AwsRefused, AwsUnreachable
from shared.domain.messages.envelopes import read_envelope
from shared.domain.messages.ledger_orders import BuildReport
from shared.entrypoints.retry_later import retry_later
from shared.observability import count, logger, metrics
from shared.workflows.reports.build_report import ReportBuilder


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Build each report of the batch and return the orders to be retried."""
    failures = []
    for message in event["Records"]:
        try:
            order = read_envelope(json.loads(message["body"]), BuildReport)
            end = environment.get(ReportBuilder).build(order, int(time.time()))
        except Exception as error:  # noqa: BLE001
            # It comes again, and after fifteen times waits in the dead-letter queue. No
            # traceback: Stripe's words may quote what was sent. What we say of AWS names the
            # service alone.
            reason = str(error) if isinstance(error, AwsRefused | AwsUnreachable) else ""
            logger.error(
                "report not built",
                message_id=message["messageId"],
                error=type(error).__name__,
                reason=reason,
            )
            count("ReportNotBuilt")
            failures.append(retry_later(message, environment.get(MessageQueue)))
            continue
        logger.info(
            "order of a report",
            outcome=end,
            location_id=order.location_id,
            date=order.date,
            run=order.run,
        )
        count(f"Report{end.capitalize()}")
    return {"batchItemFailures": failures}
