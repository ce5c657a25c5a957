"""A flood, or a Stripe without answers, at one location: the others' are done in the same rounds.

Queues, event sources and retries are the template's and the functions' own, in a simulated time.
What a message comes to at the table or at Stripe, and how long it takes, is its location's nature.

SQS says that a group with many messages under way is taken after the others', and not from how many
on (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html).
Here it is more than half of all.
"""

import heapq
import itertools
import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
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

pytestmark = pytest.mark.enable_socket
NOISY, OTHERS = "noisy", [f"salon-{number:02}" for number in range(40)]
ROUND_S, ROUNDS = 60, 10
RECORD_S, REFUND_S = 1, 2
# Two calls without an answer, each for as long as is waited for it.
SILENT_S = 16
FLOOD, SILENT_ORDERS = 6_000, 400

type Message = dict[str, Any]
type Arrival = tuple[float, Message]


@dataclass
class Waiting:
    """A message in the queue; `attempt` is how often it will have come."""

    at_s: float
    body: Message
    attempt: int
    group: str


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
    tried: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._turn = itertools.count()
        self._later: list[tuple[float, int, Waiting]] = []
        self._visible: dict[str, deque[Waiting]] = defaultdict(deque)
        self._running: list[tuple[float, int, list[Waiting]]] = []
        self._under_way: Counter[str] = Counter()

    def put(self, arrivals: Iterable[Arrival]) -> None:
        for at_s, body in arrivals:
            self._put(Waiting(at_s, body, 1, self.group_of(body)))

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
                self._put(Waiting(again_s, each.body, each.attempt + 1, each.group))
            elif ends_s // ROUND_S == each.at_s // ROUND_S:
                self.done[int(ends_s // ROUND_S)].add(location_id)

    def of_others(self) -> list[set[str]]:
        """Return whose message was done in the round in which it came, round by round."""
        return [self.done[at] & set(OTHERS) for at in range(ROUNDS)]


@pytest.fixture
def queue(aws: FakeAws, context: Any) -> Callable[..., Queue]:
    """A queue by its name, with its function's handler; it is fair where the template says so."""
    template = Template()

    def make(name: str, function: str, handler: Any, *, is_fair: bool = True) -> Queue:
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
        return Queue(handler.handler, aws, context, workers, source["BatchSize"], group)

    return make


# ------------------------------------------------------------------ webhooks


def webhook(location_id: str) -> Message:
    told = event("charge.succeeded", charge())
    detail = {"location_id": location_id, "event": told}
    return {"source": "bookpay.stripe", "detail-type": told["type"], "detail": detail}


@pytest.fixture
def webhooks(queue: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Queue]:
    def make(flood: int, *, is_fair: bool = True) -> Queue:
        made: Queue = queue("StripeEvents", "RecordStripeEvent", record_function, is_fair=is_fair)

        def record(*_: Any, **__: Any) -> str:
            made.took_s += RECORD_S
            return APPLIED

        monkeypatch.setattr(record_function, "record", record)
        # It begins in the second round.
        made.put((ROUND_S + number / 100, webhook(NOISY)) for number in range(flood))
        made.put((at * ROUND_S + 5, webhook(each)) for at in range(ROUNDS) for each in OTHERS)
        made.run()
        return made

    return make


def test_a_flood_of_one_locations_webhooks_keeps_no_other_waiting(webhooks: Any) -> None:
    alone, beside = webhooks(0), webhooks(FLOOD)
    assert alone.of_others() == beside.of_others() == [set(OTHERS)] * ROUNDS
    assert beside.tried[NOISY] == FLOOD, "and is recorded meanwhile"


def test_without_groups_the_others_would_wait_for_it(webhooks: Any) -> None:
    assert webhooks(FLOOD, is_fair=False).of_others()[2] == set()


# ------------------------------------------------------------------ refunds


@pytest.fixture
def refunds(queue: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Queue]:
    def make(silent: int, *, is_fair: bool = True) -> Queue:
        made: Queue = queue("RefundOrders", "RefundPayment", refund_function, is_fair=is_fair)

        def carry_out(order: BookingOrder, _: Ordered) -> str:
            if order.location_id == NOISY:
                made.took_s += SILENT_S
                raise StripeUnavailable("no answer")
            made.took_s += REFUND_S
            return DONE

        def order(location_id: str) -> Message:
            return order_envelope("refund_payment", location_id=location_id)

        monkeypatch.setattr(refund_function, "_carry_out", carry_out)
        made.put((0, order(NOISY)) for _ in range(silent))
        made.put((at * ROUND_S + 5, order(each)) for at in range(ROUNDS) for each in OTHERS)
        made.run()
        return made

    return make


def test_a_silent_stripe_at_one_location_keeps_no_others_refund_waiting(refunds: Any) -> None:
    alone, beside = refunds(0), refunds(SILENT_ORDERS)
    assert alone.of_others() == beside.of_others() == [set(OTHERS)] * ROUNDS
    # Not one of its own is done, and each is tried.
    assert NOISY not in set().union(*beside.done.values())
    assert beside.tried[NOISY] > 0


def test_without_groups_the_others_refunds_would_wait_for_it(refunds: Any) -> None:
    assert refunds(SILENT_ORDERS, is_fair=False).of_others()[0] == set()
