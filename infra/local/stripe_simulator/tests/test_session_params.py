"""What a Checkout Session takes, refuses and lets change."""

from typing import Any

import pytest
import stripe

pytestmark = pytest.mark.enable_socket


@pytest.mark.parametrize("locale", ["auto", "en", "en-GB", "de", "zh-TW"])
def test_a_session_takes_every_locale_that_the_library_writes_as_text(
    simulator: Any, locale: str
) -> None:
    """The library's type of `locale` is a forward reference, which was once read as no locale."""
    assert simulator.open_session(locale=locale).locale == locale


def test_a_session_refuses_a_locale_that_stripe_does_not_have(simulator: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.open_session(locale="tlh")
    assert refused.value.param == "locale"


def test_the_metadata_of_a_session_can_be_changed(simulator: Any) -> None:
    session = simulator.open_session()
    changed = simulator.stripe.checkout.sessions.update(
        session.id, {"metadata": {"booking_id": "", "visit": "7"}}
    )
    assert changed.metadata.to_dict() == {"visit": "7"}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.stripe.checkout.sessions.update(session.id, {"mode": "setup"})
    assert refused.value.code == "parameter_unknown"


def test_a_session_is_of_a_customer_or_makes_one(simulator: Any) -> None:
    owner = simulator.stripe.customers.create()
    session = simulator.open_session(customer=owner.id)
    assert (session.customer, session.customer_creation) == (owner.id, None)
    paid = simulator.pay(session)
    assert simulator.stripe.charges.retrieve(paid["charge"]).customer == owner.id
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        simulator.open_session(customer=owner.id, customer_creation="always")
    listed = simulator.stripe.checkout.sessions.list({"customer": owner.id}).data
    assert [one.id for one in listed] == [session.id]


def test_a_payment_session_needs_line_items_in_its_own_currency(simulator: Any) -> None:
    sent = simulator.session_params()
    lines = sent.pop("line_items")
    with pytest.raises(stripe.InvalidRequestError) as missing:
        simulator.stripe.checkout.sessions.create(sent)
    assert missing.value.param == "line_items"
    with pytest.raises(stripe.InvalidRequestError, match="one currency"):
        simulator.open_session(line_items=lines, currency="usd")


def test_a_setup_session_is_in_a_currency_that_can_be_charged(simulator: Any) -> None:
    sent = {"mode": "setup", "success_url": "https://example.com/done"}
    assert simulator.stripe.checkout.sessions.create(sent | {"currency": "SEK"}).currency == "sek"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.stripe.checkout.sessions.create(sent | {"currency": "xyz"})
    assert refused.value.param == "currency"
