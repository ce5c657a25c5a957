"""Whole events, freshly signed, with a fresh id, through the whole system."""

import json
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from shared.domain.stripe_facts.event_types import CONSUMED_EVENT_TYPES, is_consumed
from tests.consumed_events import simulated
from tests.stack.running_stack import Stack
from tests.stack.stripe_sender import fresh_id
from tests.stack.waiting import wait_until
from tests.stripe_data import RECORDED_EVENTS, needs_stripe_data

pytestmark = pytest.mark.stack

ACCEPTED, DOCUMENTED = 200, {"invalid_payload", "mode_mismatch"}
type Body = dict[str, Any]


def with_fresh_id(body: Body) -> Body:
    return {**body, "id": fresh_id("evt")}


def send_all(stack: Stack, bodies: Iterable[Body]) -> tuple[Counter[str], dict[str, str]]:
    """Send each; give how many were answered how, and the consumed ones' types by id."""
    sender = stack.sender()
    answers: Counter[str] = Counter()
    consumed: dict[str, str] = {}
    for each in bodies:
        body = with_fresh_id(each)
        # Samples of the Dashboard are of live accounts here and there: said as Stripe says it.
        answer = sender.send({**body, "livemode": False})
        told = answer.json()
        answers[f"{body['type']}: {answer.status_code} {told.get('code', '')}".rstrip()] += 1
        assert answer.status_code == ACCEPTED or told["code"] in DOCUMENTED, (each["id"], told)
        if answer.status_code == ACCEPTED and is_consumed(body["type"]):
            consumed[body["id"]] = body["type"]
    return answers, consumed


def outcomes_of(stack: Stack, consumed: dict[str, str]) -> Counter[str]:
    """Wait until all are recorded and none waits or was given up; count the outcomes."""
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
    return outcomes


def test_an_event_of_each_consumed_type_is_taken_and_recorded(stack: Stack) -> None:
    newest = {event["type"]: event for event in simulated().consumed()}
    assert newest.keys() == CONSUMED_EVENT_TYPES
    answers, consumed = send_all(stack, newest.values())
    assert answers == Counter(f"{event_type}: {ACCEPTED}" for event_type in newest)
    assert outcomes_of(stack, consumed).total() == len(newest)


@needs_stripe_data
def test_every_recorded_body_is_taken_or_refused_as_documented_and_none_is_given_up(
    stack: Stack, record_property: Any
) -> None:
    files = sorted(RECORDED_EVENTS.rglob("*.json"))
    answers, consumed = send_all(stack, (json.loads(file.read_text()) for file in files))
    outcomes = outcomes_of(stack, consumed)
    record_property("answers", json.dumps(answers, sort_keys=True))
    print(f"\n{answers.total()} bodies, {len(consumed)} consumed")  # noqa: T201 (the count is the result)
    for line, number in sorted((answers + outcomes).items()):
        print(f"  {number:3} {line}")  # noqa: T201
