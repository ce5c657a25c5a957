"""Sessions with prices made before, and the page's own calls, as Stripe's recipes make them."""

from typing import Any

import pytest
import stripe

pytestmark = pytest.mark.enable_socket


def price_of(simulator: Any, amount: int = 1500) -> Any:
    product = simulator.stripe.products.create({"name": "Haircut", "description": "short"})
    sent = {"product": product.id, "unit_amount": amount, "currency": "eur"}
    price = simulator.stripe.prices.create(sent)
    assert simulator.stripe.products.retrieve(product.id).name == "Haircut"
    assert simulator.stripe.prices.retrieve(price.id).unit_amount == amount
    return price


def confirm(simulator: Any, session: Any, **sent: Any) -> Any:
    client = stripe.StripeClient(
        "sk_test_simulator0000000001",
        base_addresses={"api": simulator.url},
        http_client=simulator.transport,
    )
    params = {"payment_method": "pm_card_visa"} | sent
    return client.raw_request("post", f"/v1/payment_pages/{session.id}/confirm", **params)


def test_a_session_sells_what_a_price_says(simulator: Any) -> None:
    price = price_of(simulator)
    session = simulator.open_session(line_items=[{"price": price.id, "quantity": 2}])
    assert (session.amount_total, session.currency) == (3000, "eur")
    line = simulator.stripe.checkout.sessions.line_items.list(session.id).data[0]
    assert (line.price.id, line.description) == (price.id, "Haircut")


def test_a_line_has_one_price(simulator: Any) -> None:
    price = price_of(simulator).id
    data = {"currency": "eur", "unit_amount": 900, "product_data": {"name": "Haircut"}}
    for line in ({"price": price, "price_data": data}, {"quantity": 1}, {"price": "price_none"}):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            simulator.open_session(line_items=[line])
        assert refused.value.http_status == 400
        assert refused.value.param == "line_items[0][price]"
    with pytest.raises(stripe.InvalidRequestError) as none:
        simulator.stripe.prices.create(
            {"product": "prod_none", "unit_amount": 1, "currency": "eur"}
        )
    assert none.value.param == "product"


def test_the_pages_call_pays_once_and_only_what_was_shown(simulator: Any) -> None:
    session = simulator.open_session()
    with pytest.raises(stripe.InvalidRequestError) as other:
        confirm(simulator, session, expected_amount=4800)
    assert other.value.code == "checkout_amount_mismatch"
    with pytest.raises(stripe.CardError):
        confirm(simulator, session, payment_method="pm_card_chargeDeclined")
    confirm(simulator, session, expected_amount=4900)
    paid = simulator.stripe.checkout.sessions.retrieve(session.id)
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    with pytest.raises(stripe.InvalidRequestError) as over:
        confirm(simulator, session)
    assert over.value.code == "checkout_session_not_open"


def test_where_goods_go_stays_with_the_intent_and_its_charge(simulator: Any) -> None:
    shipping = {"name": "Jenny Rosen", "address": {"line1": "510 Townsend St", "country": "US"}}
    intent = simulator.stripe.payment_intents.create(
        {
            "amount": 500,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "confirmation_method": "manual",
            "shipping": shipping,
            "expand": ["latest_charge"],
        }
    )
    assert intent.confirmation_method == "manual"
    assert intent.shipping.to_dict() == intent.latest_charge.shipping.to_dict() == shipping


def test_money_that_is_available_at_once_is_told(simulator: Any) -> None:
    before = {event.id for event in simulator.stripe.events.list({"limit": 100}).data}
    simulator.stripe.payment_intents.create(
        {
            "amount": 500,
            "currency": "eur",
            "capture_method": "automatic",
            "payment_method": "pm_card_bypassPending",
            "confirm": True,
        }
    )
    simulator.control("clock/advance", seconds=1)
    events = simulator.stripe.events.list({"limit": 20, "type": "balance.available"}).data
    assert [event for event in events if event.id not in before]
