"""Nothing passes the checks that Stripe does not answer so: each kind of mistake is refused."""

import copy
import inspect
import json
import operator
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe

from shared.domain.stripe_facts.event_types import API_VERSION
from tests.conformance.checks import check_body
from tests.conformance.library_classes import LATER, LibraryClasses
from tests.conformance.spec import StripeSchemas
from tests.consumed_events import simulated
from tests.stripe_data import SPEC, needs_stripe_data

type Path = tuple[str | int, ...]
# What may hold anything: an event's object is checked by its own kind.
ANYTHING = {("data", "object"), ("data", "previous_attributes")}


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, Any]]:
    """The simulator's own answers: its newest event, and the newest object of each kind in one."""
    events = simulated().events
    newest = {event["data"]["object"]["object"]: event["data"]["object"] for event in events}
    return newest | {"event": events[-1]}


@pytest.fixture(scope="module", params=["library", pytest.param("spec", marks=needs_stripe_data)])
def checker(request: pytest.FixtureRequest) -> LibraryClasses | StripeSchemas:
    """Each of the two by itself; what it counts is not told at the end of the run."""
    if request.param == "library":
        return LibraryClasses()
    return StripeSchemas(json.loads(SPEC.read_text())["components"]["schemas"])


@pytest.fixture
def refund_event(answers: dict[str, dict[str, Any]]) -> dict[str, Any]:
    event = copy.deepcopy(answers["event"]) | {"type": "refund.created"}
    return event | {"data": {"object": copy.deepcopy(answers["refund"])}}


def test_an_event_counts_with_its_object(
    checker: LibraryClasses | StripeSchemas, refund_event: dict[str, Any]
) -> None:
    listed = {"object": "list", "data": [refund_event], "has_more": False, "url": "/v1/events"}
    before = checker.checked.copy()
    checker.check(listed)
    assert checker.checked - before == {"event": 1, "refund": 1, "event's data.object": 1}


@pytest.mark.parametrize(
    "answered",
    [
        {"object": "unheard_of", "id": "un_1"},
        {"id": "ch_1"},
        {"object": "customer", "deleted": False, "id": "cus_1"},
        {"object": "charge", "deleted": True, "id": "ch_1"},
        {"object": "customer", "deleted": True},
        {"object": "customer", "deleted": True, "id": "cus_1", "name": "Ada Lovelace"},
    ],
    ids=[
        "a kind that is not there",
        "no kind",
        "parts missing",
        "what is never deleted",
        "deleted without an id",
        "deleted and still told",
    ],
)
def test_what_is_no_object_of_stripes_fails(
    checker: LibraryClasses | StripeSchemas, answered: dict[str, Any]
) -> None:
    with pytest.raises(pytest.fail.Exception):
        checker.check(answered)


def test_a_deleted_object_passes(checker: LibraryClasses | StripeSchemas) -> None:
    checker.check({"object": "customer", "deleted": True, "id": "cus_1"})


@pytest.mark.parametrize(
    "change",
    [
        {"surprise": 1},
        {"amount": "2000"},
        {"amount": True},
        {"amount": None},
        {"charge": {"object": "charge", "id": "ch_1"}},
        {"metadata": {"booking_id": 1}},
        {"reason": "because"},
        {"destination_details": {"type": "card", "card": {"type": "refund", "surprise": 1}}},
        {"destination_details": {"type": "card", "card": {"type": "return"}}},
        {"destination_details": {"type": "card", "card": {}}},
        {"destination_details": {"type": "card", "card": "refund"}},
        {"destination_details": {"card": {"type": "refund"}}},
    ],
    ids=str,
)
def test_a_wrong_attribute_fails_however_deep(
    checker: LibraryClasses | StripeSchemas, refund_event: dict[str, Any], change: dict[str, Any]
) -> None:
    checker.check(refund_event)
    refund_event["data"]["object"] |= change
    with pytest.raises(pytest.fail.Exception):
        checker.check(refund_event)


def test_former_attributes_are_ones_that_the_object_has(
    checker: LibraryClasses | StripeSchemas, refund_event: dict[str, Any]
) -> None:
    refund_event["data"]["previous_attributes"] = {"status": "pending"}
    checker.check(refund_event)
    refund_event["data"]["previous_attributes"] = {"surprise": None}
    with pytest.raises(pytest.fail.Exception, match="surprise"):
        checker.check(refund_event)


def test_the_library_also_knows_the_event_types_and_that_money_is_whole(
    refund_event: dict[str, Any],
) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"type: 'refund\.made' is none of"):
        LibraryClasses().check(refund_event | {"type": "refund.made"})
    refund_event["data"]["object"]["amount"] = 2000.0
    with pytest.raises(pytest.fail.Exception, match=r"amount: '2000\.0' is no int"):
        LibraryClasses().check(refund_event)


def test_the_objects_inside_an_error_are_checked() -> None:
    error = {"type": "card_error", "payment_intent": {"object": "payment_intent", "id": "pi_1"}}
    with pytest.raises(pytest.fail.Exception):
        check_body(json.dumps({"error": error}))


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Give the path of everything in an answer that is checked, outermost first."""
    if path in ANYTHING:
        return
    if path:
        yield path
    if isinstance(value, dict):
        for name, one in value.items():
            yield from places(one, (*path, name))
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from places(one, (*path, number))


def of_another_type(answered: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give mutants with a number in the place of each value; none of these holds a fraction."""
    for path in places(answered):
        mutant = copy.deepcopy(answered)
        inside(mutant, path)[path[-1]] = 1.5
        yield mutant


def misspelt(answered: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give mutants with each attribute under another name; metadata may have any."""
    for path in places(answered):
        if isinstance(path[-1], str) and "metadata" not in path[:-1]:
            mutant = copy.deepcopy(answered)
            holder = inside(mutant, path)
            holder[f"{path[-1]}x"] = holder.pop(path[-1])
            yield mutant


def inside(answered: dict[str, Any], path: Path) -> Any:
    """Give what holds the last step of a path."""
    holder: Any = answered
    for step in path[:-1]:
        holder = holder[step]
    return holder


def test_the_answers_of_the_simulator_pass(answers: dict[str, dict[str, Any]]) -> None:
    assert {"charge", "refund", "dispute", "payment_intent", "payout"} < answers.keys()
    for answered in answers.values():
        LibraryClasses().check(answered)


@pytest.mark.parametrize("mutated", [of_another_type, misspelt])
def test_no_mutant_of_the_simulators_answers_passes(
    answers: dict[str, dict[str, Any]],
    mutated: Callable[[dict[str, Any]], Iterator[dict[str, Any]]],
) -> None:
    checker = LibraryClasses()
    mutants = [mutant for answered in answers.values() for mutant in mutated(answered)]
    assert len(mutants) > 300
    for mutant in mutants:
        with pytest.raises(pytest.fail.Exception):
            checker.check(mutant)


def test_an_answer_without_an_attribute_that_is_always_there_is_refused(
    answers: dict[str, dict[str, Any]],
) -> None:
    for kind, names in {
        "charge": ("amount", "amount_captured", "currency", "status", "captured", "livemode"),
        "refund": ("amount", "currency", "created", "id"),
        "dispute": ("balance_transactions", "evidence_details", "reason", "status"),
        "payout": ("arrival_date", "automatic", "status"),
        "checkout.session": ("mode", "payment_status", "livemode"),
        "event": ("type", "created", "data", "livemode"),
    }.items():
        for name in names:
            mutant = {key: value for key, value in answers[kind].items() if key != name}
            with pytest.raises(pytest.fail.Exception, match=f"{name}: is missing"):
                LibraryClasses().check(mutant)


def test_without_whole_a_part_passes_and_a_wrong_part_does_not() -> None:
    checker = LibraryClasses(whole=False)
    checker.check({"object": "charge", "amount": 100})
    for wrong in ({"amount": "100"}, {"amuont": 100}, {"status": "done"}, {"amount": None}):
        with pytest.raises(pytest.fail.Exception):
            checker.check({"object": "charge"} | wrong)


@pytest.mark.parametrize(("of", "name"), LATER)
def test_what_is_of_a_later_version_is_in_the_library_which_is_ahead(of: str, name: str) -> None:
    assert name in inspect.get_annotations(operator.attrgetter(of)(stripe))
    assert stripe.api_version > API_VERSION
