"""Customers and the cards they keep."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

pytestmark = pytest.mark.enable_socket


def _card_of(simulator: Any, token: str = "pm_card_visa", **customer: Any) -> tuple[Any, Any]:
    owner = simulator.stripe.customers.create(customer)
    return owner, simulator.stripe.payment_methods.attach(token, {"customer": owner.id})


@pytest.mark.usefixtures("endpoint")
def test_a_customer_is_created_changed_listed_and_deleted(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    customers = simulator.stripe.customers
    ada = customers.create(
        {"email": "ada.l@example.com", "name": "Ada", "metadata": {"client_id": "c1"}}
    )
    changed = customers.update(
        ada.id, {"name": "Ada L.", "address": {"city": "Berlin"}, "metadata": {"vip": "1"}}
    )
    assert (changed.name, changed.address.city) == ("Ada L.", "Berlin")
    assert changed.metadata.to_dict() == {"client_id": "c1", "vip": "1"}
    assert [one.id for one in customers.list({"email": "ada.l@example.com"}).data] == [ada.id]
    assert customers.list({"email": "nobody@example.com"}).data == []
    assert customers.delete(ada.id).deleted is True
    assert customers.retrieve(ada.id).deleted is True
    eventually(lambda: len(receiver.deliveries) == 3)
    events = {event["type"]: event["data"] for event in receiver.events()}
    assert set(events) == {"customer.created", "customer.updated", "customer.deleted"}
    assert events["customer.updated"]["previous_attributes"] == {
        "name": "Ada",
        "address": None,
        "metadata": {"client_id": "c1"},
    }


def test_a_deleted_customer_takes_nothing_any_more(simulator: Any) -> None:
    owner, card = _card_of(simulator)
    simulator.stripe.customers.delete(owner.id)
    assert simulator.stripe.payment_methods.retrieve(card.id).customer is None
    calls: tuple[Callable[[], Any], ...] = (
        lambda: simulator.stripe.customers.update(owner.id, {"name": "x"}),
        lambda: simulator.stripe.setup_intents.create({"customer": owner.id}),
        lambda: simulator.open_session(customer=owner.id),
    )
    for call in calls:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            call()
        assert refused.value.code == "resource_missing"


def test_a_payment_method_is_made_of_a_number_or_a_token(simulator: Any) -> None:
    methods = simulator.stripe.payment_methods
    typed = methods.create(
        {
            "type": "card",
            "card": {
                "number": "5555555555554444",
                "exp_month": 4,
                "exp_year": 2034,
                "cvc": "321",
            },
            "billing_details": {"name": "Ada", "address": {"country": "DE"}},
        }
    )
    assert (typed.card.brand, typed.card.last4, typed.card.exp_year) == ("mastercard", "4444", 2034)
    assert typed.billing_details.address.country == "DE"
    token = methods.create({"type": "card", "card": {"token": "tok_visa_debit"}})
    assert (token.card.funding, token.customer) == ("debit", None)
    again = methods.create({"type": "card", "card": {"token": "tok_mastercard"}})
    assert again.card.fingerprint == typed.card.fingerprint
    with pytest.raises(stripe.CardError) as wrong:
        methods.create(
            {"type": "card", "card": {"number": "4242424242424241", "exp_month": 1, "exp_year": 34}}
        )
    assert wrong.value.code == "incorrect_number"
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        methods.attach("pm_card_nonsense", {"customer": simulator.stripe.customers.create().id})
    assert unknown.value.code == "resource_missing"


@pytest.mark.usefixtures("endpoint")
def test_attaching_and_detaching_a_card_are_told(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    methods = simulator.stripe.payment_methods
    owner, card = _card_of(simulator)
    assert card.customer == owner.id
    assert [one.id for one in methods.list({"customer": owner.id, "type": "card"}).data] == [
        card.id
    ]
    listed = simulator.stripe.customers.payment_methods
    assert [one.id for one in listed.list(owner.id).data] == [card.id]
    assert listed.retrieve(owner.id, card.id).id == card.id
    simulator.stripe.customers.update(
        owner.id, {"invoice_settings": {"default_payment_method": card.id}}
    )
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        methods.attach(card.id, {"customer": owner.id})
    assert methods.update(card.id, {"card": {"exp_year": 2039}}).card.exp_year == 2039
    assert methods.detach(card.id).customer is None
    owner = simulator.stripe.customers.retrieve(owner.id)
    assert owner.invoice_settings.default_payment_method is None
    eventually(lambda: "payment_method.detached" in receiver.types())
    detached = next(e for e in receiver.events() if e["type"] == "payment_method.detached")
    assert detached["data"]["previous_attributes"] == {"customer": owner.id}
    calls: tuple[Callable[[], Any], ...] = (
        lambda: methods.detach(card.id),
        lambda: methods.update(card.id, {"metadata": {"a": "b"}}),
        lambda: methods.attach(card.id, {"customer": owner.id}),
    )
    for call in calls:
        with pytest.raises(stripe.InvalidRequestError):
            call()


def test_a_card_that_the_bank_declines_is_not_attached(simulator: Any) -> None:
    owner = simulator.stripe.customers.create()
    with pytest.raises(stripe.CardError) as declined:
        simulator.stripe.payment_methods.attach(
            "pm_card_chargeDeclinedExpiredCard", {"customer": owner.id}
        )
    assert declined.value.code == "expired_card"
    assert simulator.stripe.payment_methods.list({"customer": owner.id}).data == []
    with pytest.raises(stripe.CardError):
        simulator.stripe.customers.create({"payment_method": "pm_card_visa_chargeDeclined"})


def test_a_card_that_was_used_without_a_customer_is_used_up(simulator: Any) -> None:
    intents = simulator.stripe.payment_intents
    sent = {"amount": 900, "currency": "eur", "confirm": True}
    paid = intents.create({**sent, "payment_method": "pm_card_visa"})
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        intents.create({**sent, "payment_method": paid.payment_method})
    owner = simulator.stripe.customers.create()
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        simulator.stripe.payment_methods.attach(paid.payment_method, {"customer": owner.id})


def test_a_saved_card_pays_for_its_owner_only(simulator: Any) -> None:
    owner, card = _card_of(simulator)
    stranger = simulator.stripe.customers.create()
    sent = {"amount": 900, "currency": "eur", "confirm": True, "payment_method": card.id}
    for payer in ({}, {"customer": stranger.id}):
        with pytest.raises(stripe.InvalidRequestError, match=r"belongs to|does not have"):
            simulator.stripe.payment_intents.create({**sent, **payer})
    for _ in range(2):
        paid = simulator.stripe.payment_intents.create(
            {**sent, "customer": owner.id, "expand": ["customer", "latest_charge"]}
        )
        assert paid.latest_charge.customer == paid.customer.id == owner.id
    assert len(simulator.stripe.charges.list({"customer": owner.id}).data) == 2
    assert simulator.stripe.payment_intents.list({"customer": stranger.id}).data == []
