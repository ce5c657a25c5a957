"""Recorded sequences, made again step by step, give the recorded events leaf by leaf."""

import json
from collections.abc import Callable

import pytest

from tests.conformance.replay import RECORDINGS, Replay, Replayed, recording
from tests.conformance.sequences import (
    DIFFERENCES,
    FURTHER,
    KEPT_OF_A_TYPE,
    PREVIOUS,
    SEQUENCES,
)
from tests.conformance.spec import SHARED, TALLY
from tests.conformance.target import Target

# What decides about money; the real Stripe is held to these, not to a replica's every detail.
DECISIVE = ("amount", "status", "captured", "refunded", "disputed", "paid", "reason")
# Stripe's own recordings of events that have former attributes: what of them is of old versions.
OF_OLD_VERSIONS = {"charge.refunded": {"refunds"}}


@pytest.fixture(scope="module")
def replayed(
    request: pytest.FixtureRequest, open_target: Callable[[], Target]
) -> dict[str, Replayed]:
    """All sequences, each on an account of its own."""
    request.getfixturevalue("shared_data")
    shown = {}
    for name, steps in SEQUENCES.items():
        target = open_target()
        shown[name] = Replay(target).run(steps)
        TALLY["sequences"] += 1
        TALLY["recorded events compared"] += len(shown[name].compared)
        TALLY["operations"] += target.sent
    return shown


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_sequence_gives_what_was_recorded(
    name: str, replayed: dict[str, Replayed], is_real: bool
) -> None:
    shown = replayed[name]
    assert shown.missing == []
    left = [
        seen
        for seen in shown.differences
        if not any(row.covers(name, seen) for row in DIFFERENCES)
        and (not is_real or seen.leaf.startswith(DECISIVE))
    ]
    assert left == []


@pytest.mark.usefixtures("simulator_only")
def test_what_is_made_beyond_the_recorded_is_known(replayed: dict[str, Replayed]) -> None:
    kept = [recording(path.stem)["type"] for path in RECORDINGS.glob("*.json")]
    further = set().union(*(shown.further_types for shown in replayed.values()))
    assert {one for one in further if kept.count(one) < KEPT_OF_A_TYPE} == FURTHER.keys()


@pytest.mark.usefixtures("simulator_only")
def test_each_difference_that_is_listed_is_there(replayed: dict[str, Replayed]) -> None:
    seen = [(name, one) for name, shown in replayed.items() for one in shown.differences]
    unused = [row for row in DIFFERENCES if not any(row.covers(*one) for one in seen)]
    assert unused == []


@pytest.mark.usefixtures("shared_data")
def test_each_recording_is_replayed() -> None:
    used = {name for steps in SEQUENCES.values() for step in steps for name in step.recorded}
    assert used == {path.stem for path in RECORDINGS.glob("*.json")}


@pytest.mark.usefixtures("simulator_only")
def test_changes_tell_what_was_before(replayed: dict[str, Replayed]) -> None:
    told: dict[str, set[tuple[str, ...]]] = {}
    for shown in replayed.values():
        for event_type, names in shown.previous:
            told.setdefault(event_type, set()).add(tuple(sorted(names)))
    assert {one: names for one, names in told.items() if names != {()}} == PREVIOUS


@pytest.mark.usefixtures("shared_data")
@pytest.mark.parametrize("event_type", ["charge.captured", "charge.refunded"])
def test_former_attributes_are_those_that_stripe_recorded(event_type: str) -> None:
    path = SHARED / "events" / "stripe-ruby-mock" / f"{event_type}.json"
    names = json.loads(path.read_text())["data"]["previous_attributes"].keys()
    assert tuple(sorted(names - OF_OLD_VERSIONS.get(event_type, set()))) in PREVIOUS[event_type]
