"""A client pays a Checkout Session: what the objects, the events and the ledger then say."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from infra.local.stripe_simulator.tests.running_simulator import error_of

pytestmark = pytest.mark.enable_socket

DECLINES = [
    ("4000000000000002", "card_declined", "generic_decline"),
    ("4000000000009995", "card_declined", "insufficient_funds"),
    ("4000000000000069", "expired_card", "expired_card"),
    ("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
    ("4000000000000119", "processing_error", "processing_error"),
]


def test_an_open_session_has_a_page_and_no_payment_intent(simulator: Any) -> None:
    session = simulator.open_session()
    assert session.status == "open"
    assert session.payment_status == "unpaid"
    assert session.payment_intent is None
    assert session.amount_total == 4900
    assert session.url == f"{simulator.url}/c/pay/{session.id}"
    assert session.expires_at == session.created + 86400
    assert session.submit_type == "book"


def test_paying_makes_charge_intent_and_session_agree(simulator: Any) -> None:
    session = simulator.open_session()
    paid = simulator.pay(session)
    assert paid["status"] == "succeeded"
    session = simulator.stripe.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge", "line_items"]}
    )
    intent = session.payment_intent
    charge = intent.latest_charge
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    assert (intent.status, intent.amount_received) == ("succeeded", 4900)
    assert (charge.status, charge.captured, charge.amount_captured) == ("succeeded", True, 4900)
    assert (charge.id, intent.id) == (paid["charge"], paid["payment_intent"])
    assert charge.metadata["booking_id"] == intent.metadata["booking_id"] == "bk_1"
    assert session.line_items.data[0].description == "Haircut"


@pytest.mark.usefixtures("endpoint")
def test_the_balance_transaction_arrives_later_with_charge_updated(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    simulator.control("clock", stopped=False)
    paid = simulator.pay(simulator.open_session())
    expected = {
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    }
    # They are delivered beside each other: the last to happen may come before another.
    eventually(lambda: expected <= set(receiver.types()))
    events = {event["type"]: event for event in receiver.events()}
    assert set(events) == expected
    assert events["charge.succeeded"]["data"]["object"]["balance_transaction"] is None
    updated = events["charge.updated"]
    assert updated["data"]["previous_attributes"] == {"balance_transaction": None}
    assert updated["request"] == {"id": None, "idempotency_key": None}
    entry = simulator.stripe.balance_transactions.retrieve(
        updated["data"]["object"]["balance_transaction"]
    )
    assert entry.source == paid["charge"]
    # A card from the United States on a German account: 3.25 % and 25 cents.
    assert (entry.amount, entry.fee, entry.net) == (4900, 184, 4716)
    assert entry.fee_details[0].amount == 184
    assert (entry.type, entry.reporting_category) == ("charge", "charge")


def test_a_european_card_costs_less_and_the_balance_sums_the_nets(own_simulator: Any) -> None:
    simulator = own_simulator
    simulator.pay(simulator.open_session(), "4000002760000016")
    simulator.pay(simulator.open_session(), "4000000000000077")
    simulator.control("clock/advance", seconds=2)
    entries = simulator.stripe.balance_transactions.list({"type": "charge"}).data
    assert [(entry.fee, entry.status) for entry in entries] == [
        (184, "available"),
        (99, "pending"),
    ]
    balance = simulator.stripe.balance.retrieve()
    assert (balance.available[0].amount, balance.pending[0].amount) == (4716, 4801)
    simulator.control("clock/advance", seconds=6 * 86400)
    balance = simulator.stripe.balance.retrieve()
    assert (balance.available[0].amount, balance.pending[0].amount) == (0, 0)
    paid_out = simulator.stripe.payouts.list().data
    assert sum(payout.amount for payout in paid_out) == 9517, "each day's payout took it"


@pytest.mark.parametrize(("card", "code", "decline_code"), DECLINES)
def test_a_declined_card_leaves_the_session_open_and_another_card_pays_it(
    simulator: Any, card: str, code: str, decline_code: str
) -> None:
    session = simulator.open_session()
    declined = simulator.pay(session, card)
    assert declined["status"] == "declined"
    assert declined["error"]["code"] == code
    assert declined["error"]["decline_code"] == decline_code
    failed = simulator.stripe.charges.retrieve(declined["charge"])
    assert (failed.status, failed.failure_code, failed.paid) == ("failed", code, False)
    intent = simulator.stripe.payment_intents.retrieve(declined["payment_intent"])
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error.decline_code == decline_code
    assert simulator.stripe.checkout.sessions.retrieve(session.id).status == "open"
    paid = simulator.pay(session)
    assert paid["status"] == "succeeded"
    assert paid["payment_intent"] == declined["payment_intent"]
    assert paid["charge"] != declined["charge"]


@pytest.mark.usefixtures("endpoint")
def test_a_decline_sends_charge_failed_and_payment_failed(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    simulator.pay(simulator.open_session(), "4000000000000002")
    eventually(lambda: len(receiver.types()) == 3)
    assert sorted(receiver.types()) == [
        "charge.failed",
        "payment_intent.created",
        "payment_intent.payment_failed",
    ]


@pytest.mark.parametrize("card", ["4242424242424241", "4111111111111111", "12", ""])
def test_a_number_that_is_no_test_card_is_refused_without_a_trace(
    simulator: Any, card: str
) -> None:
    session = simulator.open_session()
    refused = simulator.pay(session, card)
    assert (refused["status"], refused["error"]["code"]) == ("declined", "incorrect_number")
    assert simulator.stripe.checkout.sessions.retrieve(session.id).payment_intent is None


@pytest.mark.parametrize(("answer", "status"), [("complete", "succeeded"), ("fail", "declined")])
def test_3d_secure_asks_before_it_charges(simulator: Any, answer: str, status: str) -> None:
    session = simulator.open_session()
    unasked = {"outcome": "complete"}
    early = simulator.http.post(f"/_sim/checkout/{session.id}/authenticate", json=unasked)
    assert early.status_code == 400
    asked = simulator.pay(session, "4000000000003220")
    assert asked["status"] == "requires_action"
    intent = simulator.stripe.payment_intents.retrieve(asked["payment_intent"])
    assert (intent.status, intent.latest_charge) == ("requires_action", None)
    answered = simulator.control(f"checkout/{session.id}/authenticate", outcome=answer)
    assert answered["status"] == status
    session = simulator.stripe.checkout.sessions.retrieve(session.id)
    assert session.status == ("complete" if status == "succeeded" else "open")


def test_a_paid_session_cannot_be_paid_again(simulator: Any) -> None:
    session = simulator.open_session()
    first = simulator.pay(session)
    again = simulator.pay(session)
    assert (again["status"], again["charge"]) == ("complete", first["charge"])
    charges = simulator.stripe.charges.list({"payment_intent": first["payment_intent"]})
    assert len(charges.data) == 1


@pytest.mark.usefixtures("endpoint")
def test_an_expired_session_takes_no_payment(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    session = simulator.open_session()
    expired = simulator.stripe.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    eventually(lambda: receiver.types() == ["checkout.session.expired"])
    assert simulator.pay(session)["status"] == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="open"):
        simulator.stripe.checkout.sessions.expire(session.id)


def test_a_session_expires_by_the_clock(
    own_simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    simulator = own_simulator
    simulator.stripe.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    now = simulator.http.get("/_sim/clock").json()["now"]
    session = simulator.open_session(expires_at=now + 1860)
    simulator.control("clock/advance", seconds=1850)
    assert simulator.stripe.checkout.sessions.retrieve(session.id).status == "open"
    simulator.control("clock/advance", seconds=20)
    assert simulator.stripe.checkout.sessions.retrieve(session.id).status == "expired"
    eventually(lambda: receiver.types() == ["checkout.session.expired"])
    assert receiver.events()[0]["created"] == now + 1860


@pytest.mark.parametrize("seconds", [0, 1700, 86_400 + 60, 200_000])
def test_expires_at_is_refused_outside_30_minutes_to_24_hours(simulator: Any, seconds: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.open_session(expires_at=int(time.time()) + seconds)
    assert refused.value.param == "expires_at"


@pytest.mark.usefixtures("endpoint")
def test_a_manual_capture_is_a_hold_until_it_is_captured(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    session = simulator.open_session(payment_intent_data={"capture_method": "manual"})
    held = simulator.pay(session)
    charge = simulator.stripe.charges.retrieve(held["charge"])
    assert (charge.captured, charge.amount_captured) == (False, 0)
    assert charge.payment_method_details.card.capture_before > charge.created
    session = simulator.stripe.checkout.sessions.retrieve(session.id)
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    intent = simulator.stripe.payment_intents.capture(
        held["payment_intent"], {"amount_to_capture": 3000}
    )
    assert (intent.status, intent.amount_received) == ("succeeded", 3000)
    eventually(lambda: "charge.captured" in receiver.types())
    captured = next(e for e in receiver.events() if e["type"] == "charge.captured")
    assert captured["data"]["previous_attributes"] == {
        "captured": False,
        "amount_captured": 0,
        "balance_transaction": None,
    }
    entry = simulator.stripe.balance_transactions.list({"source": held["charge"]}).data[0]
    assert (entry.amount, entry.net) == (3000, 3000 - entry.fee)


@pytest.mark.parametrize(
    ("currency", "amount", "code"),
    [
        ("eur", 49, "amount_too_small"),
        ("jpy", 49, "amount_too_small"),
        ("kwd", 5121, "parameter_invalid_integer"),
        ("isk", 550, "parameter_invalid_integer"),
        ("xyz", 5000, None),
    ],
)
def test_an_amount_that_the_currency_cannot_have_is_refused(
    simulator: Any, currency: str, amount: int, code: str | None
) -> None:
    lines = simulator.session_params()["line_items"]
    lines[0]["price_data"] |= {"currency": currency, "unit_amount": amount}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.open_session(line_items=lines)
    assert refused.value.code == code


def test_a_payment_intent_is_confirmed_declined_and_canceled_through_the_api(
    simulator: Any,
) -> None:
    intents = simulator.stripe.payment_intents
    paid = intents.create(
        {"amount": 2000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    )
    assert paid.status == "succeeded"
    method = simulator.stripe.payment_methods.retrieve(paid.payment_method)
    assert (method.card.brand, method.card.last4) == ("visa", "4242")
    waiting = intents.create({"amount": 2000, "currency": "eur"})
    with pytest.raises(stripe.CardError) as declined:
        intents.confirm(waiting.id, {"payment_method": "pm_card_visa_chargeDeclined"})
    error = error_of(declined)
    assert (error.code, error.decline_code) == ("card_declined", "generic_decline")
    assert error.payment_intent.id == waiting.id
    assert error.charge.startswith("ch_")
    assert intents.cancel(waiting.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        intents.confirm(waiting.id, {"payment_method": "pm_card_visa"})
    assert refused.value.code == "payment_intent_unexpected_state"
