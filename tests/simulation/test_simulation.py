"""Worlds that live in `make test`; `make simulate` and `make proof` let more of them live."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.adapters.hold_store import HoldStore
from shared.workflows.reports import open_bookings
from tests.simulation import play as playing
from tests.simulation.play import play, shrunk
from tests.simulation.world import World

WORLDS = 300
# Beyond those, seeds that showed a fault once: of each it says in docs/testing.md what it was.
SHOWED = (369, 3536, 4582, 5204, 9056, 9092, 10_311)
LONG = range(1_001, 11_001)


@pytest.mark.parametrize("seed", [*range(1, WORLDS + 1), *SHOWED])
def test_nothing_is_lost_in_a_world(seed: int) -> None:
    played = play(seed)
    assert played.faults == (), "\n".join((*played.done, *played.faults))


@pytest.mark.proof
@pytest.mark.parametrize("first", range(LONG.start, LONG.stop, 100))
def test_nothing_is_lost_in_many_worlds(first: int) -> None:
    found = [played for seed in range(first, first + 100) if (played := play(seed)).faults]
    assert found == []


def test_a_world_is_the_same_each_time() -> None:
    assert play(7) == play(7)


def test_a_slot_that_the_sweep_forgets_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HoldStore, "find_expired", lambda *_: iter(()))
    assert any(each.endswith("keeps its slot") for each in play(5).faults)


def test_play_money_in_a_live_report_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this world something is held in test mode as a place goes live."""
    of_mode = open_bookings._holds

    def of_both(bookings: list[Any], *, livemode: bool) -> Iterator[Any]:
        yield from of_mode(bookings, livemode=livemode)
        yield from of_mode(bookings, livemode=not livemode)

    monkeypatch.setattr(open_bookings, "_holds", of_both)
    assert [each for each in play(70).faults if "/live/" in each and "of the other mode" in each]


def test_a_fault_is_shrunk_to_the_act_that_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def any_booking(world: World) -> list[str]:
        return ["there is a booking of south"] if world.bookings("south") else []

    monkeypatch.setattr(playing, "faults", any_booking)
    found = play(5, acts=8)
    assert found.faults == ("there is a booking of south",)
    fewest = shrunk(found)
    assert len(fewest.plan) == 1
    assert fewest.faults == found.faults
