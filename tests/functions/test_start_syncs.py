"""Syncs are ordered in parts, each location's once, and what a tick leaves the next one does."""

from collections import Counter
from collections.abc import Callable, Iterator
from copy import replace
from typing import Any

import pytest

from functions.start_syncs import handler as function
from shared import environment
from shared.adapters import location_store
from shared.adapters.activity_marks import activity_put
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.location_store import LocationStore, location_put
from shared.adapters.sync_schedule import SyncSchedule, account_of
from shared.adapters.sync_state import SyncState
from shared.config import Config, load_config
from shared.domain.dates.instants import HOUR_S
from shared.domain.errors import AwsUnreachable
from shared.domain.locations.location import Location
from shared.domain.messages.envelopes import read_envelope
from shared.domain.messages.ledger_orders import SyncLedger
from shared.workflows.locations import in_parts
from shared.workflows.locations.in_parts import MAX_S, LocationsInParts, Part
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import DEMO, TableInMoto
from tests.surroundings.morning import now as now  # noqa: PLC0414
from tests.surroundings.units import Cost, Meter

pytestmark = pytest.mark.enable_socket
NOW_S = 1_800_000_000
SALONS = [
    replace(DEMO, location_id=f"salon-{number:02}", created_at_s=DEMO.created_at_s + number // 5)
    for number in range(23)
]


class Ticks:
    """The function, the orders that it sends, and the syncs that come of them."""

    def __init__(self, aws: FakeAws, context: Any, config: Config, now: Any) -> None:
        self._aws, self._context, self.now = aws, context, now
        self.table = BookingsTable(config)
        self.schedule, self._state = SyncSchedule(config), SyncState(config)

    def tick(self, part: int = 0, parts: int = 1) -> list[str]:
        """Let a tick come, and return whom it has ordered."""
        self._aws.messages.clear()
        told = function.handler({"part": part, "parts": parts}, self._context)
        ordered = [read_envelope(each, SyncLedger) for _, each in self._aws.messages]
        assert told == {"ordered": len(ordered)}
        return [each.location_id for each in ordered]

    def done(self, location: Location = DEMO, *, is_open: bool = False) -> None:
        """Let a location be synced now."""
        account = account_of(location)
        begun = self._state.read_position(account, activity_put(location.location_id, 0).key)
        self._state.move_cursor(account, begun, self.now.now_s, is_open=is_open)

    def active(self, until_s: int) -> None:
        self.table.put([activity_put("demo", until_s)])


@pytest.fixture
def ticks(places: LocationStore, aws: FakeAws, context: Any, config: Config, now: Any) -> Ticks:
    del places
    now.now_s = NOW_S
    return Ticks(aws, context, config, now)


@pytest.fixture
def salons(ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Twenty-three more locations, in pages of five."""
    ticks.table.put([location_put(each, 0) for each in SALONS])
    for module in (location_store, in_parts):
        monkeypatch.setattr(module, "PAGE", 5)
    return sorted([each.location_id for each in SALONS] + ["demo", "other"])


def test_each_location_is_ordered_once_page_by_page(ticks: Ticks, salons: list[str]) -> None:
    assert sorted(ticks.tick()) == salons


def test_each_location_is_of_one_part_whatever_their_number(
    ticks: Ticks, salons: list[str]
) -> None:
    ordered = [ticks.tick(part, 4) for part in range(4)]
    assert sorted(name for part in ordered for name in part) == salons
    assert all(ordered), "every part has something to do"


def test_nothing_is_ordered_again_while_its_last_order_is_open(ticks: Ticks) -> None:
    """Bug: whoever waited longer than an hour was ordered again every hour, and the queue grew."""
    assert ticks.tick() == ["demo", "other"]
    for _ in range(5):
        ticks.now.now_s += HOUR_S
        assert ticks.tick() == []
    # Whatever became of it: it counts as lost.
    ticks.now.now_s += HOUR_S
    assert ticks.tick() == ["demo", "other"]


def test_a_location_is_synced_hourly_while_something_can_move_and_else_daily(ticks: Ticks) -> None:
    def hours_until_ordered() -> int:
        for hours in range(1, 30):
            ticks.now.now_s += HOUR_S
            if "demo" in ticks.tick():
                return hours
        raise AssertionError

    ticks.active(NOW_S)
    ticks.done(is_open=True)
    assert hours_until_ordered() == 1
    ticks.done()
    assert hours_until_ordered() == 24
    ticks.done()
    ticks.active(ticks.now.now_s + 2 * HOUR_S)
    assert hours_until_ordered() == 1


def test_an_order_of_a_former_account_is_none_of_the_present_ones(
    ticks: Ticks, places: LocationStore
) -> None:
    ticks.tick()
    places.save_location(replace(DEMO, stripe_account_id="acct_2"))
    assert ticks.tick() == ["demo"]


def test_an_order_that_ended_without_a_sync_is_given_again(ticks: Ticks) -> None:
    ticks.tick()
    ticks.schedule.forget_sync("demo")
    assert ticks.tick() == ["demo"]


def test_a_queue_that_does_not_take_each_order_fails_the_tick_and_the_next_one_orders_all(
    ticks: Ticks, aws: FakeAws
) -> None:
    aws.fail("SendMessageBatch", (200, b'{"Successful": [{"Id": "0"}], "Failed": [{"Id": "1"}]}'))
    with pytest.raises(AwsUnreachable):
        ticks.tick()
    assert ticks.tick() == ["demo", "other"]


def test_a_location_that_cannot_be_read_keeps_no_other_waiting(
    ticks: Ticks, capsys: pytest.CaptureFixture[str]
) -> None:
    put = location_put(SALONS[0], 0)
    ticks.table.put([replace(put, body={"location_id": "salon-00"})])
    assert ticks.tick() == ["demo", "other"]
    assert "TickUnfinished" in capsys.readouterr().out


def test_an_idle_location_costs_the_hourly_tick_hundredths_of_a_call(
    ticks: Ticks, table: TableInMoto, clients: dict[Any, Any], aws: FakeAws
) -> None:
    """A hundred locations: where it goes on, a page of the list, and three pages of what is known.

    What is ordered adds a call for each ten, and one for each twenty-five.
    """
    many = [replace(DEMO, location_id=f"salon-{number:03}") for number in range(98)]
    ticks.table.put([location_put(each, 0) for each in many[:49]])
    ticks.table.put([location_put(each, 0) for each in many[49:]])
    meter = Meter(table, clients)
    before = aws.calls.total()
    with meter.counting():
        assert len(ticks.tick()) == 100
    assert meter.cost == Cost(calls=1 + 2 + 3 + 4, units=100)
    assert aws.calls.total() - before == 10
    with meter.counting():
        assert ticks.tick() == []
    assert meter.cost == Cost(calls=1 + 2 + 3)


# ------------------------------------------------------------------ when the time is up


class Short(LocationsInParts):
    """As long as it has time for `pages` pages a tick."""

    def __init__(self, pages: int) -> None:
        steps = iter(range(10_000))
        super().__init__(load_config(), lambda: next(steps) * (MAX_S + 1) / pages)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    def make(pages: int) -> None:
        made = Short(pages)
        monkeypatch.setitem(environment._made, LocationsInParts, made)

    yield make
    environment.forget()


def test_a_tick_whose_time_is_up_is_continued_where_it_stopped_the_oldest_first(
    ticks: Ticks, salons: list[str], short: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bug: it began again with the newest, and the oldest were never reached."""
    short(2)
    first, second, third = (ticks.tick() for _ in range(3))
    assert [len(each) for each in (first, second, third)] == [10, 10, 5]
    assert sorted([*first, *second, *third]) == salons
    assert first[0] in {"demo", "other"}
    assert "TickUnfinished" in capsys.readouterr().out
    ticks.now.now_s += 6 * HOUR_S
    again = Counter(name for _ in range(3) for name in ticks.tick())
    assert again == Counter(salons), "and so on, all around"


def test_however_short_a_tick_is_and_whoever_comes_new_nobody_is_left_out(
    ticks: Ticks, salons: list[str], short: Any
) -> None:
    short(1)
    ordered: list[str] = []
    for number in range(12):
        new = replace(DEMO, location_id=f"new-{number}", created_at_s=NOW_S + number)
        ticks.table.put([location_put(new, 0)])
        ordered += ticks.tick()
    assert set(salons) <= set(ordered)
    assert max(Counter(ordered).values()) == 1


@pytest.mark.usefixtures("ticks")
def test_what_came_before_the_place_where_it_stopped_is_done_too(
    config: Config, salons: list[str]
) -> None:
    part = Part()
    walk = Short(2).pages("some_tick", part)
    seen = [each.location_id for page in walk for each in page]
    assert len(seen) == 10
    rest = LocationsInParts(config).pages("some_tick", part)
    around = [each.location_id for page in rest for each in page]
    assert sorted(around) == salons
    assert around[-10:] == seen
