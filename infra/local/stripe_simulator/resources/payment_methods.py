"""Payment methods: docs.stripe.com/api/payment_methods.

The tokens `pm_card_...` and `tok_...` name test cards; each use of one makes a payment method.
"""

from collections.abc import Iterable

from infra.local.stripe_simulator import listing, params
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.cards import TOKEN_PREFIX, Card, card_of_token, read_card
from infra.local.stripe_simulator.declarations import some, takes
from infra.local.stripe_simulator.errors import (
    StripeObject,
    invalid_param,
    missing_param,
    no_such,
    wrong_state,
)
from infra.local.stripe_simulator.params import Required
from infra.local.stripe_simulator.saved_cards import (
    attach,
    behaviour_of,
    decline_of_saving,
    declined,
    detach,
)
from infra.local.stripe_simulator.state import Account, change

NO_ADDRESS: StripeObject = dict.fromkeys(
    ("city", "country", "line1", "line2", "postal_code", "state")
)


def new_payment_method(
    account: Account, card: Card, *, email: str | None = None, name: str | None = None
) -> StripeObject:
    """Make a payment method of a card; which test card it is stays hidden."""
    method: StripeObject = {
        "id": account.ids.new("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": dict(NO_ADDRESS),
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


def named_method(account: Account, name: str, *, param: str = "payment_method") -> StripeObject:
    """Find the payment method that a parameter names; a token makes a new one."""
    if name.startswith(TOKEN_PREFIX):
        card = card_of_token(name, clock=account.clock, ids=account.ids)
        if card is None:
            raise no_such("PaymentMethod", name, param=param, status=400)
        return new_payment_method(account, card)
    return account.get("payment_method", name, param=param, status=400)


def methods_of(account: Account, customer: str) -> Iterable[StripeObject]:
    """Give a customer's payment methods, newest first."""
    return (one for one in account.all("payment_method") if one["customer"] == customer)


def method_of_customer(account: Account, name: str, customer: str) -> StripeObject:
    """Find a payment method of this customer or refuse the call."""
    method = account.get("payment_method", name, param="payment_method")
    if method["customer"] != customer:
        raise no_such("payment_method", name, param="payment_method")
    return method


def attach_new(account: Account, method: StripeObject, customer: str) -> None:
    """Attach a payment method as the API does: the bank is asked, and declines some cards."""
    if method["customer"] is not None:
        raise wrong_state(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_unexpected_state",
            param="payment_method",
        )
    if account.hidden[method["id"]].get("spent"):
        raise wrong_state(
            f"The PaymentMethod {method['id']} was used before without being attached to a "
            "Customer, or was detached from one. It may not be used again.",
            code="payment_method_unexpected_state",
            param="payment_method",
        )
    decline = decline_of_saving(behaviour_of(account, method))
    if decline is not None:
        raise declined(decline, method)
    attach(account, method, customer)


def create(call: Call) -> StripeObject:
    """Make a payment method of a card's number or of a token; nobody is asked yet."""
    account, sent = call.account, call.params
    if "card" not in sent:
        raise missing_param("card")
    method = new_payment_method(account, _card(account, sent["card"]))
    details = sent.get("billing_details", {})
    change(
        method,
        billing_details=_billing_details(method, details),
        metadata=params.merged_metadata({}, sent.get("metadata", {})),
        allow_redisplay=sent.get("allow_redisplay", "unspecified"),
    )
    return method


def retrieve(call: Call) -> StripeObject:
    """Give one payment method."""
    return _named_in_path(call)


def list_all(call: Call) -> StripeObject:
    """List payment methods that are attached, of one customer if `customer` is sent."""
    account, sent = call.account, call.params
    if "customer" in sent:
        account.get("customer", sent["customer"], param="customer", status=400)
    methods = [one for one in account.all("payment_method") if one["customer"] is not None]
    return listing.page(methods, sent, call.url, ("customer", "type"))


def update(call: Call) -> StripeObject:
    """Change a saved payment method."""
    account, sent, method = call.account, call.params, _named_in_path(call)
    if method["customer"] is None:
        raise wrong_state(
            "You must save this PaymentMethod to a customer before you can update it.",
            code="payment_method_unexpected_state",
        )
    chosen: StripeObject = {}
    if "billing_details" in sent:
        chosen["billing_details"] = _billing_details(method, sent["billing_details"])
    if "card" in sent:
        chosen["card"] = method["card"] | sent["card"]
    if "metadata" in sent:
        chosen["metadata"] = params.merged_metadata(method["metadata"], sent["metadata"])
    if "allow_redisplay" in sent:
        chosen["allow_redisplay"] = sent["allow_redisplay"]
    previous = change(method, **chosen)
    if previous:
        account.record_event("payment_method.updated", method, previous)
    return method


def attach_to_customer(call: Call) -> StripeObject:
    """Attach a payment method to a customer, so that it can be used more than once."""
    customer = call.account.get("customer", call.params["customer"], param="customer", status=400)
    method = _named_in_path(call)
    attach_new(call.account, method, customer["id"])
    return method


def detach_from_customer(call: Call) -> StripeObject:
    """Detach a payment method; it can never be used again."""
    method = call.account.get("payment_method", call.path["payment_method"])
    if method["customer"] is None:
        raise wrong_state(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible.",
            code="payment_method_unexpected_state",
            param="payment_method",
        )
    detach(call.account, method)
    return method


def _named_in_path(call: Call) -> StripeObject:
    name = call.path["payment_method"]
    if name.startswith(TOKEN_PREFIX):
        return named_method(call.account, name)
    return call.account.get("payment_method", name, param="payment_method")


def _card(account: Account, sent: StripeObject) -> Card:
    if "token" in sent:
        card = card_of_token(sent["token"], clock=account.clock, ids=account.ids)
        if card is None:
            raise no_such("token", sent["token"], param="card[token]", status=400)
        if sent.keys() != {"token"}:
            raise invalid_param("A token goes without other card data.", param="card")
        return card
    for name in ("number", "exp_month", "exp_year"):
        if name not in sent:
            raise missing_param(f"card[{name}]")
    number = sent["number"]
    # The code is optional in the API; without it there is nothing to check.
    cvc = sent.get("cvc") or ("1234" if number.startswith("37") else "123")
    expiry = f"{sent['exp_month']}/{sent['exp_year']}"
    return read_card(number, expiry, cvc, clock=account.clock, ids=account.ids)


def _billing_details(method: StripeObject, sent: StripeObject) -> StripeObject:
    details: StripeObject = {**method["billing_details"], **sent}
    details["address"] = {**method["billing_details"]["address"], **sent.get("address", {})}
    return details


_MONTH = params.integer(1, 12)
_YEAR = params.integer(0, 9999)
_CHANGEABLE = "allow_redisplay billing_details metadata"
_CREATED = takes(
    "PaymentMethodCreateParams",
    _CHANGEABLE,
    card=some(
        "token", cvc=params.text(4), exp_month=_MONTH, exp_year=_YEAR, number=params.text(30)
    ),
    type=Required(params.one_of("card")),
)
_LISTED = takes(
    "PaymentMethodListParams", f"{listing.CURSORS} customer", type=params.one_of("card")
)
_CHANGED = takes(
    "PaymentMethodModifyParams", _CHANGEABLE, card=some(exp_month=_MONTH, exp_year=_YEAR)
)
_ATTACHED = takes("PaymentMethodAttachParams", customer=Required(params.text()))

OPERATIONS = (
    Operation("POST", "/v1/payment_methods", create, _CREATED),
    Operation("GET", "/v1/payment_methods", list_all, _LISTED),
    Operation("GET", "/v1/payment_methods/{payment_method}", retrieve),
    Operation("POST", "/v1/payment_methods/{payment_method}", update, _CHANGED),
    Operation("POST", "/v1/payment_methods/{payment_method}/attach", attach_to_customer, _ATTACHED),
    Operation("POST", "/v1/payment_methods/{payment_method}/detach", detach_from_customer),
)
