"""Refunds: ceilings, the balance that pays them, events of both families, failures later."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

pytestmark = pytest.mark.enable_socket

REFUND_FAIL = "4000000000005126"
PENDING_REFUND = "4000000000007726"


def paid_charge(simulator: Any, card: str = "4242424242424242") -> Any:
    paid = simulator.pay(simulator.open_session(), card)
    return simulator.stripe.charges.retrieve(paid["charge"])


def test_partial_refunds_add_up_to_what_was_captured_and_no_further(simulator: Any) -> None:
    charge = paid_charge(simulator)
    refunds = simulator.stripe.refunds
    first = refunds.create({"charge": charge.id, "amount": 1900, "reason": "requested_by_customer"})
    assert (first.status, first.amount, first.reason) == (
        "succeeded",
        1900,
        "requested_by_customer",
    )
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        refunds.create({"charge": charge.id, "amount": 3001})
    assert too_much.value.http_status == 400
    assert (too_much.value.code, too_much.value.param) == (None, "amount")
    assert "Refund amount (€30.01) is greater than unrefunded amount on charge (€30.00)" in str(
        too_much.value
    )
    rest = refunds.create({"payment_intent": charge.payment_intent})
    assert rest.amount == 3000
    with pytest.raises(stripe.InvalidRequestError) as twice:
        refunds.create({"charge": charge.id})
    assert twice.value.code == "charge_already_refunded"
    charge = simulator.stripe.charges.retrieve(charge.id)
    assert (charge.amount_refunded, charge.refunded) == (4900, True)
    listed = refunds.list({"charge": charge.id}).data
    assert [refund.id for refund in listed] == [rest.id, first.id]
    assert refunds.list({"payment_intent": charge.payment_intent, "limit": 1}).has_more


def test_a_refund_takes_its_amount_from_the_balance_and_stripe_keeps_the_fee(
    simulator: Any,
) -> None:
    charge = paid_charge(simulator)
    refund = simulator.stripe.refunds.create(
        {"charge": charge.id, "expand": ["balance_transaction"]}
    )
    entry = refund.balance_transaction
    assert (entry.amount, entry.fee, entry.net, entry.fee_details) == (-4900, 0, -4900, [])
    assert (entry.type, entry.reporting_category, entry.source) == ("refund", "refund", refund.id)
    sources = {charge.id, refund.id}
    entries = simulator.stripe.balance_transactions.list({"expand": ["data.source"]}).data
    of_both = [entry for entry in entries if entry.source.id in sources]
    assert sum(entry.net for entry in of_both) == -184


@pytest.mark.usefixtures("endpoint")
def test_a_refund_is_told_in_both_families_of_events(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    charge = paid_charge(simulator)
    refund = simulator.stripe.refunds.create({"charge": charge.id, "amount": 900})
    simulator.control("clock/advance", seconds=3)
    simulator.stripe.refunds.update(refund.id, {"metadata": {"order": "6735"}})
    wanted = ["refund.created", "charge.refunded", *("refund.updated", "charge.refund.updated") * 2]

    def told() -> list[Any]:
        # Refunds of earlier tests may still get their reference.
        ids = {refund.id, charge.id}
        about = [event for event in receiver.events() if event["data"]["object"]["id"] in ids]
        return [event for event in about if "refund" in event["type"]]

    eventually(lambda: sorted(event["type"] for event in told()) == sorted(wanted))
    events = told()
    refunded = next(event for event in events if event["type"] == "charge.refunded")
    assert refunded["data"]["previous_attributes"] == {"amount_refunded": 0}
    previous = [
        event["data"]["previous_attributes"]
        for event in events
        if event["type"] == "charge.refund.updated"
    ]
    reference = {"reference": None, "reference_status": "pending"}
    assert {"metadata": {"order": None}} in previous
    assert {"destination_details": {"card": reference}} in previous


def test_a_refund_that_succeeded_fails_later_and_the_money_comes_back(simulator: Any) -> None:
    charge = paid_charge(simulator, REFUND_FAIL)
    refund = simulator.stripe.refunds.create({"charge": charge.id})
    assert refund.status == "succeeded"
    simulator.control("clock/advance", seconds=3)
    failed = simulator.stripe.refunds.retrieve(
        refund.id, {"expand": ["failure_balance_transaction", "charge"]}
    )
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    back = failed.failure_balance_transaction
    assert (back.net, back.type, back.reporting_category) == (
        4900,
        "refund_failure",
        "refund_failure",
    )
    assert (failed.charge.amount_refunded, failed.charge.refunded) == (0, False)
    types = [event.type for event in simulator.stripe.events.list({"limit": 3}).data]
    assert set(types) == {"refund.failed", "refund.updated", "charge.refund.updated"}
    again = simulator.stripe.refunds.create({"charge": charge.id, "amount": 100})
    assert again.amount == 100, "what came back can be refunded again"
    with pytest.raises(AssertionError, match="cannot fail"):
        simulator.control(f"refunds/{refund.id}/fail")


def test_a_refund_can_be_pending_first(simulator: Any) -> None:
    refund = simulator.stripe.refunds.create({"charge": paid_charge(simulator, PENDING_REFUND).id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    simulator.control("clock/advance", seconds=3)
    refund = simulator.stripe.refunds.retrieve(refund.id)
    assert refund.status == "succeeded"
    assert "pending_reason" not in refund


def test_any_refund_can_be_made_to_fail(simulator: Any) -> None:
    refund = simulator.stripe.refunds.create({"charge": paid_charge(simulator).id})
    failed = simulator.control(f"refunds/{refund.id}/fail", failure_reason="lost_or_stolen_card")
    assert (failed["status"], failed["failure_reason"]) == ("failed", "lost_or_stolen_card")


def test_only_what_waits_for_the_client_can_be_canceled_through_the_api(simulator: Any) -> None:
    done = simulator.stripe.refunds.create({"charge": paid_charge(simulator).id})
    pending = simulator.stripe.refunds.create({"charge": paid_charge(simulator, PENDING_REFUND).id})
    for refund in (done, pending):
        with pytest.raises(stripe.InvalidRequestError, match="cannot be canceled"):
            simulator.stripe.refunds.cancel(refund.id)
    canceled = simulator.control(f"refunds/{pending.id}/cancel")
    assert canceled["status"] == "canceled"
    assert canceled["failure_balance_transaction"].startswith("txn_")


def test_what_is_only_authorised_or_failed_or_unknown_is_not_refunded(simulator: Any) -> None:
    session = simulator.open_session(payment_intent_data={"capture_method": "manual"})
    held = simulator.pay(session)
    declined = simulator.pay(simulator.open_session(), "4000000000000002")
    for sent in ({"charge": held["charge"]}, {"charge": declined["charge"]}):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            simulator.stripe.refunds.create(sent)
        assert refused.value.code == "charge_not_refundable"
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        simulator.stripe.refunds.create({"payment_intent": held["payment_intent"]})
    with pytest.raises(stripe.InvalidRequestError) as missing:
        simulator.stripe.refunds.create({"amount": 100})
    assert missing.value.code == "parameter_missing"
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        simulator.stripe.refunds.create({"charge": "ch_none"})
    assert (unknown.value.http_status, unknown.value.code) == (400, "resource_missing")
    other = paid_charge(simulator)
    with pytest.raises(stripe.InvalidRequestError, match="not of this PaymentIntent"):
        simulator.stripe.refunds.create(
            {"charge": other.id, "payment_intent": held["payment_intent"]}
        )


def test_a_refund_that_the_balance_cannot_pay_waits_for_money(own_simulator: Any) -> None:
    simulator = own_simulator
    charge = paid_charge(simulator)
    simulator.control("clock/advance", seconds=1)
    simulator.control("payouts", instant=True)
    refund = simulator.stripe.refunds.create({"charge": charge.id})
    assert (refund.status, refund.pending_reason) == ("pending", "insufficient_funds")
    assert refund.balance_transaction is None
    assert simulator.stripe.charges.retrieve(charge.id).amount_refunded == 4900
    paid_charge(simulator)
    simulator.control("clock/advance", seconds=1)
    refund = simulator.stripe.refunds.retrieve(refund.id)
    assert refund.status == "succeeded"
    assert refund.balance_transaction is not None
    updated = simulator.stripe.events.list({"type": "refund.updated"}).data[0]
    assert updated.data.previous_attributes.to_dict() == {
        "balance_transaction": None,
        "pending_reason": "insufficient_funds",
        "status": "pending",
    }


def test_a_repeated_key_refunds_once(simulator: Any) -> None:
    charge = paid_charge(simulator)
    sent = {"charge": charge.id, "amount": 1000}
    made = {
        simulator.stripe.refunds.create(sent, {"idempotency_key": f"once-{charge.id}"}).id
        for _ in range(3)
    }
    assert len(made) == 1
    assert simulator.stripe.charges.retrieve(charge.id).amount_refunded == 1000
