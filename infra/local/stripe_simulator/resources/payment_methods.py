"""Payment methods, so far only those of a payment: docs.stripe.com/api/payment_methods."""

from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.cards import Card
from infra.local.stripe_simulator.errors import StripeObject
from infra.local.stripe_simulator.state import Account


def new_payment_method(
    account: Account, card: Card, *, email: str | None = None, name: str | None = None
) -> StripeObject:
    """Make a payment method of a card; which test card it is stays hidden."""
    method: StripeObject = {
        "id": account.ids.new("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": {
                "city": None,
                "country": None,
                "line1": None,
                "line2": None,
                "postal_code": None,
                "state": None,
            },
            "email": email,
            "name": name,
            "phone": None,
            "tax_id": None,
        },
        "card": {
            "brand": card.brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "unchecked",
            },
            "country": card.country,
            "display_brand": card.brand,
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
            "fingerprint": card.fingerprint,
            "funding": card.funding,
            "generated_from": None,
            "last4": card.last4,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": account.clock.now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }
    return account.add(method, behaviour=card.behaviour)


def retrieve(call: Call) -> StripeObject:
    """Give one payment method."""
    return call.account.get("payment_method", call.path["payment_method"])


OPERATIONS = (Operation("GET", "/v1/payment_methods/{payment_method}", retrieve),)
