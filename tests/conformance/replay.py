"""Recorded sequences: the calls that the recordings imply, made again, and every leaf compared.

The recordings are Stripe's data (tests/stripe_data.py). Without them their names still tell which
events a call sends.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import stripe

from tests.conformance.target import Body, Target
from tests.stripe_data import HAS_STRIPE_DATA, REPLICA_EVENTS

# What an attribute is called that holds a moment, a secret, an address: they differ each time.
_MOMENTS = re.compile(r"(^|\.)(created|available_on|due_by|canceled_at|capture_before|exp_year)$")
_ID = re.compile(r"\b(ch|du|pi|pm|re|seti|setatt|txn)_\w+")
ABSENT = "(absent)"


@dataclass(frozen=True)
class Step:
    """One call, POST to `path`, and the recordings of what it must make, in any order.

    `{charge}` and the like in path and parameters stand for ids that earlier steps made known.
    """

    path: str
    params: Body
    recorded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """One leaf of an event's `data.object` that is not as recorded."""

    event_type: str
    leaf: str
    recorded: Any
    made: Any


@dataclass
class Replayed:
    """What a sequence showed: recordings made again, differences, events beyond the recorded."""

    made: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    further_types: set[str] = field(default_factory=set)
    previous: list[tuple[str, frozenset[str]]] = field(default_factory=list)


def type_of(name: str) -> str:
    """Tell the event type of a recording; it is named after it, the further ones `-2` and `-3`."""
    return re.sub(r"-\d$", "", name)


@cache
def recording(name: str) -> Body:
    """Read one recorded event."""
    read: Body = json.loads((REPLICA_EVENTS / f"{name}.json").read_text())
    return read


class Replay:
    """Makes a sequence's calls on an account and holds its events against the recordings."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._known: dict[str, str] = {}
        self._seen: set[str] = {event["id"] for event in target.events()}
        self.shown = Replayed()

    def run(self, steps: tuple[Step, ...]) -> Replayed:
        """Make all steps; what a step makes later by itself belongs to it."""
        for step in steps:
            self._learn(self._call(step))
            self._compare(step, self._new_events(step))
        return self.shown

    def _call(self, step: Step) -> Body:
        path = step.path.format(**self._known)
        params = {
            name: value.format(**self._known) if isinstance(value, str) else value
            for name, value in step.params.items()
        }
        try:
            return self._target.call("post", path, params)
        except stripe.CardError as declined:
            body: Body = json.loads(declined.http_body or "{}")
            return dict(body["error"]["payment_intent"])

    def _learn(self, made: Body) -> None:
        self._known[made["object"]] = made["id"]
        for name in ("charge", "payment_intent", "latest_charge"):
            if made.get(name):
                self._known[name.removeprefix("latest_")] = made[name]

    def _new_events(self, step: Step) -> list[Body]:
        """Wait until what was recorded has come, and a little longer for what was not."""
        wanted = sorted(type_of(name) for name in step.recorded)
        found: list[Body] = []

        def look() -> bool:
            found[:] = [event for event in self._target.events() if self._is_new(event)]
            types = [event["type"] for event in found]
            return all(types.count(one) >= wanted.count(one) for one in wanted)

        for _ in range(8):
            if look():
                break
            self._target.pass_time(1)
        self._target.pass_time(3)
        look()
        self._seen |= {event["id"] for event in found}
        for event in found:
            self._learn(event["data"]["object"])
        return found

    def _is_new(self, event: Body) -> bool:
        subject = event["data"]["object"]
        names = ("id", "charge", "payment_intent")
        related = any(subject.get(name) in self._known.values() for name in names)
        return related and event["id"] not in self._seen

    def _compare(self, step: Step, made: list[Body]) -> None:
        left = list(made)
        for name in step.recorded:
            rivals = [one for one in left if one["type"] == type_of(name)]
            if not rivals:
                self.shown.missing.append(name)
                continue
            # Of several the one that is meant, the last of equals: first under review, then lost.
            match = min(reversed(rivals), key=lambda one: len(list(_differences(name, one))))
            left.remove(match)
            self.shown.made.append(name)
            self.shown.differences += _differences(name, match)
        self.shown.further_types |= {event["type"] for event in left}
        self.shown.previous += [
            (event["type"], frozenset(event["data"].get("previous_attributes", {})))
            for event in made
        ]


def _differences(name: str, made: Body) -> Iterator[Difference]:
    """Compare with the recording of that name; without Stripe's data there is nothing to see."""
    if not HAS_STRIPE_DATA:
        return
    before = dict(_leaves(recording(name)["data"]["object"]))
    after = dict(_leaves(made["data"]["object"]))
    for leaf in sorted(before.keys() | after.keys()):
        pair = before.get(leaf, ABSENT), after.get(leaf, ABSENT)
        if pair[0] != pair[1]:
            yield Difference(made["type"], leaf, *pair)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Give every leaf with its path; ids become their prefix, moments and addresses a word."""
    if isinstance(value, dict) and value:
        for name, one in value.items():
            yield from _leaves(one, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for number, one in enumerate(value):
            # A dispute's entries are told apart by what they are, wherever they stand.
            name = one.get("reporting_category", number) if isinstance(one, dict) else number
            yield from _leaves(one, f"{path}.{name}")
    elif isinstance(value, str):
        yield path, re.sub(r"^https?://.*", "(address)", _ID.sub(r"\1_", value))
    elif isinstance(value, int) and _MOMENTS.search(path):
        yield path, "(moment)"
    else:
        yield path, value
