"""Real input: every recorded body, freshly signed, with a fresh id, through the whole system."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from shared.domain.stripe_event_types import is_consumed
from tests.stack.running_stack import Stack
from tests.stack.stripe_sender import fresh_id
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack

EVENTS = Path(__file__).resolve().parents[3] / "shared" / "stripe" / "events"
ACCEPTED, DOCUMENTED = 200, {"invalid_payload", "mode_mismatch"}


def with_fresh_id(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "id": fresh_id("evt")}


@pytest.mark.skipif(not EVENTS.is_dir(), reason="the recorded events stand beside the repository")
def test_every_recorded_body_is_taken_or_refused_as_documented_and_none_is_given_up(
    stack: Stack, record_property: Any
) -> None:
    sender = stack.sender()
    led_to: Counter[str] = Counter()
    consumed: dict[str, str] = {}
    for file in sorted(EVENTS.rglob("*.json")):
        body = with_fresh_id(json.loads(file.read_text()))
        # Samples of the Dashboard are of live accounts here and there: said as Stripe says it.
        answer = sender.send({**body, "livemode": False})
        told = answer.json()
        name = f"{body['type']}: {answer.status_code} {told.get('code', '')}".rstrip()
        led_to[name] += 1
        assert answer.status_code == ACCEPTED or told["code"] in DOCUMENTED, (file, told)
        if answer.status_code == ACCEPTED and is_consumed(body["type"]):
            consumed[body["id"]] = body["type"]

    outputs = stack.described["outputs"]

    def all_recorded() -> Counter[str] | None:
        table = stack.aws("dynamodb")
        outcomes: Counter[str] = Counter()
        for event_id, event_type in consumed.items():
            key = {"pk": {"S": f"demo#event#test#{event_id}"}, "sk": {"S": "event"}}
            item = table.get_item(TableName=outputs["BookingsTable"], Key=key).get("Item")
            if item is None:
                return None
            outcomes[f"{event_type}: {json.loads(item['body']['S'])['outcome']}"] += 1
        return outcomes

    outcomes = wait_until(all_recorded, f"{len(consumed)} events recorded")
    wait_until(
        lambda: True if stack.messages_in(outputs["StripeEventsQueueUrl"]) == 0 else None,
        "the queue is empty",
    )
    time.sleep(1)
    assert stack.messages_in(outputs["StripeEventsDeadQueueUrl"]) == 0
    record_property("answers", json.dumps(led_to, sort_keys=True))
    print(f"\n{sum(led_to.values())} bodies, {len(consumed)} consumed")  # noqa: T201 (the count is the result)
    for line, number in sorted((led_to + outcomes).items()):
        print(f"  {number:3} {line}")  # noqa: T201
