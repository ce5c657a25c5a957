"""reliability.md section 4 B, as far as it is a matter of the fold."""

import copy
import itertools

from shared.domain.bookings.payment_summary import summarise
from shared.domain.bookings.payment_views import timeline
from shared.domain.stripe_facts.payment_facts import Facts, fold, merge
from shared.domain.stripe_facts.read_events import read_event
from tests.domain.builders import (
    Payment,
    euros,
    every_order_gives_the_same,
    facts_of,
    folded,
    intent_event,
    session_event,
)

PRICE = euros(10_000)


def refunded_and_disputed() -> Payment:
    payment = Payment()
    payment.pay()
    payment.refund(2000)
    payment.withdraw(payment.dispute(amount=8000))
    return payment


def test_each_event_five_times_in_a_row() -> None:
    events = refunded_and_disputed().events
    assert folded(each for event in events for each in [event] * 5) == folded(events)


def test_two_consumers_that_both_started_from_the_same_state() -> None:
    *before, event = facts_of(refunded_and_disputed().events)
    stored = fold(before)
    assert merge(merge(stored, event), merge(stored, event)) == merge(stored, event)


def test_an_event_that_comes_again_after_it_was_stored_and_read_back() -> None:
    events = refunded_and_disputed().events
    stored = Facts.from_dict(folded(events).to_dict())
    for event in facts_of(events):
        assert merge(stored, event) == stored


def test_two_events_of_one_type_about_one_object() -> None:
    events = refunded_and_disputed().events
    twins = [copy.deepcopy(event) | {"id": f"{event['id']}_twin"} for event in events]
    once, twice = folded(events), folded([*events, *twins])
    assert summarise(PRICE, twice) == summarise(PRICE, once)
    assert len(timeline(twice)) == 2 * len(timeline(once))


def test_one_refund_seen_through_four_events_is_one_refund() -> None:
    payment = Payment(embeds_refunds=True)
    payment.pay()
    payment.refund(4000, types="refund.created,refund.updated,charge.refund.updated")
    assert len(payment.events) == 5
    summary = summarise(PRICE, every_order_gives_the_same(payment.events))
    assert (summary.amount_refunded, len(summary.refunds)) == (4000, 1)
    for kinds in range(1, 5):
        for seen in itertools.combinations(payment.events[1:], kinds):
            partly = summarise(PRICE, folded([payment.events[0], *seen]))
            assert partly.amount_refunded == 4000


def test_one_withdrawal_seen_in_two_events_is_one_withdrawal_with_one_fee() -> None:
    payment = Payment()
    payment.pay()
    payment.withdraw(payment.dispute())
    facts = every_order_gives_the_same(payment.events)
    dispute = facts.charges["ch_1"].disputes["dp_1_0"]
    assert [each.amount_minor for each in dispute.withdrawals.values()] == [-10_000]
    assert [each.fee_minor for each in dispute.withdrawals.values()] == [1500]
    assert summarise(PRICE, facts).amount_disputed == 10_000


def test_a_whole_day_replayed_changes_nothing() -> None:
    day = [event for number in range(1, 6) for event in _busy(number).events]
    stored = folded(day)
    assert merge(stored, folded(day)) == stored
    assert fold([stored, *facts_of(reversed(day))]) == stored


def _busy(number: int) -> Payment:
    payment = Payment(number=number)
    payment.authorise()
    payment.capture(9000)
    payment.update_refund(payment.refund(1000), "failed", "refund.failed")
    return payment


def test_the_same_event_id_in_live_and_test_mode_is_two_facts() -> None:
    payment = Payment()
    payment.pay()
    test = payment.events[0]
    live = copy.deepcopy(test) | {"livemode": True}
    live["data"]["object"] |= {"livemode": True, "id": "ch_live"}
    read_test, read_live = read_event(test), read_event(live)
    assert read_test != read_live
    assert (read_test.livemode, read_live.livemode) == (False, True)
    charges = merge(read_test.facts, read_live.facts).charges
    assert [charges[key].livemode for key in ("ch_1", "ch_live")] == [False, True]


def test_one_payment_seen_through_session_intent_and_charge_is_one_payment() -> None:
    payment = Payment()
    payment.pay()
    events = [
        session_event("checkout.session.completed", status="complete"),
        intent_event("payment_intent.succeeded", status="succeeded"),
        *payment.events,
    ]
    summary = summarise(PRICE, every_order_gives_the_same(events))
    assert (summary.payment_status, summary.amount_captured) == ("paid", 10_000)
    assert (len(summary.payments), summary.amount_overpaid) == (1, 0)
    assert summary.awaiting_charge == ()
    waiting = summarise(PRICE, folded(events[:2]))
    assert (waiting.payment_status, waiting.awaiting_charge) == ("unpaid", ("pi_1",))
