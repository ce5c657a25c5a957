"""An account that settles in several currencies: a balance and payouts in each, by themselves."""

from collections import Counter
from typing import Any

import pytest
import stripe

from infra.local.stripe_simulator.tests.running_simulator import error_of

pytestmark = pytest.mark.enable_socket
DAY_S = 86_400


@pytest.fixture
def simulator(own_simulator: Any) -> Any:
    """A German account with bank accounts for euros, pounds and dollars."""
    own_simulator.control("account", settlement_currencies=["gbp", "usd"])
    return own_simulator


def paid(simulator: Any, amount: int, currency: str, card: str = "pm_card_bypassPending") -> Any:
    """Let a client pay; return the charge with its entry."""
    intent = simulator.stripe.payment_intents.create(
        {
            "amount": amount,
            "currency": currency,
            "payment_method": card,
            "confirm": True,
            "capture_method": "automatic",
            "expand": ["latest_charge.balance_transaction"],
        }
    )
    return intent.latest_charge


def balance(simulator: Any) -> dict[str, tuple[int, int]]:
    """Return what is available and what is pending, by currency."""
    now = simulator.stripe.balance.retrieve()
    pending = {one.currency: one.amount for one in now.pending}
    return {one.currency: (one.amount, pending[one.currency]) for one in now.available}


def entries(simulator: Any, **chosen: str) -> list[Any]:
    found: list[Any] = simulator.stripe.balance_transactions.list({"limit": 100, **chosen}).data
    return found


def test_a_charge_stays_in_its_currency_where_the_account_settles_in_that(simulator: Any) -> None:
    euros, pounds, dollars, yen = (
        paid(simulator, amount, currency).balance_transaction
        for amount, currency in ((5000, "eur"), (4000, "gbp"), (6000, "usd"), (9000, "jpy"))
    )
    assert [(one.currency, one.amount) for one in (euros, pounds, dollars, yen)] == [
        ("eur", 5000),
        ("gbp", 4000),
        ("usd", 6000),
        ("eur", 5000),
    ]
    # Only what is converted has a rate, and the conversion's fee beside the other.
    assert [one.exchange_rate for one in (euros, pounds, dollars)] == [None] * 3
    assert [len(one.fee_details) for one in (euros, pounds, dollars, yen)] == [1, 1, 1, 2]
    # 3.25 % and 25 euro cents, which are 22 pence and 29 cents.
    assert [one.fee for one in (euros, pounds, dollars)] == [188, 152, 224]
    assert {detail.currency for detail in pounds.fee_details} == {"gbp"}
    assert balance(simulator) == {
        "eur": (euros.net + yen.net, 0),
        "gbp": (pounds.net, 0),
        "usd": (dollars.net, 0),
    }


def test_each_currency_has_a_balance_even_before_there_is_money(simulator: Any) -> None:
    assert balance(simulator) == {"eur": (0, 0), "gbp": (0, 0), "usd": (0, 0)}


def test_each_day_each_currency_is_paid_out_to_its_own_bank_account(simulator: Any) -> None:
    charges = {
        currency: paid(simulator, 5000, currency, "pm_card_visa")
        for currency in ("eur", "gbp", "usd")
    }
    converted = paid(simulator, 9000, "jpy", "pm_card_visa")
    simulator.control("clock/advance", seconds=6 * DAY_S)
    payouts = simulator.stripe.payouts.list().data
    assert Counter(one.currency for one in payouts) == {"eur": 1, "gbp": 1, "usd": 1}
    assert len({one.destination for one in payouts}) == 3
    for payout in payouts:
        listed = entries(simulator, payout=payout.id)
        assert {entry.currency for entry in listed} == {payout.currency}
        assert sum(entry.net for entry in listed) == 0
        assert {entry.source for entry in listed} == {
            payout.id,
            charges[payout.currency].id,
            *([converted.id] if payout.currency == "eur" else []),
        }
    assert balance(simulator) == {"eur": (0, 0), "gbp": (0, 0), "usd": (0, 0)}


def test_a_balance_below_zero_is_not_covered_by_another_currency(simulator: Any) -> None:
    charge = paid(simulator, 5000, "gbp")
    simulator.control("payouts", currency="gbp")
    simulator.control(f"charges/{charge.id}/dispute", reason="fraudulent")
    earned = paid(simulator, 20_000, "eur").balance_transaction.net
    simulator.control("clock/advance", seconds=2 * DAY_S)
    assert [one.currency for one in simulator.stripe.payouts.list().data] == ["eur", "gbp"]
    # The chargeback and its fee of 20 euros, in pounds.
    assert balance(simulator) == {"eur": (0, 0), "gbp": (-5000 - 1750, 0), "usd": (0, 0)}
    assert simulator.stripe.payouts.list().data[0].amount == earned


def test_a_dispute_takes_its_money_and_its_fee_from_the_charges_currency(simulator: Any) -> None:
    charge = paid(simulator, 5000, "usd")
    opened = simulator.control(f"charges/{charge.id}/dispute", reason="fraudulent")
    simulator.control(f"disputes/{opened['id']}/close", status="won")
    taken, brought_back = simulator.stripe.disputes.retrieve(opened["id"]).balance_transactions
    assert (taken.currency, taken.amount, taken.fee) == ("usd", -5000, 2320)
    assert (brought_back.currency, brought_back.amount, brought_back.fee) == ("usd", 5000, 0)


def test_a_refund_waits_for_money_in_its_own_currency(simulator: Any) -> None:
    pounds, dollars = paid(simulator, 5000, "gbp"), paid(simulator, 5000, "usd")
    for currency in ("gbp", "usd"):
        simulator.control("payouts", currency=currency)
    paid(simulator, 50_000, "eur")
    first = simulator.stripe.refunds.create({"charge": pounds.id})
    second = simulator.stripe.refunds.create({"charge": dollars.id})
    assert (first.status, second.status) == ("pending", "pending")
    # Dollars come in: the older refund goes on waiting for pounds and holds this one up no longer.
    paid(simulator, 6000, "usd")
    simulator.control("clock/advance", seconds=1)
    first, second = (simulator.stripe.refunds.retrieve(one.id) for one in (first, second))
    assert (first.status, second.status) == ("pending", "succeeded")
    paid(simulator, 6000, "gbp")
    simulator.control("clock/advance", seconds=1)
    first = simulator.stripe.refunds.retrieve(first.id, {"expand": ["balance_transaction"]})
    entry = first.balance_transaction
    assert (first.status, entry.currency, entry.amount) == ("succeeded", "gbp", -5000)


def test_what_was_converted_is_given_back_from_the_currency_it_became(simulator: Any) -> None:
    simulator.control("account", settlement_currencies=[])
    charge = paid(simulator, 10_000, "gbp")
    assert charge.balance_transaction.currency == "eur"
    # From now on pounds stay pounds; those of the charge are euros already.
    simulator.control("account", settlement_currencies=["gbp"])
    refund = simulator.stripe.refunds.create(
        {"charge": charge.id, "amount": 5000, "expand": ["balance_transaction"]}
    )
    entry = refund.balance_transaction
    assert (refund.currency, entry.currency, entry.amount) == ("gbp", "eur", -5714)
    opened = simulator.control(f"charges/{charge.id}/dispute", amount=5000)
    assert [one["currency"] for one in opened["balance_transactions"]] == ["eur"]
    assert paid(simulator, 10_000, "gbp").balance_transaction.currency == "gbp"


def test_what_no_bank_account_takes_stays_in_its_balance(simulator: Any) -> None:
    net = paid(simulator, 5000, "usd").balance_transaction.net
    simulator.control("account", settlement_currencies=["gbp"])
    simulator.control("clock/advance", seconds=2 * DAY_S)
    assert simulator.stripe.payouts.list().data == []
    assert balance(simulator)["usd"] == (net, 0)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.stripe.payouts.create({"amount": net, "currency": "usd"})
    assert error_of(refused).param == "currency"


def test_a_payout_by_hand_takes_from_its_currency_alone(simulator: Any) -> None:
    net = paid(simulator, 5000, "gbp").balance_transaction.net
    for currency, amount in (("eur", 1), ("gbp", net + 1)):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            simulator.stripe.payouts.create({"amount": amount, "currency": currency})
        assert refused.value.code == "balance_insufficient"
    payout = simulator.stripe.payouts.create({"amount": net, "currency": "gbp"})
    simulator.control(f"payouts/{payout.id}/fail")
    assert balance(simulator)["gbp"] == (net, 0)
    assert {entry.currency for entry in entries(simulator, source=payout.id)} == {"gbp"}


def test_the_control_call_pays_out_the_default_currency_unless_one_is_named(
    simulator: Any,
) -> None:
    for currency in ("eur", "gbp"):
        paid(simulator, 5000, currency)
    assert simulator.control("payouts", instant=True)["currency"] == "eur"
    assert simulator.control("payouts", currency="gbp")["currency"] == "gbp"
    for wrong in ("chf", "usd"):
        refused = simulator.http.post("/_sim/payouts", json={"currency": wrong})
        assert refused.status_code == 400


def test_the_least_amount_is_that_of_the_balance_it_goes_to(simulator: Any) -> None:
    # 30 pence are 34 euro cents, of which the least is 50.
    assert simulator.stripe.payment_intents.create({"amount": 30, "currency": "gbp"}).amount == 30
    simulator.control("account", settlement_currencies=[])
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.stripe.payment_intents.create({"amount": 30, "currency": "gbp"})
    assert refused.value.code == "amount_too_small"


def test_an_account_is_opened_with_its_settlement_currencies(simulator: Any) -> None:
    opened = simulator.control("accounts", country="GB", settlement_currencies=["eur"])
    leeds = simulator.client(opened["secret_key"])
    assert leeds.accounts.retrieve_current().default_currency == "gbp"
    assert [one.currency for one in leeds.balance.retrieve().available] == ["eur", "gbp"]
    for wrong in (
        {"settlement_currencies": ["xyz"]},
        {"settlement_currencies": "eur"},
        # Of all regions Stripe names those where an account can settle in more than one.
        {"country": "JP", "settlement_currencies": ["usd"]},
    ):
        assert simulator.http.post("/_sim/accounts", json=wrong).status_code == 400
