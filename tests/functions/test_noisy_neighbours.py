"""A location's trouble is its own: the others' syncs are done in the same rounds as without it.

Ticks, queue, retries and marks are the deployment's own; a few workers take what is visible in the
order of the queue, in a simulated time. What a sync at Stripe comes to, and how long it takes, is
each location's nature.
"""

import heapq
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Callable
from copy import replace
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.start_syncs import handler as tick_function
from functions.sync_ledger import handler as sync_function
from shared import environment
from shared.adapters.activity_marks import activity_key
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.budget_store import BudgetStore
from shared.adapters.link_key import LinkKey
from shared.adapters.location_store import LocationStore, location_put
from shared.adapters.stripe_api import NETWORK_RETRIES, TIMEOUT_S, StripeApi
from shared.adapters.sync_schedule import account_of
from shared.adapters.sync_state import SyncState
from shared.config import Config, load_config
from shared.domain.dates.instants import HOUR_S
from shared.domain.errors import (
    StripeKeyRefused,
    StripeTooSlow,
    StripeUnavailable,
    TooManyRequests,
)
from shared.workflows.bookings.admission import SessionBudget
from shared.workflows.ledger.open_account import GIVES_UP_AFTER_S
from shared.workflows.ledger.sync_ledger import DONE, LedgerSync, SyncOutcome
from tests.builders import booking, messages
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import DEMO
from tests.surroundings.morning import now as now  # noqa: PLC0414
from tests.template.conftest import Template

pytestmark = pytest.mark.enable_socket
NOW_S = 1_800_000_000
WORKERS, ROUNDS, SYNC_S = 3, 5, 60
# Two calls without an answer, each for as long as is waited for it.
SILENT_S = 16


def well(_hour: int) -> int:
    return SYNC_S


def with_a_dead_key(_hour: int) -> int:
    raise StripeKeyRefused("the key was revoked", code="api_key_expired")


def with_a_silent_stripe(_hour: int) -> int:
    raise StripeUnavailable("no answer")


def with_a_long_list(_hour: int) -> int:
    """A flood of payments: each of its syncs takes all the time that one has."""
    return 240


def with_a_slow_stripe(_hour: int) -> int:
    raise StripeTooSlow("it took all of the time")


NATURES = [with_a_slow_stripe, with_a_dead_key, with_a_silent_stripe, with_a_long_list]
OTHERS = [f"salon-{number:02}" for number in range(40)]


@dataclass
class Town:
    """The deployment's syncs, hour by hour; `natures` are of those that are not well."""

    aws: FakeAws
    context: Any
    config: Config
    now: Any
    natures: dict[str, Callable[[int], int]] = field(default_factory=dict)
    done: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    tried: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        self._queue: list[tuple[float, int, dict[str, Any], int]] = []
        self._turn = itertools.count()
        self._hour, self._took_s = 0, 0.0
        self._state = SyncState(self.config)
        names = [*OTHERS, *self.natures]
        self._locations = {name: replace(DEMO, location_id=name) for name in names}
        table = BookingsTable(self.config)
        for each in self._locations.values():
            table.put([location_put(each, 0)])

    def sync(self, location_id: str, until_s: int, *_: Any, **__: Any) -> SyncOutcome:
        """Be `LedgerSync.sync`: take a while, and end as the location's nature is."""
        self._took_s = SILENT_S
        self.tried[location_id] += 1
        self._took_s = self.natures.get(location_id, well)(self._hour)
        account = account_of(self._locations[location_id])
        begun = self._state.read_position(account, activity_key(location_id))
        self._state.move_cursor(account, begun, until_s, is_open=True)
        self.done[self._hour].add(location_id)
        return SyncOutcome(DONE)

    def live(self) -> None:
        for self._hour in range(ROUNDS):
            self.now.now_s = NOW_S + self._hour * HOUR_S
            self.aws.messages.clear()
            tick_function.handler({}, self.context)
            for _, order in self.aws.messages:
                self._put(self.now.now_s, order, 1)
            self._work(until_s=self.now.now_s + HOUR_S)

    def _put(self, at_s: float, order: dict[str, Any], attempt: int) -> None:
        heapq.heappush(self._queue, (at_s, next(self._turn), order, attempt))

    def _work(self, until_s: int) -> None:
        free = [float(self.now.now_s)] * WORKERS
        heapq.heapify(free)
        while self._queue:
            at_s, _, order, attempt = self._queue[0]
            begins_s = max(at_s, free[0])
            if begins_s >= until_s:
                return
            heapq.heappop(self._queue)
            heapq.heappop(free)
            self.now.now_s = int(begins_s)
            self.aws.put_off.clear()
            answer = sync_function.handler(
                messages(json.dumps(order), attempt=attempt), self.context
            )
            heapq.heappush(free, begins_s + self._took_s)
            if answer["batchItemFailures"]:
                [wait_s] = self.aws.put_off
                self._put(begins_s + self._took_s + wait_s, order, attempt + 1)


@pytest.fixture
def live(
    places: LocationStore, aws: FakeAws, context: Any, config: Config, now: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[dict[str, Any]], Town]:  # fmt: skip
    del places
    environment.forget()

    def make(natures: dict[str, Any]) -> Town:
        town = Town(aws, context, config, now, natures)
        monkeypatch.setitem(environment._made, LedgerSync, town)
        town.live()
        return town

    return make


def of_others(town: Town) -> list[set[str]]:
    return [town.done[hour] & set(OTHERS) for hour in range(ROUNDS)]


def test_the_others_syncs_are_done_in_the_same_rounds_as_without_it(
    live: Callable[[dict[str, Any]], Town],
) -> None:
    """The workers are busy for a quarter of each hour with the others alone."""
    assert of_others(live({})) == [set(OTHERS)] * ROUNDS


@pytest.mark.parametrize("nature", NATURES, ids=lambda each: each.__name__)
def test_so_they_are_beside_a_location(
    live: Callable[[dict[str, Any]], Town], nature: Callable[[int], int]
) -> None:
    town = live({"noisy": nature})
    assert of_others(town) == [set(OTHERS)] * ROUNDS
    # It is tried in each round, and by the retries of one order alone.
    most = 8 if nature is with_a_silent_stripe else 1
    assert ROUNDS <= town.tried["noisy"] <= most * ROUNDS


def test_a_slow_account_is_given_up_before_its_sync_is_ended_and_somebody_woken() -> None:
    """Bug: the function was ended, after a hundred slow calls, and everybody's alarm rang."""
    function = Template().functions()["SyncLedger"]
    assert function["Timeout"] > GIVES_UP_AFTER_S + TIMEOUT_S * (1 + NETWORK_RETRIES)
    stripe = StripeApi("sk_test_slow", "http://127.0.0.1:9", ask_until_s=time.monotonic() - 1)
    with pytest.raises(StripeTooSlow, match="no time"):
        stripe.get_balance()


def test_so_they_are_beside_all_of_these_at_once(live: Callable[[dict[str, Any]], Town]) -> None:
    town = live({f"noisy-{at}": nature for at, nature in enumerate(NATURES)})
    assert of_others(town) == [set(OTHERS)] * ROUNDS


def test_whoever_floods_one_locations_page_is_nobody_known_at_the_next(
    places: LocationStore, aws: FakeAws, config: Config
) -> None:
    """What an address may open is counted at each location by itself."""
    del places
    aws.secrets["bookpay/link-key"] = "the key of the links"
    noisy, quiet = (
        SessionBudget(
            BudgetStore(config),
            LinkKey(load_config()),
            replace(DEMO, location_id=name, holds_per_address=1),
            "203.0.113.9",
        )
        for name in ("noisy", "quiet")
    )
    # Four sessions for each slot that it may keep.
    for number in range(4):
        noisy.spend(booking(f"bk_{number}"), 1, NOW_S)
    with pytest.raises(TooManyRequests):
        noisy.spend(booking("bk_4"), 1, NOW_S)
    quiet.spend(booking("bk_1"), 1, NOW_S)
