"""reliability.md section 4 C: every order gives the same state, and the right one."""

import copy
import itertools
from typing import Any

import pytest

from shared.domain.bookings.payment_summary import summarise
from shared.domain.dates.instants import rfc3339
from shared.domain.stripe_facts.fetched_objects import dispute_facts
from shared.domain.stripe_facts.payment_facts import Facts, fold, merge
from shared.domain.stripe_facts.read_events import read_event
from tests.domain.builders import (
    NOW_S,
    Payment,
    euros,
    every_order_gives_the_same,
    facts_of,
    folded,
    intent_event,
    payout_event,
    session_event,
)

PRICE = euros(10_000)


@pytest.mark.parametrize("embeds_refunds", [False, True])
@pytest.mark.parametrize("same_created", [False, True], ids=["", "C4_equal_created"])
def test_all_24_orders_of_a_payment_refunded_in_two_parts(
    embeds_refunds: bool, same_created: bool
) -> None:
    payment = Payment(embeds_refunds=embeds_refunds, same_created=same_created)
    payment.pay()
    first = payment.refund(3000, types="")
    payment.refund(7000, types="")
    payment.update_refund(first, "succeeded", "charge.refund.updated")
    summary = summarise(PRICE, every_order_gives_the_same(payment.events))
    assert (summary.payment_status, summary.amount_refunded) == ("refunded", 10_000)
    assert (summary.amount_captured, summary.refundable) == (10_000, 0)


def lost_dispute(**options: Any) -> tuple[Payment, str]:
    payment = Payment(**options)
    payment.pay()
    payment.settle()
    dispute = payment.dispute()
    payment.withdraw(dispute)
    payment.close(dispute, "lost")
    return payment, dispute


@pytest.mark.parametrize("same_created", [False, True], ids=["", "C4_equal_created"])
def test_all_120_orders_of_a_lost_dispute(same_created: bool) -> None:
    payment, _ = lost_dispute(same_created=same_created)
    facts = every_order_gives_the_same(payment.events)
    summary = summarise(PRICE, facts)
    assert (summary.payment_status, summary.amount_disputed) == ("disputed", 10_000)
    assert summary.refundable == 0
    assert summary.disputes[0]["status"] == "lost"
    assert facts.charges["ch_1"].balance_transaction == "txn_1"


@pytest.mark.parametrize("same_created", [False, True], ids=["", "C4_equal_created"])
def test_all_720_orders_of_a_won_dispute(same_created: bool) -> None:
    payment = Payment(same_created=same_created)
    payment.pay()
    payment.settle()
    dispute = payment.dispute()
    payment.withdraw(dispute)
    payment.close(dispute, "won")
    payment.reinstate(dispute)
    summary = summarise(PRICE, every_order_gives_the_same(payment.events))
    assert (summary.payment_status, summary.amount_disputed) == ("paid", 0)
    assert (summary.refundable, summary.disputes[0]["funds"]) == (10_000, "reinstated")


def test_a_refund_may_arrive_before_its_charge() -> None:
    payment = Payment()
    payment.pay()
    payment.refund(4000)
    succeeded, _, refund = payment.events
    early = summarise(PRICE, folded([refund]))
    assert (early.payment_status, early.amount_refunded, early.refundable) == ("unpaid", 0, 0)
    assert early.refunds[0]["stripe_refund_id"] == "re_1_0"
    late = summarise(PRICE, folded([refund, succeeded]))
    assert (late.payment_status, late.amount_refunded) == ("partially_refunded", 4000)


def test_a_dispute_may_be_closed_before_it_was_created() -> None:
    payment, _ = lost_dispute()
    facts = folded(reversed(payment.events))
    assert summarise(PRICE, facts).disputes[0]["status"] == "lost"
    before_its_charge = summarise(PRICE, folded(payment.events[2:]))
    assert before_its_charge.payment_status == "disputed"
    assert before_its_charge.amount_disputed == 10_000


def test_a_capture_may_arrive_before_its_authorisation() -> None:
    payment = Payment()
    payment.authorise()
    payment.capture(6000)
    held, taken = payment.events
    assert summarise(PRICE, folded([held])).amount_authorized == 10_000
    for order in ([held, taken], [taken, held], [taken, held, taken, held]):
        summary = summarise(PRICE, folded(order))
        assert (summary.amount_authorized, summary.amount_captured) == (0, 6000)
        assert summary.payment_status == "paid"


def test_a_late_charge_succeeded_undoes_nothing() -> None:
    payment = Payment()
    payment.pay()
    payment.refund(10_000)
    assert (
        summarise(PRICE, folded([*payment.events, payment.events[0]])).payment_status == "refunded"
    )

    declined = Payment(number=2)
    declined.pay()
    declined.decline()
    assert summarise(PRICE, folded(reversed(declined.events))).payment_status == "failed"

    lapsed = Payment(number=3)
    lapsed.authorise()
    lapsed.lapse()
    summary = summarise(PRICE, folded(reversed(lapsed.events)))
    assert (summary.payment_status, summary.amount_authorized) == ("unpaid", 0)


def test_a_late_charge_updated_without_balance_transaction_erases_none() -> None:
    payment = Payment()
    payment.pay()
    payment.touch()
    payment.settle()
    facts = every_order_gives_the_same(payment.events)
    assert facts.charges["ch_1"].balance_transaction == "txn_1"


def test_a_failed_first_try_does_not_unpay_the_second() -> None:
    first, second = Payment(number=1), Payment(number=2, intent="pi_1")
    first.decline()
    second.pay()
    failed = intent_event(
        "payment_intent.payment_failed", status="requires_payment_method", error="card_declined"
    )
    succeeded = intent_event("payment_intent.succeeded", status="succeeded")
    facts = every_order_gives_the_same([*first.events, *second.events, failed, succeeded])
    summary = summarise(PRICE, facts)
    assert (summary.payment_status, summary.amount_captured) == ("paid", 10_000)
    assert summarise(PRICE, folded([*first.events, failed])).payment_status == "failed"
    assert summarise(PRICE, folded([*first.events, failed, succeeded])).payment_status == "unpaid"


def test_an_expired_session_and_a_success_meet_in_either_order() -> None:
    payment = Payment()
    payment.pay()
    expired = session_event("checkout.session.expired", status="expired", payment_status="unpaid")
    completed = session_event("checkout.session.completed", status="complete")
    facts = every_order_gives_the_same([expired, completed, *payment.events])
    assert facts.sessions["cs_1"].status == "complete"
    assert summarise(PRICE, facts).payment_status == "paid"
    # The money is never lost sight of, though the session is known as expired only.
    assert summarise(PRICE, folded([*payment.events, expired])).payment_status == "paid"
    assert summarise(PRICE, folded([expired])).payment_status == "unpaid"


def test_a_refund_that_fails_after_it_had_succeeded_gives_nothing_back() -> None:
    payment = Payment()
    payment.pay()
    refund = payment.refund(10_000, types="refund.created,charge.refund.updated")
    payment.update_refund(refund, "failed", "refund.failed")
    facts = every_order_gives_the_same(payment.events)
    summary = summarise(PRICE, facts)
    assert (summary.payment_status, summary.amount_refunded) == ("paid", 0)
    assert (summary.refundable, summary.failed_refund_ids) == (10_000, (refund,))
    assert summary.refunds[0]["failure_reason"] == "lost_or_stolen_card"
    known = facts.charges["ch_1"].refunds[refund]
    assert known.failure_balance_transaction == "txn_re_1_0_back"


def test_a_lost_dispute_may_be_won_later() -> None:
    payment, dispute = lost_dispute()
    payment.rule(dispute, "won")
    for order in (payment.events, list(reversed(payment.events))):
        summary = summarise(PRICE, folded(order))
        # Won, and the money not back yet: paid, and still not to be refunded.
        assert (summary.payment_status, summary.amount_disputed) == ("paid", 10_000)
    payment.reinstate(dispute)
    summary = summarise(PRICE, folded(reversed(payment.events)))
    assert (summary.amount_disputed, summary.refundable) == (0, 10_000)


def turned_dispute(*, same_created: bool = False) -> tuple[Payment, str]:
    payment = Payment(same_created=same_created)
    payment.pay()
    dispute = payment.dispute()
    payment.disputes[dispute]["status"] = "won"
    payment.reinstate(dispute)
    payment.withdraw_again(dispute)
    payment.close(dispute, "lost")
    return payment, dispute


@pytest.mark.parametrize("same_created", [False, True], ids=["", "C4_equal_created"])
def test_a_won_dispute_may_be_lost_later(same_created: bool) -> None:
    """Bug: "won" was the top of a ladder, so that a loss after it was never told."""
    payment, _ = turned_dispute(same_created=same_created)
    summary = summarise(PRICE, every_order_gives_the_same(payment.events))
    assert (summary.payment_status, summary.amount_disputed) == ("disputed", 10_000)
    assert (summary.disputes[0]["status"], summary.disputes[0]["funds"]) == ("lost", "withdrawn")
    assert summary.refundable == 0


def test_a_dispute_may_turn_again_and_again() -> None:
    payment, dispute = turned_dispute()
    payment.disputes[dispute]["status"] = "won"
    payment.reinstate(dispute)
    summary = summarise(PRICE, every_order_gives_the_same(payment.events))
    assert (summary.payment_status, summary.refundable) == ("paid", 10_000)
    payment.withdraw_again(dispute)
    summary = summarise(PRICE, folded(reversed(payment.events)))
    assert (summary.disputes[0]["status"], summary.refundable) == ("lost", 0)


@pytest.mark.parametrize("rulings", [("won", "lost"), ("lost", "won")], ids=" then ".join)
def test_of_two_rulings_without_money_the_later_one_holds(rulings: tuple[str, str]) -> None:
    payment = Payment()
    payment.pay()
    dispute = payment.dispute()
    for ruling in rulings:
        payment.close(dispute, ruling)
    summary = summarise(PRICE, every_order_gives_the_same(payment.events))
    assert summary.disputes[0]["status"] == rulings[1]


def test_of_two_rulings_of_one_second_the_money_tells() -> None:
    payment = Payment(same_created=True)
    payment.pay()
    dispute = payment.dispute()
    payment.close(dispute, "won")
    payment.close(dispute, "lost")
    summary = summarise(PRICE, every_order_gives_the_same(payment.events))
    assert summary.disputes[0]["status"] == "lost", "the money is not back"


@pytest.mark.parametrize("ruling", ["won", "lost"])
def test_a_dispute_may_be_opened_again_with_a_new_deadline(ruling: str) -> None:
    payment, dispute = lost_dispute()
    payment.close(dispute, ruling)
    payment.reopen(dispute)
    summary = summarise(PRICE, folded(reversed(payment.events)))
    [shown] = summary.disputes
    assert (shown["status"], shown["is_open"]) == ("needs_response", True)
    due_by_s = payment.disputes[dispute]["evidence_details"]["due_by"]
    assert shown["evidence_due_by"] == rfc3339(due_by_s)
    assert summary.refundable == 0
    payment.close(dispute, "won")
    assert summarise(PRICE, folded(reversed(payment.events))).disputes[0]["status"] == "won"


def asked(payment: Payment, dispute: str, at_s: int) -> Facts:
    return dispute_facts(copy.deepcopy(payment.disputes[dispute]), {}, at_s)


def test_what_stripe_answered_holds_over_what_was_told_before_it() -> None:
    payment, dispute = lost_dispute()
    payment.close(dispute, "won")
    told = folded(payment.events)
    payment.disputes[dispute]["status"] = "under_review"
    answer = asked(payment, dispute, NOW_S + 7200)
    for facts in (merge(told, answer), merge(answer, told)):
        assert summarise(PRICE, facts).disputes[0]["status"] == "under_review"
    payment.disputes[dispute]["status"] = "lost"
    later = payment.emit("charge.dispute.closed", payment.disputes[dispute])
    later["created"] = NOW_S + 9000
    for facts in (fold([told, answer, *facts_of([later])]), fold([*facts_of([later]), answer])):
        assert summarise(PRICE, facts).disputes[0]["status"] == "lost", "told after the answer"


def test_an_answer_from_before_the_money_moved_is_old() -> None:
    payment, dispute = lost_dispute()
    answer = asked(payment, dispute, NOW_S + 7200)
    payment.disputes[dispute]["status"] = "won"
    payment.reinstate(dispute)
    facts = fold([answer, *facts_of(payment.events)])
    assert summarise(PRICE, facts).disputes[0]["status"] == "won"


def test_a_deadline_may_be_brought_forward() -> None:
    payment = Payment()
    payment.pay()
    dispute = payment.dispute()
    payment.disputes[dispute]["evidence_details"] = {"due_by": NOW_S + 86_400}
    payment.rule(dispute, "needs_response")
    summary = summarise(PRICE, every_order_gives_the_same(payment.events))
    assert summary.disputes[0]["evidence_due_by"] == rfc3339(NOW_S + 86_400)


def test_a_paid_payout_may_fail_later() -> None:
    events = [
        payout_event("payout.created", status="pending"),
        payout_event("payout.paid", status="paid"),
        payout_event("payout.failed", status="failed"),
        payout_event("payout.reconciliation_completed", status="paid"),
    ]
    payout = every_order_gives_the_same(events).payouts["po_1"]
    assert (payout.status, payout.reconciliation_status) == ("failed", "completed")
    assert (payout.amount_minor, payout.trace_id) == (5000, "T-1")
    assert len(payout.events) == 4


def test_created_decides_nothing() -> None:
    payment, _ = lost_dispute()
    times = itertools.permutations(range(len(payment.events)))
    expected = summarise(PRICE, folded(payment.events))
    for shuffled in itertools.islice(times, 0, None, 5):
        retold = [
            event | {"created": 1000 + at}
            for event, at in zip(payment.events, shuffled, strict=True)
        ]
        assert summarise(PRICE, folded(retold)) == expected
    assert read_event(retold[0]).created_s != payment.events[0]["created"]
