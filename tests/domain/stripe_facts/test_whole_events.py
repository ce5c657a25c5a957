"""Whole events: those that the simulator sends always, recorded ones where Stripe's data is."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.domain.errors import UnreadableEvent
from shared.domain.stripe_facts.event_types import CONSUMED_EVENT_TYPES, is_consumed
from shared.domain.stripe_facts.payment_facts import EMPTY
from shared.domain.stripe_facts.read_events import read_event
from tests.consumed_events import NEVER_SIMULATED, Simulated, simulated
from tests.domain.builders import folded
from tests.stripe_data import RECORDED_EVENTS, needs_stripe_data

RECORDED = sorted(RECORDED_EVENTS.glob("*/*.json"))
# Each for a reason: a float where Stripe sends ints, disputes of a time when they had no id, and
# sample objects whose livemode is not their event's.
UNREADABLE = {
    "dj-stripe/charge.dispute.funds_reinstated-2.json": (
        "/data/object/balance_transactions/1/amount"
    ),
    "stripe-ruby-mock/charge.dispute.closed.json": "/data/object/id",
    "stripe-ruby-mock/charge.dispute.updated.json": "/data/object/id",
    "stripe_model_callbacks/payment_intent.amount_capturable_updated.json": "/data/object/livemode",
    "stripe_model_callbacks/payment_intent.canceled.json": "/data/object/livemode",
    "stripe_model_callbacks/payment_intent.payment_failed.json": "/data/object/livemode",
    "stripe_model_callbacks/payment_intent.succeeded.json": "/data/object/livemode",
}


@pytest.fixture(scope="session")
def sent() -> Simulated:
    """What the simulator sent; it is over before a test begins."""
    return simulated()


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def recorded(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((RECORDED_EVENTS / f"{name}.json").read_text())
    return read


def assert_is_read(event: dict[str, Any]) -> None:
    read = read_event(event)
    assert read.facts != EMPTY
    assert (read.event_id, read.type) == (event["id"], event["type"])
    assert type(read.facts).from_dict(json.loads(json.dumps(read.facts.to_dict()))) == read.facts


@pytest.mark.parametrize("event_type", sorted(CONSUMED_EVENT_TYPES))
def test_an_event_of_each_consumed_type_is_facts(event_type: str, sent: Simulated) -> None:
    events = [event for event in sent.consumed() if event["type"] == event_type]
    assert events
    for event in events:
        assert_is_read(event)


def test_only_what_the_simulator_cannot_send_is_a_builders(sent: Simulated) -> None:
    assert not {event["type"] for event in sent.events} & NEVER_SIMULATED.keys()


def test_what_is_not_consumed_is_refused_by_its_type(sent: Simulated) -> None:
    others = [event for event in sent.events if not is_consumed(event["type"])]
    assert others
    for event in others:
        with pytest.raises(UnreadableEvent, match=r"^/type: "):
            read_event(event)


def test_all_events_amount_to_what_the_simulator_shows_in_the_end(sent: Simulated) -> None:
    charges = folded(event for event in sent.events if is_consumed(event["type"])).charges
    assert charges.keys() == {shown["id"] for shown in sent.charges}
    for shown in sent.charges:
        read = charges[shown["id"]]
        disputes = [one for one in sent.disputes if one["charge"] == shown["id"]]
        moved = sum(entry["amount"] for one in disputes for entry in one["balance_transactions"])
        assert (read.amount_minor, read.amount_captured_minor) == (
            shown["amount"],
            shown["amount_captured"],
        )
        assert read.amount_refunded_minor == shown["amount_refunded"]
        assert read.amount_disputed_minor == -moved
        assert (read.card_brand, read.card_last4) == (
            shown["payment_method_details"]["card"]["brand"],
            shown["payment_method_details"]["card"]["last4"],
        )


def test_a_partial_capture_takes_no_more_than_was_captured(sent: Simulated) -> None:
    [event] = [event for event in sent.events if event["type"] == "charge.captured"]
    [charge] = read_event(event).facts.charges.values()
    assert (charge.amount_minor, charge.amount_captured_minor) == (9000, 4000)
    assert charge.amount_authorized_minor == 0


def test_a_refund_that_arrived_counts_and_one_that_failed_does_not(sent: Simulated) -> None:
    charges = folded(event for event in sent.events if is_consumed(event["type"])).charges
    refunded = sorted(
        (refund.status, charge.amount_refunded_minor)
        for charge in charges.values()
        for refund in charge.client_refunds.values()
    )
    assert refunded == [("failed", 0), ("succeeded", 2000), ("succeeded", 9000)]


def test_a_dispute_is_withdrawn_and_comes_back(sent: Simulated) -> None:
    withdrawn, reinstated = (
        [event for event in sent.events if event["type"] == f"charge.dispute.funds_{one}"]
        for one in ("withdrawn", "reinstated")
    )
    charge = withdrawn[0]["data"]["object"]["charge"]
    assert folded(withdrawn).charges[charge].amount_disputed_minor == 9000
    assert folded([*withdrawn, *reinstated]).charges[charge].amount_disputed_minor == 0


def test_an_inquiry_moves_no_money(sent: Simulated) -> None:
    [asked] = [one for one in sent.disputes if one["status"].startswith("warning_")]
    about = [event for event in sent.events if event["data"]["object"].get("id") == asked["id"]]
    [charge] = folded(about).charges.values()
    [dispute] = charge.disputes.values()
    assert dispute.is_inquiry
    assert charge.amount_disputed_minor == 0


@needs_stripe_data
@pytest.mark.parametrize("path", RECORDED, ids=name_of)
def test_every_recorded_event_is_facts_or_a_known_refusal(path: Path) -> None:
    event = json.loads(path.read_text())
    pointer = UNREADABLE.get(name_of(path)) if is_consumed(event["type"]) else "/type"
    if pointer:
        with pytest.raises(UnreadableEvent) as raised:
            read_event(event)
        assert str(raised.value).startswith(f"{pointer}: ")
        return
    assert_is_read(event)


@needs_stripe_data
def test_a_recorded_capture_and_refund_amount_to_what_they_say() -> None:
    facts = folded(
        recorded(f"stripe-ruby-mock/charge.{name}")
        for name in ("captured", "refunded", "refund.updated")
    )
    [charge] = facts.charges.values()
    assert (charge.amount_captured_minor, charge.amount_refunded_minor) == (100, 100)
    assert (charge.card_brand, charge.card_last4) == ("visa", "4242")


@needs_stripe_data
def test_a_recorded_dispute_is_withdrawn_and_comes_back() -> None:
    created, withdrawn, reinstated = (
        recorded(f"dj-stripe/charge.dispute.{name}")
        for name in ("closed", "funds_withdrawn", "funds_reinstated")
    )
    charge = "ch_fakefakefakefakefake0001"
    before = folded([withdrawn]).charges[withdrawn["data"]["object"]["charge"]]
    assert before.amount_disputed_minor == 1000
    # Both transactions carry the category `dispute`: the sign tells which way the money went.
    after = folded([reinstated]).charges[charge]
    assert after.amount_disputed_minor == 0
    assert len(created["data"]["object"]["balance_transactions"]) == 1


@needs_stripe_data
def test_a_recorded_inquiry_moves_no_money() -> None:
    events = [
        recorded("seahaven-synthetic/charge.dispute.created-3"),
        recorded("seahaven-synthetic/charge.dispute.funds_withdrawn-3"),
    ]
    [charge] = folded(events).charges.values()
    [dispute] = charge.disputes.values()
    assert dispute.is_inquiry
    assert charge.amount_disputed_minor == 0


@needs_stripe_data
def test_a_recorded_partial_capture_takes_no_more_than_was_captured() -> None:
    event = recorded("seahaven-synthetic/charge.captured")
    [charge] = read_event(event).facts.charges.values()
    assert (charge.amount_minor, charge.amount_captured_minor) == (9000, 4000)
    assert charge.amount_authorized_minor == 0
