"""Checkout Sessions in payment and setup mode: docs.stripe.com/api/checkout/sessions."""

from infra.local.stripe_simulator import checkout, library, listing, params, setups
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.currencies import is_supported
from infra.local.stripe_simulator.declarations import some, takes
from infra.local.stripe_simulator.errors import (
    StripeError,
    StripeObject,
    invalid_param,
    missing_param,
)
from infra.local.stripe_simulator.expansion import INCLUDABLE
from infra.local.stripe_simulator.params import Required
from infra.local.stripe_simulator.resources.account import business_name
from infra.local.stripe_simulator.resources.payment_intents import check_amount
from infra.local.stripe_simulator.resources.prices import new_price
from infra.local.stripe_simulator.state import Account, change

# What a session only has once there is something in it.
_ABSENT = (
    "allowed_payment_method_types branding_settings excluded_payment_method_types line_items "
    "name_collection optional_items presentment_details redirect_on_completion return_url "
    "tax_id_collection"
)
_PAYMENT_ONLY = ("line_items", "payment_intent_data", "submit_type", "adaptive_pricing")
_SETUP_ONLY = ("setup_intent_data",)
SHORTEST_S = 30 * 60
LONGEST_S = 24 * 3600


def create(call: Call) -> StripeObject:
    """Open a session; a payment intent is only made when the client pays, a setup intent now."""
    account, sent = call.account, call.params
    if business_name(account) is None:
        raise StripeError(
            400,
            "invalid_request_error",
            "In order to use Checkout, you must set an account or business name.",
        )
    _check_mode(account, sent)
    expires_at = _expires_at(sent, account.clock.now())
    lines = _line_items(account, sent) if sent["mode"] == "payment" else []
    session = account.add(
        _new_session(account, sent, lines) | {"expires_at": expires_at},
        line_items=lines,
        payment_intent_data=sent.get("payment_intent_data", {}),
    )
    if sent["mode"] == "setup":
        _add_setup_intent(account, sent, session)
    account.clock.at(expires_at, lambda: checkout.expire_if_open(account, session))
    return session


def retrieve(call: Call) -> StripeObject:
    """Give one session."""
    return call.account.get("checkout.session", call.path["session"])


def list_all(call: Call) -> StripeObject:
    """List sessions."""
    sessions = call.account.all("checkout.session")
    return listing.page(sessions, call.params, call.url, ("customer", "payment_intent", "status"))


def update(call: Call) -> StripeObject:
    """Change the metadata, at any time of a session's life."""
    session = retrieve(call)
    if "metadata" in call.params:
        sent = call.params["metadata"]
        change(session, metadata=params.merged_metadata(session["metadata"], sent))
    return session


def expire(call: Call) -> StripeObject:
    """End an open session, so that its page takes no payment any more."""
    session = retrieve(call)
    checkout.expire(call.account, session)
    return session


def list_line_items(call: Call) -> StripeObject:
    """List what is sold, in the order sent."""
    lines = call.account.hidden[retrieve(call)["id"]]["line_items"]
    return listing.page(lines, call.params, call.url)


def _included_line_items(account: Account, session: StripeObject) -> StripeObject:
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return listing.page(account.hidden[session["id"]]["line_items"], {}, url)


INCLUDABLE["checkout.session", "line_items"] = _included_line_items


def _expires_at(sent: StripeObject, now: int) -> int:
    expires_at: int = sent.get("expires_at", now + LONGEST_S)
    if expires_at < now + SHORTEST_S:
        raise invalid_param(
            "The `expires_at` timestamp must be at least 30 minutes after the session's creation.",
            param="expires_at",
        )
    if "expires_at" in sent and expires_at >= now + LONGEST_S:
        raise invalid_param(
            "The `expires_at` timestamp must be less than 24 hours after the session's creation.",
            param="expires_at",
        )
    return expires_at


def _check_mode(account: Account, sent: StripeObject) -> None:
    """Refuse what does not go together; the rules are Stripe's."""
    setup = sent["mode"] == "setup"
    for name in _PAYMENT_ONLY if setup else _SETUP_ONLY:
        if name in sent:
            raise invalid_param(f"You can not pass `{name}` in `{sent['mode']}` mode.", param=name)
    if not setup and "line_items" not in sent:
        raise missing_param("line_items")
    if "currency" in sent and not is_supported(sent["currency"]):
        raise invalid_param(f"Invalid currency: {sent['currency']}.", param="currency")
    if setup and "currency" not in sent and "payment_method_types" not in sent:
        raise missing_param("currency")
    if "customer" in sent:
        account.get("customer", sent["customer"], param="customer", status=400)
        for name in ("customer_creation", "customer_email"):
            if name in sent:
                raise invalid_param(
                    f"You may only specify one of these parameters: customer, {name}.",
                    param="customer",
                )


def _add_setup_intent(account: Account, sent: StripeObject, session: StripeObject) -> None:
    data = sent.get("setup_intent_data", {})
    intent = setups.new_setup_intent(
        account,
        customer=session["customer"],
        description=data.get("description"),
        metadata=params.merged_metadata({}, data.get("metadata", {})),
    )
    account.hidden[intent["id"]] = {"session": session["id"]}
    change(session, setup_intent=intent["id"])


def _line_items(account: Account, sent: StripeObject) -> list[StripeObject]:
    lines = [_line_item(account, line) for line in sent["line_items"]]
    currencies_sent = {line["currency"] for line in lines}
    if "currency" in sent:
        currencies_sent.add(sent["currency"])
    if len(currencies_sent) != 1:
        raise invalid_param("All line items must have one currency.", param="line_items")
    total = sum(line["amount_total"] for line in lines)
    check_amount(account, total, lines[0]["currency"], param="line_items")
    return lines


def _line_item(account: Account, line: StripeObject) -> StripeObject:
    line_id, quantity = account.ids.new("li"), line.get("quantity", 1)
    price, product_name = _price(account, line)
    return {
        "id": line_id,
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": price["unit_amount"] * quantity,
        "amount_tax": 0,
        "amount_total": price["unit_amount"] * quantity,
        "currency": price["currency"],
        "description": product_name,
        "metadata": {},
        "price": price,
        "quantity": quantity,
    }


def _price(account: Account, line: StripeObject) -> tuple[StripeObject, str]:
    """Give a line's price, made before or sent with it, and its product's name."""
    if ("price" in line) == ("price_data" in line):
        raise invalid_param(
            "A line item has either `price` or `price_data`.", param="line_items[0][price]"
        )
    if "price" in line:
        price = account.get("price", line["price"], param="line_items[0][price]", status=400)
        return price, account.get("product", price["product"])["name"]
    data = line["price_data"]
    if "product_data" not in data:
        raise missing_param("line_items[0][price_data][product_data]")
    price = new_price(account, data, account.ids.new("prod"))
    return price, data["product_data"]["name"]


def _new_session(account: Account, sent: StripeObject, lines: list[StripeObject]) -> StripeObject:
    if "success_url" not in sent:
        raise missing_param("success_url")
    session_id = account.ids.new("cs_test")
    total = sum(line["amount_total"] for line in lines) if lines else None
    return _unused() | {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": sent.get("adaptive_pricing", {"enabled": False}),
        "amount_subtotal": total,
        "amount_total": total,
        "billing_address_collection": sent.get("billing_address_collection"),
        "cancel_url": sent.get("cancel_url"),
        "client_reference_id": sent.get("client_reference_id"),
        "created": account.clock.now(),
        "currency": lines[0]["currency"] if lines else sent.get("currency"),
        "custom_text": _custom_text(sent),
        "customer": sent.get("customer"),
        "customer_creation": (
            None if "customer" in sent else sent.get("customer_creation", "if_required")
        ),
        "customer_email": sent.get("customer_email"),
        "locale": sent.get("locale"),
        "metadata": params.merged_metadata({}, sent.get("metadata", {})),
        "mode": sent["mode"],
        "payment_method_types": sent.get("payment_method_types") or ["card"],
        "payment_status": "unpaid" if lines else "no_payment_required",
        "status": "open",
        "submit_type": sent.get("submit_type"),
        "success_url": sent["success_url"],
        "ui_mode": "hosted_page",
        "url": f"{account.settings.public_url}/c/pay/{session_id}",
    }


def _unused() -> StripeObject:
    """Give these attributes as they are without the feature."""
    return library.unset("checkout.session", _ABSENT) | {
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "custom_fields": [],
        "invoice_creation": {
            "enabled": False,
            "invoice_data": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": None,
                "metadata": {},
                "rendering_options": None,
            },
        },
        "livemode": False,
        "payment_method_collection": "if_required",
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    }


def _custom_text(sent: StripeObject) -> StripeObject:
    places = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    texts: StripeObject = dict.fromkeys(places)
    texts |= sent.get("custom_text", {})
    return texts


_MESSAGE = some(message=Required(params.text(1200)))
_CREATED = takes(
    "checkout.SessionCreateParams",
    "adaptive_pricing cancel_url currency customer customer_creation customer_email expires_at "
    "locale metadata success_url",
    billing_address_collection=params.one_of("auto"),
    client_reference_id=params.text(200),
    custom_text=some(submit=_MESSAGE, after_submit=_MESSAGE),
    line_items=some(
        "price",
        price_data=some(
            "currency tax_behavior",
            product_data=some("name description metadata"),
            unit_amount=Required(params.integer()),
        ),
        quantity=params.integer(1, 999_999),
    ),
    mode=Required(params.one_of("payment", "setup")),
    payment_intent_data=some(
        "capture_method metadata receipt_email shipping setup_future_usage",
        description=params.text(1000),
    ),
    payment_method_types=params.array(params.one_of("card")),
    setup_intent_data=some("metadata", description=params.text(1000)),
    submit_type=params.one_of("auto", "book", "donate", "pay"),
    ui_mode=params.one_of("hosted_page"),
)
_LISTED = takes(
    "checkout.SessionListParams", f"{listing.CURSORS_AND_CREATED} customer payment_intent status"
)
_LINES = takes("checkout.SessionListLineItemsParams", listing.CURSORS)
_CHANGED = takes("checkout.SessionModifyParams", "metadata")

OPERATIONS = (
    Operation("POST", "/v1/checkout/sessions", create, _CREATED),
    Operation("GET", "/v1/checkout/sessions", list_all, _LISTED),
    Operation("GET", "/v1/checkout/sessions/{session}", retrieve),
    Operation("POST", "/v1/checkout/sessions/{session}", update, _CHANGED),
    Operation("POST", "/v1/checkout/sessions/{session}/expire", expire),
    Operation("GET", "/v1/checkout/sessions/{session}/line_items", list_line_items, _LINES),
)
