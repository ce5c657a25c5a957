"""A batch of Stripe events from the queue: each is recorded, or retried on its own."""

import json
from typing import Any

from shared import environment
from shared.adapters.event_store import EventStore
from shared.adapters.large_events import LargeEvents
from shared.adapters.message_queue import MessageQueue
from shared.domain.activity.apply_event import APPLIED, NEEDS_ACTION, QUARANTINED
from shared.domain.messages.stripe_event import StripeEventReceived
from shared.domain.typed_json import read_json
from shared.entrypoints.queue_batch import process_batch
from shared.observability import count, logger, metrics
from shared.workflows.stripe_events.record_event import record

# What the dashboard shows of money; an event that comes again counts once.
MONEY = {
    "charge.succeeded": "PaymentRecorded",
    "refund.created": "RefundRecorded",
    "charge.dispute.created": "DisputeRecorded",
}


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Record each event of the batch and return those to be retried."""
    return process_batch(
        event, _record_message, environment.get(MessageQueue), failure="event not recorded"
    )


def _record_message(envelope: dict[str, Any], _attempt: int) -> None:
    received = read_json(StripeEventReceived, envelope["detail"], "/detail")
    location_id, stripe_event = received.location_id, received.event
    if stripe_event is None:
        stripe_event = json.loads(environment.get(LargeEvents).get(received.event_ref or ""))
        logger.set_correlation_id(stripe_event["id"])
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
    is_replay = "replay-name" in envelope
    outcome = record(location_id, stripe_event, environment.get(EventStore), is_replay=is_replay)
    facts: dict[str, Any] = {
        "location_id": location_id,
        "event_id": stripe_event["id"],
        "type": stripe_event["type"],
        "outcome": outcome,
    }
    if outcome in NEEDS_ACTION:
        logger.warning("event needs action", **facts)
        count("EventNeedsAction")
    elif outcome == QUARANTINED:
        # The location has to correct what it sends: no alarm.
        logger.warning("event of another account", **facts)
        count("EventQuarantined")
    else:
        logger.info("event recorded", **facts)
        count("EventRecorded")
        if outcome == APPLIED and not is_replay and stripe_event["type"] in MONEY:
            count(MONEY[stripe_event["type"]])
