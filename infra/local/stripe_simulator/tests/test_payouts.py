"""Payouts: by hand, at once, daily; what each paid out; paid ones that fail."""

from typing import Any

import pytest
import stripe

pytestmark = pytest.mark.enable_socket

BYPASS_PENDING = "4000000000000077"


def paid(simulator: Any, card: str = BYPASS_PENDING) -> str:
    charge: str = simulator.pay(simulator.open_session(), card)["charge"]
    simulator.control("clock/advance", seconds=1)
    return charge


def balance(simulator: Any) -> tuple[int, int]:
    now = simulator.stripe.balance.retrieve()
    return now.available[0].amount, now.pending[0].amount


def test_a_payout_by_hand_takes_what_is_available(own_simulator: Any) -> None:
    simulator = own_simulator
    paid(simulator)
    payouts = simulator.stripe.payouts
    with pytest.raises(stripe.InvalidRequestError) as refused:
        payouts.create({"amount": 4717, "currency": "eur"})
    assert refused.value.code == "balance_insufficient"
    payout = payouts.create({"amount": 1100, "currency": "eur", "description": "rent"})
    assert (payout.status, payout.automatic, payout.reconciliation_status) == (
        "pending",
        False,
        "not_applicable",
    )
    assert payout.arrival_date > payout.created
    assert balance(simulator) == (3616, 0)
    entry = simulator.stripe.balance_transactions.retrieve(payout.balance_transaction)
    assert (entry.net, entry.type, entry.reporting_category) == (-1100, "payout", "payout")
    simulator.control("clock/advance", seconds=2.5)
    assert payouts.retrieve(payout.id).status == "in_transit"
    with pytest.raises(stripe.InvalidRequestError, match="still pending"):
        payouts.cancel(payout.id)
    simulator.control("clock/advance", seconds=2)
    payout = payouts.update(payout.id, {"metadata": {"foo": "bar"}})
    assert (payout.status, payout.trace_id.status) == ("paid", "supported")
    with pytest.raises(stripe.InvalidRequestError, match="automatic payout"):
        simulator.stripe.balance_transactions.list({"payout": payout.id})
    types = [event.type for event in simulator.stripe.events.list({"type": "payout.*"}).data]
    assert types == ["payout.updated", "payout.paid", *["payout.updated"] * 2, "payout.created"]


def test_a_pending_payout_is_canceled_and_the_money_comes_back(own_simulator: Any) -> None:
    simulator = own_simulator
    paid(simulator)
    simulator.control("clock", stopped=True)
    payout = simulator.stripe.payouts.create({"amount": 1100, "currency": "eur"})
    canceled = simulator.stripe.payouts.cancel(payout.id)
    assert canceled.status == "canceled"
    entry = simulator.stripe.balance_transactions.retrieve(canceled.failure_balance_transaction)
    assert (entry.net, entry.type) == (1100, "payout_cancel")
    simulator.control("clock/advance", seconds=5)
    assert simulator.stripe.payouts.retrieve(payout.id).status == "canceled"
    assert balance(simulator) == (4716, 0)


def test_an_instant_payout_takes_pending_money_and_is_explained_to_the_last_cent(
    own_simulator: Any,
) -> None:
    simulator = own_simulator
    first, second = paid(simulator), paid(simulator, "4000002760000016")
    refund = simulator.stripe.refunds.create({"charge": first, "amount": 1000})
    payout = simulator.control("payouts", instant=True)
    assert (payout["amount"], payout["automatic"], payout["method"]) == (8517, True, "instant")
    assert balance(simulator) == (0, 0)
    listed = simulator.stripe.balance_transactions.list(
        {"payout": payout["id"], "expand": ["data.source"]}
    ).data
    assert {entry.source.id for entry in listed} == {first, second, refund.id, payout["id"]}
    assert sum(entry.net for entry in listed) == 0
    assert sum(entry.net for entry in listed if entry.type != "payout") == payout["amount"]
    simulator.control("clock/advance", seconds=5)
    done = simulator.stripe.payouts.retrieve(payout["id"])
    assert (done.status, done.reconciliation_status) == ("paid", "completed")
    third = paid(simulator)
    next_one = simulator.control("payouts", instant=True)
    listed = simulator.stripe.balance_transactions.list({"payout": next_one["id"]}).data
    assert {entry.source for entry in listed} == {third, next_one["id"]}
    types = {event.type for event in simulator.stripe.events.list({"type": "payout.*"}).data}
    assert types >= {"payout.created", "payout.paid", "payout.reconciliation_completed"}


def test_a_paid_payout_fails_and_the_next_one_pays_it_again(own_simulator: Any) -> None:
    simulator = own_simulator
    paid(simulator)
    payout = simulator.control("payouts", instant=False)
    simulator.control("clock/advance", seconds=5)
    assert simulator.stripe.payouts.retrieve(payout["id"]).status == "paid"
    failed = simulator.control(f"payouts/{payout['id']}/fail", failure_code="no_account")
    assert (failed["status"], failed["failure_code"]) == ("failed", "no_account")
    entry = simulator.stripe.balance_transactions.retrieve(failed["failure_balance_transaction"])
    assert (entry.net, entry.type) == (4716, "payout_failure")
    assert (
        simulator.stripe.events.list({"type": "payout.failed"}).data[0].data.object.id
        == (payout["id"])
    )
    again = simulator.control("payouts", instant=False)
    assert again["amount"] == 4716
    refused = simulator.http.post("/_sim/payouts", json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "balance_insufficient")


def test_each_day_what_became_available_is_paid_out(own_simulator: Any) -> None:
    simulator = own_simulator
    paid(simulator, "4242424242424242")
    assert balance(simulator) == (0, 4716)
    simulator.control("clock/advance", seconds=4 * 86400)
    assert simulator.stripe.payouts.list().data == []
    simulator.control("clock/advance", seconds=2 * 86400)
    payout = simulator.stripe.payouts.list({"status": "in_transit"}).data[0]
    assert (payout.amount, payout.automatic, payout.method) == (4716, True, "standard")
    entries = simulator.stripe.balance_transactions.list({"payout": payout.id, "type": "charge"})
    assert entries.data[0].available_on <= payout.created
    simulator.control("clock/advance", seconds=5 * 86400)
    payout = simulator.stripe.payouts.retrieve(payout.id)
    assert payout.status == "paid"
    found = simulator.stripe.payouts.list({"arrival_date": {"lte": payout.arrival_date}}).data
    assert [one.id for one in found] == [payout.id]
    available = simulator.stripe.events.list({"type": "balance.available"}).data
    assert available[-1].data.object.available[0].amount == 4716
