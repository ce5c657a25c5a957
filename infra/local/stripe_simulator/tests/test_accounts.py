"""Accounts and their keys: several in one process, incomplete ones, revoked and restricted keys."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from infra.local.stripe_simulator.tests.running_simulator import error_of

pytestmark = pytest.mark.enable_socket
SENT = {"amount": 500, "currency": "eur"}


def test_each_account_has_its_own_keys_objects_and_balance(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    opened = simulator.control("accounts", country="GB", business_name="Leeds Barber")
    assert opened["default_currency"] == "gbp"
    leeds = simulator.client(opened["secret_key"])
    account = leeds.accounts.retrieve_current()
    assert (account.id, account.country) == (opened["id"], "GB")
    assert account.business_profile.name == "Leeds Barber"
    mine = simulator.stripe.payment_intents.create(SENT, {"idempotency_key": "both-use-it"})
    theirs = leeds.payment_intents.create(
        {"amount": 700, "currency": "gbp"}, {"idempotency_key": "both-use-it"}
    )
    assert mine.id != theirs.id
    for client, other in ((leeds, mine), (simulator.stripe, theirs)):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.payment_intents.retrieve(other.id)
        assert refused.value.code == "resource_missing"
    leeds.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    lines = simulator.session_params()["line_items"]
    lines[0]["price_data"]["currency"] = "gbp"
    session = leeds.checkout.sessions.create(simulator.session_params(line_items=lines))
    # Neither the page nor a control call needs to say whose session it is.
    assert "Leeds Barber" in simulator.http.get(f"/c/pay/{session.id}").text
    assert simulator.pay(session)["status"] == "succeeded"
    eventually(lambda: len(set(receiver.types())) >= 5)  # in whatever order
    assert [one.currency for one in leeds.balance.retrieve().pending] == ["gbp"]
    simulator.stripe.payment_intents.create(SENT)
    assert {event["type"] for event in receiver.events()} == {
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    }


def test_an_account_that_begins_in_the_past_has_a_history_by_days(simulator: Any) -> None:
    opened = simulator.control("accounts", days_ago=30)
    account = simulator.client(opened["secret_key"])
    now = simulator.http.get("/_sim/clock").json()["now"]
    paid = {"amount": 500, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    paid |= {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
    for _ in range(2):
        account.payment_intents.create(paid)
        simulator.control(f"clock/advance?account={opened['id']}", seconds=86_400)
    entries = account.balance_transactions.list({"type": "charge"}).data
    assert [round((now - each.created) / 86_400) for each in entries] == [29, 30]
    refused = simulator.http.post("/_sim/accounts", json={"days_ago": -1})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "days_ago")


def test_control_calls_name_an_account_where_no_id_does(simulator: Any) -> None:
    opened = simulator.control("accounts")
    leeds = simulator.client(opened["secret_key"])
    before = simulator.http.get("/_sim/clock").json()["now"]
    simulator.control(f"clock/advance?account={opened['id']}", seconds=5000)
    assert simulator.http.get("/_sim/clock").json()["now"] < before + 1000
    simulator.control(f"faults?account={opened['id']}", path="/v1/balance", status=500)
    assert simulator.stripe.balance.retrieve().object == "balance"
    with pytest.raises(stripe.APIError):
        leeds.balance.retrieve()
    listed = simulator.http.get("/_sim/accounts").json()["accounts"]
    assert opened["id"] in {one["id"] for one in listed}
    assert "sk_test" not in str(listed)
    unknown = simulator.http.post("/_sim/clock/advance?account=acct_none", json={"seconds": 1})
    assert unknown.status_code == 404
    for wrong in ({"country": "ZZ"}, {"default_currency": "xyz"}, {"name": "x"}):
        assert simulator.http.post("/_sim/accounts", json=wrong).status_code == 400


def test_a_revoked_key_is_401(simulator: Any) -> None:
    opened = simulator.control("accounts")
    client = simulator.client(opened["secret_key"])
    assert client.balance.retrieve().object == "balance"
    simulator.control("keys/revoke", key=opened["secret_key"])
    with pytest.raises(stripe.AuthenticationError) as refused:
        client.balance.retrieve()
    assert (refused.value.http_status, error_of(refused).code) == (401, "api_key_expired")
    assert opened["secret_key"] not in str(refused.value)
    unknown = simulator.http.post("/_sim/keys/revoke", json={"key": "sk_test_unknown"})
    assert unknown.status_code == 404


def test_a_restricted_key_does_what_it_may_and_nothing_else(simulator: Any) -> None:
    made = simulator.control(
        "keys/restrict", permissions={"charges": "read", "checkout_sessions": "write"}
    )
    assert made["key"].startswith("rk_test_")
    client = simulator.client(made["key"])
    assert client.charges.list().object == "list"
    session = client.checkout.sessions.create(simulator.session_params())
    assert client.checkout.sessions.retrieve(session.id).id == session.id
    for call in (
        lambda: client.payment_intents.create(SENT, {"idempotency_key": "restricted"}),
        client.accounts.retrieve_current,
        lambda: client.charges.update("ch_1", {"metadata": {"a": "b"}}),
    ):
        with pytest.raises(stripe.PermissionError) as refused:
            call()
        assert refused.value.http_status == 403
        assert made["key"] not in str(refused.value)
    # A refusal is not saved: with more rights the same key is used for the first time.
    again = simulator.stripe.payment_intents.create(SENT, {"idempotency_key": "restricted"})
    assert again.status == "requires_payment_method"
    simulator.control("keys/revoke", key=made["key"])
    with pytest.raises(stripe.AuthenticationError):
        client.charges.list()
    wrong = {"permissions": {"everything": "write"}}
    assert simulator.http.post("/_sim/keys/restrict", json=wrong).status_code == 400


def test_too_many_requests_are_429(simulator: Any) -> None:
    simulator.control("faults", path="/v1/customers*", status=429)
    with pytest.raises(stripe.RateLimitError) as refused:
        simulator.stripe.customers.list()
    assert (refused.value.http_status, error_of(refused).code) == (429, "rate_limit")
    assert simulator.stripe.customers.list().object == "list"


def test_an_account_can_be_incomplete_and_disabled(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    opened = simulator.control("accounts")
    client = simulator.client(opened["secret_key"])
    client.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["account.updated"]})
    whole = client.accounts.retrieve_current()
    assert (whole.charges_enabled, whole.payouts_enabled) == (True, True)
    assert whole.settings.payments.statement_descriptor == "BOOKPAY DEMO SALON"
    simulator.control(
        f"account?account={opened['id']}",
        business_name=None,
        statement_descriptor=None,
        charges_enabled=False,
        payouts_enabled=False,
        currently_due=["external_account"],
        disabled_reason="requirements.past_due",
    )
    account = client.accounts.retrieve_current()
    assert (account.charges_enabled, account.payouts_enabled) == (False, False)
    assert account.business_profile.name is None
    assert account.settings.payments.statement_descriptor is None
    assert account.requirements.currently_due == ["external_account"]
    eventually(lambda: receiver.types() == ["account.updated"])
    assert receiver.events()[0]["data"]["previous_attributes"]["charges_enabled"] is True
    with pytest.raises(stripe.InvalidRequestError, match="account or business name"):
        client.checkout.sessions.create(simulator.session_params())
    wrong = simulator.http.post("/_sim/account", json={"charges_enabled": "no"})
    assert wrong.status_code == 400


def test_country_specs_are_those_of_stripes_46_countries(simulator: Any) -> None:
    specs = simulator.stripe.country_specs
    listed = list(specs.list({"limit": 20}).auto_paging_iter())
    assert len({one.id for one in listed}) == len(listed) == 46
    currencies = {one.id: one.default_currency for one in listed}
    assert currencies["DE"] == currencies["HR"] == "eur"
    assert (currencies["GI"], currencies["LI"], currencies["JP"]) == ("gbp", "chf", "jpy")
    assert "kwd" in specs.retrieve("SE").supported_payment_currencies
    with pytest.raises(stripe.InvalidRequestError) as refused:
        specs.retrieve("NG")
    assert refused.value.http_status == 404
