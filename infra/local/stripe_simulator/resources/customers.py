"""Customers: docs.stripe.com/api/customers."""

from infra.local.stripe_simulator import library, listing, params
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.declarations import Closer, some, takes
from infra.local.stripe_simulator.errors import StripeObject, no_such
from infra.local.stripe_simulator.resources.payment_methods import (
    NO_ADDRESS,
    attach_new,
    method_of_customer,
    methods_of,
    named_method,
)
from infra.local.stripe_simulator.saved_cards import detach
from infra.local.stripe_simulator.state import Account, change

# What a customer only has once there is something in it, or where it is asked for.
_ABSENT = (
    "business_name cash_balance individual_name invoice_credit_balance sources subscriptions tax "
    "tax_ids"
)
_PLAIN = ("description", "email", "name", "phone", "preferred_locales")


def new_customer(account: Account, **chosen: object) -> StripeObject:
    """Make and announce a customer; `chosen` overrides attributes."""
    customer: StripeObject = {
        **library.unset("customer", _ABSENT),
        "id": account.ids.new("cus"),
        "object": "customer",
        "balance": 0,
        "created": account.clock.now(),
        "delinquent": False,
        "invoice_prefix": account.ids.characters(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    }
    account.add(customer | chosen)
    made = account.get("customer", customer["id"])
    account.record_event("customer.created", made)
    return made


def create(call: Call) -> StripeObject:
    """Make a customer; `payment_method` is attached at once."""
    account, sent = call.account, call.params
    method = named_method(account, sent["payment_method"]) if "payment_method" in sent else None
    customer = new_customer(
        account,
        metadata=params.merged_metadata({}, sent.get("metadata", {})),
        **_chosen(sent),
    )
    if method is not None:
        attach_new(account, method, customer["id"])
    if "invoice_settings" in sent:
        change(customer, invoice_settings=_invoice_settings(account, customer, sent))
    return customer


def retrieve(call: Call) -> StripeObject:
    """Give one customer; of a deleted one only that it is deleted."""
    customer_id = call.path["customer"]
    if call.account.hidden.get(customer_id, {}).get("deleted"):
        return {"id": customer_id, "object": "customer", "deleted": True}
    return call.account.get("customer", customer_id, param="customer")


def list_all(call: Call) -> StripeObject:
    """List customers; `email` must be exactly the same."""
    return listing.page(call.account.all("customer"), call.params, call.url, ("email",))


def update(call: Call) -> StripeObject:
    """Change a customer."""
    account, sent = call.account, call.params
    customer = _living(call)
    chosen = _chosen(sent)
    if "metadata" in sent:
        chosen["metadata"] = params.merged_metadata(customer["metadata"], sent["metadata"])
    if "invoice_settings" in sent:
        chosen["invoice_settings"] = _invoice_settings(account, customer, sent)
    previous = change(customer, **chosen)
    if previous:
        account.record_event("customer.updated", customer, previous)
    return customer


def delete(call: Call) -> StripeObject:
    """Delete a customer for good; the payment methods are detached."""
    account, customer = call.account, _living(call)
    for method in list(methods_of(account, customer["id"])):
        detach(account, method)
    account.record_event("customer.deleted", customer)
    account.remove(customer)
    account.hidden[customer["id"]] = {"deleted": True}
    return {"id": customer["id"], "object": "customer", "deleted": True}


def list_methods(call: Call) -> StripeObject:
    """List a customer's payment methods."""
    methods = methods_of(call.account, _living(call)["id"])
    return listing.page(methods, call.params, call.url, ("type",))


def retrieve_method(call: Call) -> StripeObject:
    """Give one of a customer's payment methods."""
    return method_of_customer(call.account, call.path["method"], _living(call)["id"])


def _living(call: Call) -> StripeObject:
    return call.account.get("customer", call.path["customer"], param="customer")


def _chosen(sent: StripeObject) -> StripeObject:
    chosen = {name: sent[name] for name in _PLAIN if name in sent}
    if "address" in sent:
        chosen["address"] = NO_ADDRESS | sent["address"]
    return chosen


def _invoice_settings(account: Account, customer: StripeObject, sent: StripeObject) -> StripeObject:
    name = sent["invoice_settings"].get("default_payment_method")
    settings: StripeObject = customer["invoice_settings"]
    if name is not None:
        method = account.find("payment_method", name)
        if method is None or method["customer"] != customer["id"]:
            raise no_such(
                "PaymentMethod", name, param="invoice_settings[default_payment_method]", status=400
            )
    return settings | {"default_payment_method": name}


_CHANGEABLE = "address description email metadata preferred_locales"
_CLOSER: dict[str, Closer] = {
    "invoice_settings": some(default_payment_method=params.nullable_text()),
    "name": params.nullable_text(256),
    "phone": params.nullable_text(20),
}
_CREATED = takes("CustomerCreateParams", f"{_CHANGEABLE} payment_method", **_CLOSER)
_LISTED = takes("CustomerListParams", listing.CURSORS_AND_CREATED, email=params.text(512))
_CHANGED = takes("CustomerModifyParams", _CHANGEABLE, **_CLOSER)
_METHODS = takes("CustomerListPaymentMethodsParams", listing.CURSORS, type=params.one_of("card"))

OPERATIONS = (
    Operation("POST", "/v1/customers", create, _CREATED),
    Operation("GET", "/v1/customers", list_all, _LISTED),
    Operation("GET", "/v1/customers/{customer}", retrieve),
    Operation("POST", "/v1/customers/{customer}", update, _CHANGED),
    Operation("DELETE", "/v1/customers/{customer}", delete),
    Operation("GET", "/v1/customers/{customer}/payment_methods", list_methods, _METHODS),
    Operation("GET", "/v1/customers/{customer}/payment_methods/{method}", retrieve_method),
)
