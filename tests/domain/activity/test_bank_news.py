"""What banks say before money moves, and refunds that wait: shown, and gone when it is over."""

import itertools
from copy import replace
from typing import Any

import pytest

from shared.domain.activity.dispute_actions import dispute_actions
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking
from shared.domain.stripe_facts.payment_facts import fold
from shared.domain.stripe_facts.read_events import read_event
from tests.builders import booking, charge, event, refund
from tests.disputed import dispute, fraud_warning

PAID = event("charge.succeeded", charge())
WARNED = event("radar.early_fraud_warning.created", fraud_warning())


def after(*events: dict[str, Any]) -> Booking:
    return replace(booking(), facts=fold(read_event(each).facts for each in events))


def kinds(known: Booking) -> list[str]:
    return [each.kind for each in booking_actions(known)]


# ------------------------------------------------------------------ early fraud warnings


def test_a_warning_is_shown_and_changes_no_figure() -> None:
    before, warned = staff_view(after(PAID)), staff_view(after(PAID, WARNED))
    changed = {name for name in warned if warned[name] != before[name]}
    assert changed == {"early_fraud_warnings", "needs_action", "timeline"}
    assert warned["early_fraud_warnings"] == [
        {
            "early_fraud_warning": "issfr_1",
            "charge": "ch_1",
            "fraud_type": "made_with_stolen_card",
            "actionable": True,
            "created": "2026-11-22T20:40:00Z",
        }
    ]
    [asked] = warned["needs_action"]
    assert (asked["kind"], asked["charge"], asked["amount"]) == (
        "early_fraud_warning",
        "ch_1",
        4900,
    )


@pytest.mark.parametrize(
    "settled",
    [
        event("refund.created", refund(amount=4900)),
        event("radar.early_fraud_warning.updated", fraud_warning(actionable=False)),
    ],
    ids=["refunded in full", "settled at Stripe"],
)
def test_a_warning_asks_nothing_any_more_once_a_refund_cannot_help(settled: dict[str, Any]) -> None:
    for order in itertools.permutations((PAID, WARNED, settled)):
        known = after(*order)
        assert kinds(known) == []
        assert [each["actionable"] for each in staff_view(known)["early_fraud_warnings"]] == [False]


def test_a_dispute_takes_the_place_of_its_warning() -> None:
    disputed = event("charge.dispute.created", dispute())
    assert kinds(after(PAID, WARNED, disputed)) == ["dispute_needs_response"]


def test_a_partial_refund_leaves_the_warning() -> None:
    assert kinds(after(PAID, WARNED, event("refund.created", refund()))) == ["early_fraud_warning"]


def test_a_warning_without_a_booking_is_shown_and_another_programs_is_not() -> None:
    alone = after(WARNED).facts
    assert [each.kind for each in dispute_actions(alone, "demo")] == ["early_fraud_warning"]
    theirs = {"location_id": "other-salon", "booking_id": "bk_1"}
    others = after(WARNED, event("charge.succeeded", charge(metadata=theirs))).facts
    assert dispute_actions(others, "demo") == ()


# ------------------------------------------------------------------ refunds that wait, F6


def pending(reason: str, **changed: Any) -> dict[str, Any]:
    about = refund(status="pending", pending_reason=reason, **changed)
    return event("refund.updated", about)


def test_a_refund_that_waits_for_the_balance_is_shown_with_what_to_do() -> None:
    """Bug: it was in no list, and without further income it would wait without end."""
    known = after(PAID, pending("insufficient_funds"))
    [shown] = staff_view(known)["refunds"]
    assert (shown["status"], shown["pending_reason"]) == ("pending", "insufficient_funds")
    [asked] = booking_actions(known)
    assert asked.details == {
        "stripe_refund_id": "re_1",
        "charge": "ch_1",
        "amount": 1900,
        "currency": "eur",
        "pending_reason": "insufficient_funds",
    }
    assert "Add funds to the Stripe balance" in asked.to_dict()["advice"]


@pytest.mark.parametrize(
    ("news", "reason"),
    [
        (event("refund.updated", refund(status="succeeded")), None),
        (event("refund.failed", refund(status="failed")), None),
        (pending("processing", balance_transaction="txn_re"), "processing"),
    ],
    ids=["succeeded", "failed", "on its way"],
)
def test_it_is_gone_when_the_money_has_moved(news: dict[str, Any], reason: str | None) -> None:
    for order in itertools.permutations((PAID, pending("insufficient_funds"), news)):
        known = after(*order)
        assert "refund_waits_for_funds" not in kinds(known)
        assert staff_view(known)["refunds"][0]["pending_reason"] == reason


@pytest.mark.parametrize("reason", ["processing", "charge_pending"])
def test_a_refund_that_waits_for_its_time_asks_nothing(reason: str) -> None:
    known = after(PAID, pending(reason))
    assert kinds(known) == []
    assert staff_view(known)["refunds"][0]["pending_reason"] == reason


# ------------------------------------------------------------------ refunds that a bank sends back


def test_a_refund_that_fails_before_its_charge_is_heard_of_is_owed_in_its_own_currency() -> None:
    """Bug: the charge's currency, unknown then, was taken: the event could not be recorded."""
    failed = event("refund.failed", refund(status="failed"))
    for order in itertools.permutations((failed, PAID)):
        [owed] = [each for each in booking_actions(after(*order)) if each.kind == "refund_failed"]
        assert owed == booking_actions(after(PAID, failed))[0]
    [alone] = [each for each in booking_actions(after(failed)) if each.kind == "refund_failed"]
    assert (alone.details["amount"], alone.details["currency"]) == (1900, "eur")
