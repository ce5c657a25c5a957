"""reliability.md section 4 B, whole: from the delivery to what is in the table afterwards."""

import copy
import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from shared.workflows.stripe_events import record_event
from tests.domain.builders import NOW_S, Payment, intent_event, session_event
from tests.interleaving.memory_table import MemoryTable
from tests.interleaving.schedule import Choices
from tests.interleaving.worlds import (
    Event,
    World,
    _booking,
    check,
    deliver,
    new_booking,
    store_on,
)
from tests.surroundings.kept import keep

DAY_S = 86_400


def recorded(
    events: list[Event], table: MemoryTable | None = None
) -> tuple[MemoryTable, list[str]]:
    """Deliver the events one after the other, to a new booking where no table is given."""
    if table is None:
        table = MemoryTable()
        keep(store_on(table), new_booking())
    return table, [deliver(event)(store_on(table)) for event in events]


def refunded_and_disputed(number: int = 1) -> Payment:
    payment = Payment(number=number)
    payment.pay()
    payment.refund(2000)
    payment.withdraw(payment.dispute(amount=8000))
    return payment


def without_counts(table: MemoryTable) -> dict[object, dict[str, Any]]:
    """The bookings and subjects, without what counts writes and reports: their order decides it."""
    return {
        key: {name: value for name, value in item.body.items() if name != "sequence"}
        for key, item in table.items.items()
        if key.sk in ("booking", "subject")
    }


def test_each_event_five_times_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_event, "time", SimpleNamespace(time=lambda: NOW_S))
    events = refunded_and_disputed().events
    once, _ = recorded(events)
    table, outcomes = recorded([each for event in events for each in [event] * 5])
    assert outcomes == (["applied"] + ["duplicate"] * 4) * len(events)
    assert table.items == once.items


def test_the_same_event_by_five_consumers_at_once() -> None:
    payment = Payment()
    payment.pay()
    world = World(payment.events * 5, models=[payment])
    before = world.items_before()
    # All five read before any writes; then each in turn.
    all_read = Choices([0, 1, 2, 3, 4])
    done = world.run(before, all_read)
    check(world, before, done)
    outcomes = sorted(each for told in done.outcomes.values() for each in told)
    assert outcomes == ["applied", *["duplicate"] * 4]
    assert len(done.table.commits) == 1


def test_the_same_event_after_three_days_and_after_thirty() -> None:
    """Nothing that tells a duplicate expires, and no clock has a say in it."""
    events = refunded_and_disputed().events
    table, _ = recorded(events)
    kept = dict(table.items)
    for days in (3, 30):
        late = [event | {"pending_webhooks": days} for event in events]
        _, outcomes = recorded(late, table)
        assert set(outcomes) == {"duplicate"}
    assert table.items == kept
    for redated in (event | {"created": NOW_S + 30 * DAY_S} for event in events):
        assert recorded([redated], table)[1] == ["duplicate"]


def test_two_events_of_one_type_about_one_object() -> None:
    events = refunded_and_disputed().events
    twins = [copy.deepcopy(event) | {"id": f"{event['id']}_twin"} for event in events]
    once, _ = recorded(events)
    twice, outcomes = recorded([*events, *twins])
    assert set(outcomes) == {"applied"}
    assert _booking(twice.items).payments() == _booking(once.items).payments()
    messages = [key for key in twice.items if key.sk == "outbox"]
    assert messages == [key for key in once.items if key.sk == "outbox"], "nothing new to tell"


def test_one_refund_seen_through_four_events_in_every_order() -> None:
    payment = Payment(embeds_refunds=True)
    payment.pay()
    payment.refund(4000, types="refund.created,refund.updated,charge.refund.updated")
    ends = [recorded(list(order))[0] for order in itertools.permutations(payment.events)]
    assert len(ends) == 120
    assert all(without_counts(end) == without_counts(ends[0]) for end in ends)
    summary = _booking(ends[0].items).payments()
    assert (summary.amount_refunded, len(summary.refunds)) == (4000, 1)


def test_one_withdrawal_seen_in_two_events_in_every_order() -> None:
    payment = Payment()
    payment.pay()
    payment.withdraw(payment.dispute())
    ends = [recorded(list(order))[0] for order in itertools.permutations(payment.events)]
    assert all(without_counts(end) == without_counts(ends[0]) for end in ends)
    booking = _booking(ends[0].items)
    [movement] = booking.facts.charges["ch_1"].disputes["dp_1_0"].movements.values()
    assert (movement.amount_minor, movement.fee_minor) == (-10_000, 1500)
    assert booking.payments().amount_disputed == 10_000


def test_a_whole_day_replayed_from_the_archive_changes_nothing() -> None:
    day = [event for number in range(1, 7) for event in refunded_and_disputed(number).events]
    day += [
        session_event("checkout.session.completed", status="complete"),
        intent_event("payment_intent.succeeded", status="succeeded"),
    ]
    table, outcomes = recorded(day)
    assert set(outcomes) == {"applied"}
    kept, commits = dict(table.items), len(table.commits)
    # Replayed in another order, as the archive does.
    _, again = recorded([*reversed(day)], table)
    assert set(again) == {"duplicate"}
    assert (table.items, len(table.commits)) == (kept, commits), "not even a version"


def test_the_same_event_id_in_live_and_test_mode_is_two_facts() -> None:
    payment = Payment()
    payment.pay()
    live = copy.deepcopy(payment.events[0]) | {"livemode": True}
    live["data"]["object"] |= {"livemode": True, "id": "ch_live"}
    table, outcomes = recorded([payment.events[0], live, live, payment.events[0]])
    assert outcomes == ["applied", "applied", "duplicate", "duplicate"]
    assert {key.pk for key in table.items if key.sk == "subject"} == {
        "demo#charge#ch_1",
        "demo#charge#ch_live",
    }


def test_session_intent_and_charge_of_one_payment_in_every_order() -> None:
    payment = Payment()
    payment.pay()
    events = [
        session_event("checkout.session.completed", status="complete"),
        intent_event("payment_intent.succeeded", status="succeeded"),
        *payment.events,
    ]
    for order in itertools.permutations(events):
        table, outcomes = recorded(list(order))
        assert outcomes == ["applied"] * 3
        summary = _booking(table.items).payments()
        assert (summary.payment_status, len(summary.payments)) == ("paid", 1)
        assert (summary.amount_captured, summary.amount_overpaid) == (10_000, 0)
