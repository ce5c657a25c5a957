"""What became of every payment, looked at one by one: none is lost, and none is there twice."""

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.benchmarks.load_visits import Paid, Step
from tests.stack.broken import DEAD, queues_of
from tests.stack.money_calls import Desk
from tests.stack.running_stack import Stack

DESKS = 4
CONFLICTS = frozenset({"WriteConflict", "PutRefused", "TransactionUnderWay"})
RECORDING = "record-stripe-event"


@dataclass(frozen=True)
class Counted:
    """Of payments that were sent: how many are missing, how many are there more than once."""

    sent: int
    lost: int
    twice: int


def count_payments(stack: Stack, paid: Sequence[Paid], step: Step) -> Counted:
    """Read every booking as staff do, and hold it against what Stripe has told."""
    token = stack.sign_in("demo:manager")

    def judge_share(at: int) -> Counter[str]:
        found: Counter[str] = Counter()
        desk = Desk(stack.client())
        desk.api.headers["authorization"] = f"Bearer {token}"
        for each in paid[at::DESKS]:
            found[_judge(desk, each)] += 1
            step()
        return found

    with ThreadPoolExecutor(DESKS) as desks:
        found = sum(desks.map(judge_share, range(DESKS)), Counter[str]())
    return Counted(len(paid), found["lost"], found["twice"])


def _judge(desk: Desk, paid: Paid) -> str:
    shown = desk.read(paid.booking_id)
    charges = [each["charge"] for each in shown["payments"]]
    told = Counter(each.get("event_id") for each in shown["timeline"])
    applied = [told[each["id"]] for each in paid.events]
    if charges.count(paid.charge) == 0 or 0 in applied:
        return "lost"
    is_once = charges == [paid.charge] and shown["amount_captured"] == paid.amount_minor
    return "once" if is_once and set(applied) == {1} else "twice"


def dead_letters(stack: Stack) -> int:
    """Return how many messages all queues have given up."""
    outputs = stack.described["outputs"]
    return sum(stack.messages_in(outputs[f"{name}{DEAD}"]) for name in queues_of(stack))


def put_off(stack: Stack) -> Counter[str]:
    """Return how many events were put off, by the error that outlived its retries."""
    logs = stack.aws("logs")
    [group] = logs.describe_log_groups(logGroupNamePattern=RECORDING)["logGroups"]
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group["logGroupName"], filterPattern='"event not recorded"'
    )
    return Counter(json.loads(e["message"])["error"] for page in pages for e in page["events"])
