"""However everybody's calls interleave, one hour is one visit's, and money follows the visit.

Clients in the widget, clerks, moves, another calendar and the clock write at once. A failure prints
the seed and the schedule; `--seed N` plays it again.
"""

import itertools
import secrets
import time
from collections import Counter
from random import Random
from types import SimpleNamespace

import pytest

from shared.adapters import booking_writes
from shared.adapters.bookings_table import Key
from tests.domain.builders import NOW_S
from tests.interleaving.calendar_world import (
    Calendar,
    a_new_table,
    check_every_write,
    check_the_end,
    some_tasks,
)
from tests.interleaving.memory_table import Item, MemoryTable
from tests.interleaving.schedule import Choices, Run, run_all

SEEDS, PROOF_SEEDS = 200, 10_000
ENDS = {"pay", "cancel", "move", "left", "too late", "made", "moved", "pushed", "looked"}


@pytest.fixture(autouse=True)
def _at_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands, and ids count up, so that a seed is the same run each time."""
    standing = SimpleNamespace(time=lambda: NOW_S, sleep=time.sleep)
    monkeypatch.setattr(booking_writes, "time", standing)
    monkeypatch.setattr("shared.workflows.bookings.open_session.BUSY_S", 0)


def play(
    seed: int, empty: dict[Key, Item], monkeypatch: pytest.MonkeyPatch
) -> tuple[Run, Calendar]:
    numbers = itertools.count(1)
    monkeypatch.setattr(secrets, "token_hex", lambda _: f"{next(numbers):024x}")
    random = Random(seed)
    calendar = Calendar(MemoryTable(empty))
    choices = Choices(random=random, fault_rate=0.05)
    tasks = some_tasks(calendar, random)
    run = run_all(calendar.bookings, calendar.table, tasks, choices, faults=seed % 3)
    try:
        check_every_write(calendar.table, empty)
        calendar.finish()
        check_every_write(calendar.table, empty)
        check_the_end(calendar)
    except AssertionError:
        print(f"\nseed {seed}", *run.story, run.outcomes, sep="\n")  # noqa: T201 (to play it again)
        raise
    return run, calendar


def play_all(seeds: range, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Play the seeds, and return how often each end came."""
    empty = a_new_table()
    ends: Counter[str] = Counter()
    for seed in seeds:
        run, calendar = play(seed, empty, monkeypatch)
        ends.update(outcomes[-1] for outcomes in run.outcomes.values())
        ends.update(f"is {each.status}" for each in calendar.all_bookings())
        ends["given back"] += sum(bool(each.refund_orders) for each in calendar.all_bookings())
        ends["overlapping"] += sum(each.may_overlap for each in calendar.all_bookings())
    return ends


def test_no_hour_is_sold_twice_and_nothing_is_held_for_ever(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = request.config.getoption("seed")
    seeds = range(SEEDS) if seed is None else range(seed, seed + 1)
    ends = play_all(seeds, monkeypatch)
    if seed is None:
        assert ends.keys() >= ENDS, ends
        assert min(ends["refused: slot_taken"], ends["given back"], ends["overlapping"]) > 5


@pytest.mark.proof
def test_ten_thousand_calendars(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = play_all(range(PROOF_SEEDS), monkeypatch)
    print(f"\n{PROOF_SEEDS} calendars: {dict(ends.most_common())}")  # noqa: T201 (the result)
