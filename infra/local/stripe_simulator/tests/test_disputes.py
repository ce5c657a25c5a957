"""Disputes: opened by cards and orders, answered, decided; what they do to money and refunds."""

from typing import Any

import pytest
import stripe

pytestmark = pytest.mark.enable_socket


def charge_paid_with(simulator: Any, card: str = "4242424242424242", **session: Any) -> str:
    paid = simulator.pay(simulator.open_session(**session), card)
    simulator.control("clock/advance", seconds=1)
    charge: str = paid["charge"]
    return charge


def disputes_of(simulator: Any, charge: str) -> list[Any]:
    disputes: list[Any] = simulator.stripe.disputes.list({"charge": charge}).data
    return disputes


def types_since(simulator: Any, event: Any) -> list[str]:
    """Name the events after one, oldest first, without those of balances."""
    events = simulator.stripe.events.list({"ending_before": event.id, "limit": 100}).data
    return [one.type for one in reversed(events) if not one.type.startswith("balance.")]


def newest(simulator: Any) -> Any:
    return simulator.stripe.events.list({"limit": 1}).data[0]


@pytest.mark.parametrize(
    ("card", "reason", "amounts", "status"),
    [
        ("4000000000000259", "fraudulent", [4900], "needs_response"),
        ("4000000000002685", "product_not_received", [4900], "needs_response"),
        ("4000000000001976", "fraudulent", [4900], "warning_needs_response"),
        ("4000000404000079", "fraudulent", [2450, 2450], "needs_response"),
    ],
)
def test_a_test_card_is_disputed_within_five_seconds(
    simulator: Any, card: str, reason: str, amounts: list[int], status: str
) -> None:
    charge = charge_paid_with(simulator, card)
    simulator.control("clock/advance", seconds=4)
    disputes = disputes_of(simulator, charge)
    assert [dispute.amount for dispute in disputes] == amounts
    assert {(dispute.reason, dispute.status) for dispute in disputes} == {(reason, status)}
    assert simulator.stripe.charges.retrieve(charge).disputed


def test_a_chargeback_takes_money_and_fee_and_stops_refunds(simulator: Any) -> None:
    charge = charge_paid_with(simulator)
    before = newest(simulator)
    opened = simulator.control(f"charges/{charge}/dispute", reason="general", amount=None)
    assert types_since(simulator, before) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.updated",
    ]
    events = {
        event.type: event
        for event in simulator.stripe.events.list({"ending_before": before.id}).data
    }
    created = events["charge.dispute.created"].data.object
    withdrawn = events["charge.dispute.funds_withdrawn"].data.object
    assert created.balance_transactions[0].id == withdrawn.balance_transactions[0].id
    assert events["charge.updated"].data.previous_attributes.to_dict() == {"disputed": False}
    dispute = simulator.stripe.disputes.retrieve(opened["id"], {"expand": ["charge"]})
    entry = simulator.stripe.balance_transactions.retrieve(dispute.balance_transactions[0].id)
    assert (entry.amount, entry.fee, entry.net) == (-4900, 2000, -6900)
    assert (entry.type, entry.reporting_category) == ("adjustment", "dispute")
    assert dispute.evidence_details.due_by > dispute.created + 7 * 86400
    assert (dispute.is_charge_refundable, dispute.charge.disputed) == (False, True)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.stripe.refunds.create({"charge": charge})
    assert refused.value.code == "charge_disputed"


def test_winning_evidence_brings_the_money_back_but_not_the_fee(simulator: Any) -> None:
    charge = charge_paid_with(simulator)
    opened = simulator.control(f"charges/{charge}/dispute", reason="fraudulent")
    before = newest(simulator)
    staged = simulator.stripe.disputes.update(
        opened["id"], {"evidence": {"customer_name": "Anna"}, "submit": False}
    )
    assert (staged.status, staged.evidence_details.submission_count) == ("needs_response", 0)
    answered = simulator.stripe.disputes.update(
        opened["id"],
        {"evidence": {"uncategorized_text": "winning_evidence"}, "metadata": {"by": "me"}},
    )
    assert (answered.status, answered.evidence_details.submission_count) == ("under_review", 1)
    assert answered.evidence.customer_name == "Anna"
    with pytest.raises(stripe.InvalidRequestError, match="no longer be changed"):
        simulator.stripe.disputes.update(opened["id"], {"evidence": {"customer_name": "Eva"}})
    simulator.control("clock/advance", seconds=2)
    assert types_since(simulator, before) == [
        "charge.dispute.updated",
        "charge.dispute.updated",
        "charge.dispute.updated",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
        "charge.updated",
    ]
    dispute = simulator.stripe.disputes.retrieve(opened["id"])
    assert (dispute.status, dispute.is_charge_refundable) == ("won", True)
    entries = dispute.balance_transactions
    assert [entry.reporting_category for entry in entries] == ["dispute", "dispute_reversal"]
    assert sum(entry.net for entry in entries) == -2000
    assert simulator.stripe.refunds.create({"charge": charge}).status == "succeeded"


def test_a_lost_dispute_moves_nothing_more_and_may_still_be_won(simulator: Any) -> None:
    charge = charge_paid_with(simulator)
    opened = simulator.control(f"charges/{charge}/dispute", reason="fraudulent", amount=1000)
    lost = simulator.stripe.disputes.close(opened["id"])
    assert (lost.status, len(lost.balance_transactions)) == ("lost", 1)
    with pytest.raises(stripe.InvalidRequestError):
        simulator.stripe.disputes.close(opened["id"])
    won = simulator.control(f"disputes/{opened['id']}/close", status="won")
    assert [entry["amount"] for entry in won["balance_transactions"]] == [-1000, 1000]
    with pytest.raises(AssertionError, match="cannot become lost"):
        simulator.control(f"disputes/{opened['id']}/close", status="lost")


def test_a_won_dispute_can_be_turned_and_takes_the_money_again(simulator: Any) -> None:
    charge = charge_paid_with(simulator)
    opened = simulator.control(f"charges/{charge}/dispute", reason="fraudulent", amount=1000)
    with pytest.raises(AssertionError, match="cannot be turned"):
        simulator.control(f"disputes/{opened['id']}/turn")
    simulator.control(f"disputes/{opened['id']}/close", status="won")
    turned = simulator.control(f"disputes/{opened['id']}/turn")
    assert (turned["status"], turned["is_charge_refundable"]) == ("lost", False)
    assert [entry["amount"] for entry in turned["balance_transactions"]] == [-1000, 1000, -1000]


def test_losing_evidence_loses(simulator: Any) -> None:
    charge = charge_paid_with(simulator)
    opened = simulator.control(f"charges/{charge}/dispute", reason="fraudulent")
    simulator.stripe.disputes.update(
        opened["id"], {"evidence": {"uncategorized_text": "losing_evidence"}}
    )
    simulator.control("clock/advance", seconds=2)
    assert simulator.stripe.disputes.retrieve(opened["id"]).status == "lost"


def test_an_inquiry_moves_no_money_and_a_full_refund_closes_it(simulator: Any) -> None:
    charge = charge_paid_with(simulator)
    before = newest(simulator)
    opened = simulator.control(f"charges/{charge}/dispute", reason="general", inquiry=True)
    assert opened["payment_method_details"]["card"]["case_type"] == "inquiry"
    assert types_since(simulator, before) == ["charge.dispute.created", "charge.updated"]
    assert (opened["balance_transactions"], opened["is_charge_refundable"]) == ([], True)
    simulator.stripe.refunds.create({"charge": charge, "amount": 900})
    assert simulator.stripe.disputes.retrieve(opened["id"]).status == "warning_needs_response"
    simulator.stripe.refunds.create({"charge": charge})
    closed = simulator.stripe.disputes.retrieve(opened["id"])
    assert (closed.status, closed.balance_transactions) == ("warning_closed", [])


def test_an_inquiry_can_escalate_to_a_chargeback(simulator: Any) -> None:
    charge = charge_paid_with(simulator)
    opened = simulator.control(f"charges/{charge}/dispute", reason="general", inquiry=True)
    answered = simulator.stripe.disputes.update(
        opened["id"], {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}}
    )
    assert answered.status == "warning_under_review"
    simulator.control("clock/advance", seconds=2)
    dispute = simulator.stripe.disputes.retrieve(opened["id"])
    assert (dispute.status, dispute.is_charge_refundable) == ("needs_response", False)
    assert dispute.payment_method_details.card.case_type == "chargeback"
    assert [entry.net for entry in dispute.balance_transactions] == [-6900]


def test_an_inquiry_that_is_closed_is_not_lost(simulator: Any) -> None:
    charge = charge_paid_with(simulator)
    opened = simulator.control(f"charges/{charge}/dispute", reason="general", inquiry=True)
    with pytest.raises(AssertionError, match="cannot become won"):
        simulator.control(f"disputes/{opened['id']}/close", status="won")
    assert simulator.stripe.disputes.close(opened["id"]).status == "warning_closed"


def test_a_chargeback_fails_refunds_that_are_pending(simulator: Any) -> None:
    charge = charge_paid_with(simulator, "4000000000007726")
    refund = simulator.stripe.refunds.create({"charge": charge, "amount": 900})
    simulator.control(f"charges/{charge}/dispute", reason="fraudulent")
    refund = simulator.stripe.refunds.retrieve(refund.id)
    assert (refund.status, refund.failure_reason) == (
        "failed",
        "charge_for_pending_refund_disputed",
    )


def test_a_full_refund_leaves_nothing_to_dispute(simulator: Any) -> None:
    charge = charge_paid_with(simulator)
    simulator.stripe.refunds.create({"charge": charge})
    with pytest.raises(AssertionError, match="fully refunded"):
        simulator.control(f"charges/{charge}/dispute", reason="fraudulent")


def test_a_chargeback_that_nobody_answers_is_lost_when_its_time_is_over(
    own_simulator: Any,
) -> None:
    charge = charge_paid_with(own_simulator)
    opened = own_simulator.control(f"charges/{charge}/dispute", reason="fraudulent")
    own_simulator.control("clock/advance", seconds=11 * 86400)
    dispute = own_simulator.stripe.disputes.retrieve(opened["id"])
    assert (dispute.status, dispute.evidence_details.past_due) == ("lost", True)
