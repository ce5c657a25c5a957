"""A queue of the template's and its function in a simulated time, beside a location in trouble.

Queues, event sources and retries are the template's and the functions' own. What a message comes to
at the table or at Stripe, and how long it takes, is its location's nature.

SQS says that a group with many messages under way is taken after the others', and not from how many
on (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html).
Here it is more than half of all.
"""

import heapq
import itertools
import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from copy import replace
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.record_stripe_event import handler as record_function
from functions.refund_payment import handler as refund_function
from shared.domain.activity.apply_event import APPLIED
from shared.domain.errors import StripeUnavailable
from shared.domain.messages.message import BookingOrder
from shared.workflows.stripe_orders.ordered import Ordered
from shared.workflows.stripe_orders.stripe_order import DONE
from tests.builders import charge, event, messages
from tests.fake_aws import FakeAws
from tests.messages import order_envelope
from tests.template.conftest import Template

NOISY, OTHERS = "noisy", [f"salon-{number:02}" for number in range(40)]
ROUND_S, ROUNDS = 60, 10
RECORD_S, REFUND_S = 1, 2
# Two calls without an answer, each for as long as is waited for it; and those that come at last.
SILENT_S, SLOW_S = 16, 14

type Message = dict[str, Any]
type Arrival = tuple[float, Message]
type Nature = Callable[[], tuple[float, Exception | None]]


def silent() -> tuple[float, Exception | None]:
    """Give no answer."""
    return SILENT_S, StripeUnavailable("no answer")


def slow() -> tuple[float, Exception | None]:
    """Answer at the last moment."""
    return SLOW_S, None


@dataclass
class Waiting:
    """A message in the queue since `at_s`; `attempt` is how often it will have come."""

    at_s: float
    body: Message
    attempt: int
    group: str
    came_s: float


@dataclass
class Queue:
    """A queue of the template's, and the functions that its event source lets run at once."""

    handler: Callable[[Message, Any], Message]
    aws: FakeAws
    context: Any
    workers: int
    batch: int
    group_of: Callable[[Message], str]
    # What one message took, in seconds; the stand-in for its effect writes it.
    took_s: float = 0.0
    done: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    # How long each location's messages took to be done, from when they came.
    waits_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    tried: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._turn = itertools.count()
        self._later: list[tuple[float, int, Waiting]] = []
        self._visible: dict[str, deque[Waiting]] = defaultdict(deque)
        self._running: list[tuple[float, int, list[Waiting]]] = []
        self._under_way: Counter[str] = Counter()

    def put(self, arrivals: Iterable[Arrival]) -> None:
        for at_s, body in arrivals:
            self._put(Waiting(at_s, body, 1, self.group_of(body), at_s))

    def run(self) -> None:
        now_s = 0.0
        while now_s < ROUNDS * ROUND_S and (self._later or self._running):
            now_s = min(each[0][0] for each in (self._later, self._running) if each)
            while self._running and self._running[0][0] <= now_s:
                _, _, ended = heapq.heappop(self._running)
                self._under_way.subtract(each.group for each in ended)
            while self._later and self._later[0][0] <= now_s:
                _, _, come = heapq.heappop(self._later)
                self._visible[come.group].append(come)
            while len(self._running) < self.workers and (batch := self._take()):
                self._work_off(batch, now_s)

    def _put(self, waiting: Waiting) -> None:
        heapq.heappush(self._later, (waiting.at_s, next(self._turn), waiting))

    def _take(self) -> list[Waiting]:
        taken: list[Waiting] = []
        while len(taken) < self.batch and any(self._visible.values()):
            groups = [group for group, waiting in self._visible.items() if waiting]
            group = min(groups, key=lambda each: (self._is_noisy(each), self._oldest_s(each)))
            taken.append(self._visible[group].popleft())
            self._under_way[group] += 1
        return taken

    def _is_noisy(self, group: str) -> bool:
        return self._under_way[group] * 2 > self._under_way.total()

    def _oldest_s(self, group: str) -> float:
        return self._visible[group][0].at_s

    def _work_off(self, batch: list[Waiting], now_s: float) -> None:
        handed = messages(*(json.dumps(each.body) for each in batch))
        for record, each in zip(handed["Records"], batch, strict=True):
            record["attributes"]["ApproximateReceiveCount"] = str(each.attempt)
        self.aws.put_off.clear()
        self.took_s = 0
        answer = self.handler(handed, self.context)
        ends_s = now_s + self.took_s
        heapq.heappush(self._running, (ends_s, next(self._turn), batch))
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        waits_s = iter(self.aws.put_off)
        for place, each in enumerate(batch):
            location_id = each.body["detail"]["location_id"]
            self.tried[location_id] += 1
            if f"message-{place}" in failed:
                again_s = ends_s + next(waits_s)
                self._put(replace(each, at_s=again_s, attempt=each.attempt + 1))
                continue
            self.waits_s[location_id].append(ends_s - each.came_s)
            if ends_s // ROUND_S == each.at_s // ROUND_S:
                self.done[int(ends_s // ROUND_S)].add(location_id)

    def of_others(self) -> list[set[str]]:
        """Return whose message was done in the round in which it came, round by round."""
        return [self.done[at] & set(OTHERS) for at in range(ROUNDS)]


@dataclass(frozen=True)
class Queues:
    """Queues by their names, each with its function's handler; fair where the template says so."""

    aws: FakeAws
    context: Any
    patched: pytest.MonkeyPatch

    def record_webhooks(self, flood: int, *, is_fair: bool = True) -> Queue:
        """Record everybody's webhooks round by round, and a flood of one's from the second on."""
        made = self._make("StripeEvents", "RecordStripeEvent", record_function, is_fair=is_fair)

        def record(*_: Any, **__: Any) -> str:
            made.took_s += RECORD_S
            return APPLIED

        self.patched.setattr(record_function, "record", record)
        made.put((ROUND_S + number / 100, _webhook(NOISY)) for number in range(flood))
        made.put((at * ROUND_S + 5, _webhook(each)) for at in range(ROUNDS) for each in OTHERS)
        made.run()
        return made

    def refund(self, number: int, nature: Nature = silent, *, is_fair: bool = True) -> Queue:
        """Carry out everybody's refunds round by round, and a number of one's, at its Stripe."""
        made = self._make("RefundOrders", "RefundPayment", refund_function, is_fair=is_fair)

        def carry_out(order: BookingOrder, _: Ordered) -> str:
            took_s, refused = nature() if order.location_id == NOISY else (REFUND_S, None)
            made.took_s += took_s
            if refused:
                raise refused
            return DONE

        self.patched.setattr(refund_function, "_carry_out", carry_out)
        made.put((0, _refund(NOISY)) for _ in range(number))
        made.put((at * ROUND_S + 5, _refund(each)) for at in range(ROUNDS) for each in OTHERS)
        made.run()
        return made

    def _make(self, name: str, function: str, handler: Any, *, is_fair: bool) -> Queue:
        template = Template()
        [source] = [
            each["Properties"]
            for each in template.functions()[function]["Events"].values()
            if each["Properties"].get("Queue") == {"Fn::GetAtt": f"{name}.Outputs.Arn"}
        ]
        given = template.nested["order_queue"]["Parameters"]["TenantPath"]["Default"]
        path = template.queues()[name].get("TenantPath", given)

        def group_of(body: Message) -> str:
            found: Any = body
            for step in path.removeprefix("$.").split("."):
                found = found[step]
            return str(found)

        workers = source["ScalingConfig"]["MaximumConcurrency"]
        group = group_of if is_fair else lambda _: ""
        return Queue(handler.handler, self.aws, self.context, workers, source["BatchSize"], group)


def _webhook(location_id: str) -> Message:
    told = event("charge.succeeded", charge())
    detail = {"location_id": location_id, "event": told}
    return {"source": "bookpay.stripe", "detail-type": told["type"], "detail": detail}


def _refund(location_id: str) -> Message:
    return order_envelope("refund_payment", location_id=location_id)
