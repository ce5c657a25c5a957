"""What a charge settles as: fees by origin, converted currencies, the least amount; holds."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from infra.local.stripe_simulator.tests.running_simulator import Simulator, in_thread

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def american() -> Iterator[Simulator]:
    with in_thread(seed=3, account_country="US", currency="usd") as one:
        yield one


def settled(simulator: Any, amount: int, currency: str, card: str = "pm_card_visa") -> Any:
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
    return intent.latest_charge.balance_transaction


@pytest.mark.parametrize(
    ("amount", "currency", "rate", "gross", "fees"),
    [
        # 3.25 % and 25 cents of the settled amount, and 2 % for the conversion.
        (10_000, "gbp", 1.14285714, 11_429, [396, 229]),
        (5_000, "jpy", 0.00555556, 2_778, [115, 56]),
        (5_120, "kwd", 2.80898876, 1_438, [72, 29]),
        (500_000, "isk", 0.00684932, 3_425, [136, 69]),
        (10_000, "eur", None, 10_000, [350]),
    ],
)
def test_a_charge_settles_in_the_accounts_currency(
    simulator: Any, amount: int, currency: str, rate: float | None, gross: int, fees: list[int]
) -> None:
    entry = settled(simulator, amount, currency)
    assert (entry.currency, entry.amount, entry.exchange_rate) == ("eur", gross, rate)
    assert [detail.amount for detail in entry.fee_details] == fees
    assert (entry.fee, entry.net) == (sum(fees), gross - sum(fees))
    charge = simulator.stripe.charges.retrieve(entry.source)
    assert (charge.amount, charge.currency) == (amount, currency)
    refund = simulator.stripe.refunds.create(
        {"charge": charge.id, "expand": ["balance_transaction"]}
    )
    assert (refund.amount, refund.currency) == (amount, currency)
    back = refund.balance_transaction
    assert (back.amount, back.currency, back.exchange_rate, back.fee) == (-gross, "eur", rate, 0)


def test_an_american_account_pays_american_fees(american: Any) -> None:
    entry = settled(american, 7000, "usd")
    assert (entry.fee, entry.net) == (233, 6767)
    assert settled(american, 7000, "usd", "pm_card_de").fee == 338
    opened = american.control(f"charges/{entry.source}/dispute", reason="fraudulent")
    assert [one["fee"] for one in opened["balance_transactions"]] == [1500]


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (57, "usd", "amount_too_small"),
        (58, "usd", None),
        (89, "jpy", "amount_too_small"),
        (90, "jpy", None),
        (99_999_999, "eur", None),
        (100_000_000, "eur", "amount_too_large"),
        (100_000_000, "jpy", None),
        (5_125, "kwd", "parameter_invalid_integer"),
    ],
)
def test_the_least_amount_is_that_of_the_settlement_currency(
    simulator: Any, amount: int, currency: str, code: str | None
) -> None:
    sent = {"amount": amount, "currency": currency}
    if code is None:
        assert simulator.stripe.payment_intents.create(sent).amount == amount
        return
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.stripe.payment_intents.create(sent)
    assert (refused.value.code, refused.value.param) == (code, "amount")


def test_balance_transactions_are_filtered_by_what_they_are(simulator: Any) -> None:
    entry = settled(simulator, 5000, "eur")
    entries = simulator.stripe.balance_transactions
    assert [one.id for one in entries.list({"source": entry.source}).data] == [entry.id]
    found = entries.list(
        {"type": "charge", "currency": "eur", "created": {"gte": entry.created}, "limit": 100}
    )
    assert entry.id in {one.id for one in found.data}
    assert entries.list({"type": "charge", "currency": "usd"}).data == []
    expanded = entries.list({"source": entry.source, "expand": ["data.source"]}).data[0]
    assert expanded.source.object == "charge"


def held(simulator: Any, amount: int = 9000) -> Any:
    return simulator.stripe.payment_intents.create(
        {
            "amount": amount,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "capture_method": "manual",
        }
    )


def test_a_partial_capture_settles_and_can_be_refunded_only_as_far_as_it_went(
    simulator: Any,
) -> None:
    intent = held(simulator)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.stripe.payment_intents.capture(intent.id, {"amount_to_capture": 9001})
    assert refused.value.code == "amount_too_large"
    captured = simulator.stripe.payment_intents.capture(intent.id, {"amount_to_capture": 4000})
    assert (captured.amount_capturable, captured.amount_received) == (0, 4000)
    charge = simulator.stripe.charges.retrieve(
        intent.latest_charge, {"expand": ["balance_transaction"]}
    )
    assert (charge.amount, charge.amount_captured, charge.amount_refunded) == (9000, 4000, 0)
    assert charge.balance_transaction.amount == 4000
    with pytest.raises(stripe.InvalidRequestError):
        simulator.stripe.refunds.create({"charge": charge.id, "amount": 4001})
    assert simulator.stripe.refunds.create({"charge": charge.id}).amount == 4000
    assert simulator.stripe.charges.retrieve(charge.id).refunded


def test_a_canceled_authorisation_can_be_neither_captured_nor_refunded(simulator: Any) -> None:
    intent = held(simulator)
    canceled = simulator.stripe.payment_intents.cancel(intent.id)
    assert (canceled.status, canceled.amount_capturable) == ("canceled", 0)
    with pytest.raises(stripe.InvalidRequestError):
        simulator.stripe.payment_intents.capture(intent.id)
    with pytest.raises(stripe.InvalidRequestError):
        simulator.stripe.refunds.create({"charge": intent.latest_charge})


def test_an_authorisation_lapses_by_the_clock(own_simulator: Any) -> None:
    intent = held(own_simulator)
    charge = own_simulator.stripe.charges.retrieve(intent.latest_charge)
    until = charge.payment_method_details.card.capture_before
    own_simulator.control("clock/advance", seconds=until - charge.created - 60)
    assert own_simulator.stripe.payment_intents.retrieve(intent.id).status == "requires_capture"
    own_simulator.control("clock/advance", seconds=120)
    lapsed = own_simulator.stripe.payment_intents.retrieve(intent.id)
    assert (lapsed.status, lapsed.cancellation_reason) == ("canceled", "automatic")
    events = own_simulator.stripe.events.list({"limit": 10}).data
    types = [event.type for event in events]
    assert types.index("payment_intent.canceled") < types.index("charge.expired")
    assert own_simulator.stripe.balance_transactions.list().data == []


def test_a_charge_and_an_intent_can_be_changed(simulator: Any) -> None:
    intent = simulator.stripe.payment_intents.create({"amount": 500, "currency": "eur"})
    intent = simulator.stripe.payment_intents.update(
        intent.id, {"amount": 700, "metadata": {"a": "1"}, "receipt_email": "a@example.com"}
    )
    assert (intent.amount, intent.metadata["a"]) == (700, "1")
    with pytest.raises(stripe.InvalidRequestError):
        simulator.stripe.payment_intents.update(intent.id, {"amount": 1})
    paid = simulator.stripe.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    with pytest.raises(stripe.InvalidRequestError):
        simulator.stripe.payment_intents.update(intent.id, {"amount": 900})
    charge = simulator.stripe.charges.update(
        paid.latest_charge, {"description": "Cut", "metadata": {"b": "2"}}
    )
    assert (charge.description, charge.metadata["a"], charge.metadata["b"]) == ("Cut", "1", "2")
    event = simulator.stripe.events.list({"type": "charge.updated"}).data[0]
    assert event.data.previous_attributes.to_dict() == {
        "description": None,
        "metadata": {"b": None},
    }
