"""The hosted page's own calls, which the Stripe CLI makes too.

They are documented nowhere; Stripe answers an object of the page's own, this the session, of which
the recipes read no more than they already have.
"""

from infra.local.stripe_simulator import checkout, params
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.errors import StripeObject, invalid_param
from infra.local.stripe_simulator.params import Required
from infra.local.stripe_simulator.resources.payment_methods import named_method


def retrieve(call: Call) -> StripeObject:
    """Open a session's page."""
    return call.account.get("checkout.session", call.path["session"])


def confirm(call: Call) -> StripeObject:
    """Press the page's button with a payment method; a decline is a 402."""
    session, sent = retrieve(call), call.params
    if sent.get("expected_amount", session["amount_total"]) != session["amount_total"]:
        raise invalid_param(
            "The amount is not the session's (any more).",
            param="expected_amount",
            code="checkout_amount_mismatch",
        )
    method = named_method(call.account, sent["payment_method"])
    checkout.confirm(call.account, session, method)
    return session


OPERATIONS = (
    Operation("GET", "/v1/payment_pages/{session}", retrieve),
    Operation(
        "POST",
        "/v1/payment_pages/{session}/confirm",
        confirm,
        {"expected_amount": params.integer(), "payment_method": Required(params.text())},
    ),
)
