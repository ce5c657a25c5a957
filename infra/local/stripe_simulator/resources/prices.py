"""Products and one-time prices: docs.stripe.com/api/prices.

Bookpay sends its prices with each session; whoever drives the simulator with Stripe's own recipes
makes them first.
"""

from infra.local.stripe_simulator import library, params
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.declarations import takes
from infra.local.stripe_simulator.errors import StripeObject
from infra.local.stripe_simulator.params import Required
from infra.local.stripe_simulator.state import Account


def create_product(call: Call) -> StripeObject:
    """Make a product."""
    account, sent = call.account, call.params
    product: StripeObject = {
        **library.unset("product", "tax_details"),
        "id": account.ids.new("prod"),
        "object": "product",
        "active": True,
        "created": account.clock.now(),
        "description": sent.get("description"),
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": params.merged_metadata({}, sent.get("metadata", {})),
        "name": sent["name"],
        "type": "service",
        "updated": account.clock.now(),
    }
    account.record_event("product.created", account.add(product))
    return product


def create_price(call: Call) -> StripeObject:
    """Make a price of a product."""
    account, sent = call.account, call.params
    product = account.get("product", sent["product"], param="product", status=400)
    price = new_price(account, sent, product["id"]) | {
        "active": True,
        "metadata": params.merged_metadata({}, sent.get("metadata", {})),
    }
    account.record_event("price.created", account.add(price))
    return price


def new_price(account: Account, sent: StripeObject, product_id: str) -> StripeObject:
    """Make the price that `currency` and `unit_amount` (minor units) tell; it is kept nowhere."""
    return {
        **library.unset("price", "currency_options tiers"),
        "id": account.ids.new("price"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": account.clock.now(),
        "currency": sent["currency"],
        "livemode": False,
        "metadata": {},
        "product": product_id,
        "tax_behavior": sent.get("tax_behavior", "unspecified"),
        "type": "one_time",
        "unit_amount": sent["unit_amount"],
        "unit_amount_decimal": str(sent["unit_amount"]),
    }


def retrieve_product(call: Call) -> StripeObject:
    """Give one product."""
    return call.account.get("product", call.path["product"])


def retrieve_price(call: Call) -> StripeObject:
    """Give one price."""
    return call.account.get("price", call.path["price"])


_PRODUCT = takes("ProductCreateParams", "description metadata name")
_PRICE = takes(
    "PriceCreateParams",
    "currency metadata tax_behavior",
    product=Required(params.text()),
    unit_amount=Required(params.integer()),
)

OPERATIONS = (
    Operation("POST", "/v1/products", create_product, _PRODUCT),
    Operation("GET", "/v1/products/{product}", retrieve_product),
    Operation("POST", "/v1/prices", create_price, _PRICE),
    Operation("GET", "/v1/prices/{price}", retrieve_price),
)
