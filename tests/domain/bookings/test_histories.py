"""Generated histories of a booking: any order and any repetition gives the in-order state.

What the state must be is known from the model that made the history (`builders.Payment`), which
keeps its own figures and folds nothing.
"""

import itertools
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.bookings.payment_summary import summarise
from shared.domain.bookings.payment_views import timeline
from shared.domain.stripe_facts.payment_facts import Facts, fold
from tests.domain.builders import Payment, euros, facts_of

PRICE = euros(10_000)
SHUFFLES = 500
type Story = tuple[str, list[tuple[str, int]], dict[str, bool]]
STEPS = (
    "settle", "touch", "refund", "refund", "refund_pending", "refund_bare", "refund_update",
    "refund_fail", "refund_cancel", "inquiry", "dispute", "withdraw", "win", "lose", "win", "lose",
    "reinstate", "reinstate_part", "reopen",
)  # fmt: skip

openings = st.sampled_from(["pay", "capture_all", "capture_part", "hold", "lapse", "decline"])
stories = st.builds(
    lambda *drawn: drawn,
    openings,
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 4000)), max_size=12),
    st.fixed_dictionaries(
        {
            "embeds_refunds": st.booleans(),
            "reports_release": st.booleans(),
            "same_created": st.booleans(),
        }
    ),
)


def open_payment(opening: str, options: Mapping[str, Any]) -> Payment:
    payment = Payment(10_000, **options)
    if opening == "pay":
        payment.pay()
    elif opening == "decline":
        payment.wait()
        payment.decline()
    else:
        payment.authorise()
    if opening.startswith("capture"):
        payment.capture(6500 if opening == "capture_part" else None)
    if opening == "lapse":
        payment.lapse()
    return payment


def tell(
    opening: str, steps: list[tuple[str, int]], options: dict[str, bool], most: int
) -> Payment:
    """Let a payment live through what Stripe would allow of the steps, up to `most` events."""
    payment = open_payment(opening, options)
    for step, number in steps:
        before = len(payment.events)
        saved = (dict(payment.charge), {**payment.refunds}, {**payment.disputes})
        take(payment, step, number)
        if len(payment.events) > most:
            # The step did not fit: the story ends before it.
            del payment.events[before:]
            payment.charge, payment.refunds, payment.disputes = saved
            break
    return payment


def take(payment: Payment, step: str, number: int) -> None:
    if not payment.captured:
        if step == "touch":
            payment.touch()
        return
    if step in ("settle", "touch"):
        getattr(payment, step)()
    elif step.startswith("refund"):
        take_refund(payment, step, number)
    else:
        take_dispute(payment, step, number)


def take_refund(payment: Payment, step: str, number: int) -> None:
    if step in ("refund", "refund_pending", "refund_bare"):
        amount = min(number, payment.captured - payment.refunded)
        status = "pending" if step == "refund_pending" else "succeeded"
        types = "charge.refund.updated" if number % 3 == 0 else "refund.created"
        if amount:
            # Bare: no event about the refund itself, its sum shows in the charge alone.
            payment.refund(amount, status=status, types="" if step == "refund_bare" else types)
        return
    if not payment.refunds:
        return
    key = sorted(payment.refunds)[number % len(payment.refunds)]
    refund = payment.refunds[key]
    if refund["status"] in ("failed", "canceled"):
        return
    payment.refunds[key] = dict(refund)
    to = {"refund_update": "succeeded", "refund_fail": "failed", "refund_cancel": "canceled"}[step]
    event_type = "refund.failed" if to == "failed" else "refund.updated"
    payment.update_refund(key, to, event_type)


def take_dispute(payment: Payment, step: str, number: int) -> None:
    if step in ("inquiry", "dispute") and len(payment.disputes) < 2:
        withdrawn = number % 2 == 0
        payment.dispute(inquiry=step == "inquiry", withdrawn=withdrawn, amount=number)
        return
    if not payment.disputes:
        return
    key = sorted(payment.disputes)[number % len(payment.disputes)]
    dispute = payment.disputes[key] = {
        **payment.disputes[key],
        "balance_transactions": [*payment.disputes[key]["balance_transactions"]],
    }
    outstanding = -sum(entry["amount"] for entry in dispute["balance_transactions"])
    if dispute["status"].startswith("warning"):
        # An inquiry ends quietly, or the bank escalates it.
        payment.rule(key, "warning_closed" if step == "win" else "needs_response")
    elif step == "withdraw":
        payment.withdraw(key)
    elif step in ("win", "lose") and dispute["status"] not in ("won", "lost"):
        payment.close(key, "won" if step == "win" else "lost")
    elif step in ("win", "lose"):
        turn_dispute(payment, key, step, number, outstanding)
    elif step == "reopen" and dispute["status"] in ("won", "lost") and not payment.same_created:
        payment.reopen(key)
    elif outstanding > 0 and step.startswith("reinstate"):
        payment.reinstate(
            key, min(number, outstanding) if step == "reinstate_part" else outstanding
        )


def turn_dispute(payment: Payment, key: str, step: str, number: int, outstanding: int) -> None:
    """Let a bank turn its decision, with the money that moves then or, at another time, before it.

    Two decisions of one second, of which no money tells, are in no history: nothing could tell.
    """
    has_time = number % 2 == 0 and not payment.same_created
    if step == "win" and payment.disputes[key]["status"] == "lost":
        if outstanding > 0 and not has_time:
            payment.disputes[key]["status"] = "won"
            payment.reinstate(key, outstanding)
        payment.close(key, "won")
    elif step == "lose" and payment.disputes[key]["status"] == "won":
        if not has_time:
            payment.withdraw_again(key)
        payment.close(key, "lost")


def assert_tells_what_stripe_knows(facts: Facts, payment: Payment) -> None:
    charge = facts.charges["ch_1"]
    assert charge.amount_captured_minor == payment.captured
    assert charge.amount_refunded_minor == payment.refunded
    assert charge.amount_disputed_minor == payment.disputed
    assert charge.unexplained_minor <= payment.refunded
    known = {key: refund.status for key, refund in charge.client_refunds.items()}
    assert known.items() <= {key: each["status"] for key, each in payment.refunds.items()}.items()
    assert {key: each.status for key, each in charge.disputes.items()} == {
        key: each["status"] for key, each in payment.disputes.items()
    }
    assert {key: each.evidence_due_by_s for key, each in charge.disputes.items()} == {
        key: each["evidence_details"]["due_by"] for key, each in payment.disputes.items()
    }
    assert len(timeline(facts)) == len(payment.events)
    summary = summarise(PRICE, facts)
    assert 0 <= summary.amount_refunded <= summary.amount_captured
    assert summary.refundable <= max(0, payment.captured - payment.refunded - payment.disputed)


def is_told_fully(payment: Payment) -> bool:
    """Whether the facts can tell what Stripe knows: each refund by an object, or none fell back.

    A failed refund lowers Stripe's sum again. One that only the sum tells of then hides behind the
    height that the sum had before, until its object comes: no fold that ignores order can tell.
    """
    named = {event["data"]["object"]["id"] for event in payment.events}
    fell_back = any(each["status"] in ("failed", "canceled") for each in payment.refunds.values())
    return payment.embeds_refunds or not fell_back or payment.refunds.keys() <= named


@given(stories)
@settings(max_examples=50)
def test_every_permutation_of_up_to_six_events(story: Story) -> None:
    payment = tell(*story, most=6)
    observed = facts_of(payment.events)
    in_order = fold(observed)
    if is_told_fully(payment):
        assert_tells_what_stripe_knows(in_order, payment)
    for order in itertools.permutations(observed):
        assert fold(order) == in_order


@given(stories, st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_random_orders_with_duplicates_of_longer_histories(story: Story, random: Random) -> None:
    payment = tell(*story, most=30)
    observed = facts_of(payment.events)
    in_order = fold(observed)
    if is_told_fully(payment):
        assert_tells_what_stripe_knows(in_order, payment)
    for _ in range(4):
        order = [*observed, *random.choices(observed, k=len(observed) // 2)]
        random.shuffle(order)
        assert fold(order) == in_order


@pytest.mark.parametrize("reports_release", [False, True])
@pytest.mark.parametrize("embeds_refunds", [False, True])
def test_500_random_orders_of_one_long_history(reports_release: bool, embeds_refunds: bool) -> None:
    payment = Payment(embeds_refunds=embeds_refunds, reports_release=reports_release)
    payment.authorise()
    payment.capture(7000)
    payment.settle()
    failed = payment.refund(1000, types="refund.created,charge.refund.updated")
    payment.update_refund(failed, "failed", "refund.failed")
    payment.refund(1500, status="pending")
    inquiry = payment.dispute(inquiry=True, amount=500)
    payment.close(inquiry, "warning_closed")
    dispute = payment.dispute(amount=3000)
    payment.withdraw(dispute)
    payment.close(dispute, "lost")
    payment.rule(dispute, "won")
    payment.reinstate(dispute, 2000)
    observed = facts_of(payment.events)
    in_order = fold(observed)
    assert_tells_what_stripe_knows(in_order, payment)
    summary = summarise(PRICE, in_order)
    assert (summary.amount_captured, summary.amount_refunded) == (7000, 1500)
    assert (summary.amount_disputed, summary.refundable) == (1000, 4500)
    random = Random(4)  # seeded: a failure is the same again
    for _ in range(SHUFFLES):
        order = [*observed, *random.choices(observed, k=5)]
        random.shuffle(order)
        assert fold(order) == in_order
