"""What is read from the library's classes: values, what an id may name, what may be null."""

import pytest

from infra.local.stripe_simulator import library
from infra.local.stripe_simulator.clock import Clock
from infra.local.stripe_simulator.errors import StripeError
from infra.local.stripe_simulator.expansion import KEPT, expanded
from infra.local.stripe_simulator.ids import Ids
from infra.local.stripe_simulator.settings import Settings
from infra.local.stripe_simulator.state import Account


@pytest.mark.parametrize(
    ("kind", "name", "kinds"),
    [
        ("charge", "customer", {"customer"}),
        ("payment_intent", "latest_charge", {"charge"}),
        ("setup_intent", "latest_attempt", {"setup_attempt"}),
        ("radar.early_fraud_warning", "charge", {"charge"}),
        # The library imports some classes under another name, and has two disputes.
        ("balance_transaction", "source", {"charge", "dispute", "payout", "refund"}),
        ("payout", "destination", set()),
        ("charge", "amount", set()),
        ("charge", "no_such_attribute", set()),
    ],
)
def test_an_attribute_tells_what_its_id_may_name(kind: str, name: str, kinds: set[str]) -> None:
    assert KEPT.intersection(library.expandable(kind, name)) == kinds


@pytest.mark.parametrize("path", ["amount", "transfer", "customer.default_source", "nothing"])
def test_what_names_nothing_that_is_kept_is_not_expanded(path: str) -> None:
    account = Account(Settings("sk_test_a", "pk_test_a", "http://x", 1), Clock(), Ids(1))
    owner = account.add({"object": "customer", "id": "cus_1", "default_source": "ba_1"})
    charge = {"object": "charge", "amount": 5, "customer": "cus_1", "transfer": None}
    assert expanded(account, charge, ["customer"])["customer"] == owner
    with pytest.raises(StripeError) as refused:
        expanded(account, charge, [path])
    assert refused.value.error["param"] == "expand"


def test_a_new_object_has_what_may_be_null_as_null() -> None:
    new = library.unset("payout")
    assert {"failure_code", "description", "original_payout"} <= new.keys()
    assert not {"amount", "id", "object", "status"} & new.keys()
    assert set(new.values()) == {None}
    # What may be absent is left out where an object says so, and so is the mark of a deleted one.
    assert library.unset("product").keys() - library.unset("product", "tax_details").keys() == {
        "tax_details"
    }
    assert "deleted" not in library.unset("product")


def test_a_parameter_lists_its_values_wherever_its_type_has_them() -> None:
    events = library.values_of("WebhookEndpointCreateParams", "enabled_events")
    assert {"*", "charge.refunded"} <= events
    assert library.values_of("PaymentIntentCreateParams", "off_session") == {"one_off", "recurring"}
