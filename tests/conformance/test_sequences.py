"""Recorded sequences, made again step by step, give the recorded events leaf by leaf."""

import json
from collections.abc import Callable

import pytest

from tests.conformance.replay import Replay, Replayed, type_of
from tests.conformance.sequences import (
    DIFFERENCES,
    FURTHER,
    KEPT_OF_A_TYPE,
    PREVIOUS,
    SEQUENCES,
)
from tests.conformance.tally import TALLY
from tests.conformance.target import Target
from tests.stripe_data import (
    HAS_STRIPE_DATA,
    RECORDED_EVENTS,
    REPLICA_EVENTS,
    needs_stripe_data,
)

# What decides about money; the real Stripe is held to these, not to a replica's every detail.
DECISIVE = ("amount", "status", "captured", "refunded", "disputed", "paid", "reason")
# Stripe's own recordings of events that have former attributes: what of them is of old versions.
OF_OLD_VERSIONS = {"charge.refunded": {"refunds"}}


RECORDINGS = {name for steps in SEQUENCES.values() for step in steps for name in step.recorded}


@pytest.fixture(scope="module")
def replayed(open_target: Callable[[], Target]) -> dict[str, Replayed]:
    """All sequences, each on an account of its own."""
    shown = {}
    for name, steps in SEQUENCES.items():
        target = open_target()
        shown[name] = Replay(target).run(steps)
        TALLY["sequences"] += 1
        what = "recorded events compared" if HAS_STRIPE_DATA else "recorded events sent again"
        TALLY[what] += len(shown[name].made)
        TALLY["operations"] += target.sent
    return shown


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_sequence_sends_the_events_that_were_recorded(
    name: str, replayed: dict[str, Replayed]
) -> None:
    assert replayed[name].missing == []


@needs_stripe_data
@pytest.mark.parametrize("name", SEQUENCES)
def test_a_sequences_events_are_what_was_recorded_leaf_by_leaf(
    name: str, replayed: dict[str, Replayed], is_real: bool
) -> None:
    left = [
        seen
        for seen in replayed[name].differences
        if not any(row.covers(name, seen) for row in DIFFERENCES)
        and (not is_real or seen.leaf.startswith(DECISIVE))
    ]
    assert left == []


@pytest.mark.usefixtures("simulator_only")
def test_what_is_made_beyond_the_recorded_is_known(replayed: dict[str, Replayed]) -> None:
    kept = [type_of(name) for name in RECORDINGS]
    further = set().union(*(shown.further_types for shown in replayed.values()))
    assert {one for one in further if kept.count(one) < KEPT_OF_A_TYPE} == FURTHER.keys()


@needs_stripe_data
@pytest.mark.usefixtures("simulator_only")
def test_each_difference_that_is_listed_is_there(replayed: dict[str, Replayed]) -> None:
    seen = [(name, one) for name, shown in replayed.items() for one in shown.differences]
    unused = [row for row in DIFFERENCES if not any(row.covers(*one) for one in seen)]
    assert unused == []


@needs_stripe_data
def test_each_recording_is_replayed() -> None:
    assert {path.stem for path in REPLICA_EVENTS.glob("*.json")} == RECORDINGS


@pytest.mark.usefixtures("simulator_only")
def test_changes_tell_what_was_before(replayed: dict[str, Replayed]) -> None:
    told: dict[str, set[tuple[str, ...]]] = {}
    for shown in replayed.values():
        for event_type, names in shown.previous:
            told.setdefault(event_type, set()).add(tuple(sorted(names)))
    assert {one: names for one, names in told.items() if names != {()}} == PREVIOUS


@needs_stripe_data
@pytest.mark.parametrize("event_type", ["charge.captured", "charge.refunded"])
def test_former_attributes_are_those_that_stripe_recorded(event_type: str) -> None:
    path = RECORDED_EVENTS / "stripe-ruby-mock" / f"{event_type}.json"
    names = json.loads(path.read_text())["data"]["previous_attributes"].keys()
    assert tuple(sorted(names - OF_OLD_VERSIONS.get(event_type, set()))) in PREVIOUS[event_type]
