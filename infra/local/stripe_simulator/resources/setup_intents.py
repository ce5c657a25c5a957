"""Setup intents and their attempts: docs.stripe.com/api/setup_intents."""

from infra.local.stripe_simulator import authentication, listing, params, setups
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.errors import StripeObject, wrong_state
from infra.local.stripe_simulator.params import Required
from infra.local.stripe_simulator.resources.payment_methods import named_method
from infra.local.stripe_simulator.saved_cards import refuse_unusable
from infra.local.stripe_simulator.state import change

_COPIED = ("automatic_payment_methods", "customer", "description", "usage")


def create(call: Call) -> StripeObject:
    """Make a setup intent, and confirm it at once with `confirm=true`."""
    account, sent = call.account, call.params
    if sent.get("confirm") and "payment_method" not in sent:
        raise wrong_state(
            "A SetupIntent cannot be confirmed without a payment method.",
            code="setup_intent_unexpected_state",
        )
    if "customer" in sent:
        account.get("customer", sent["customer"], param="customer", status=400)
    method = named_method(account, sent["payment_method"]) if "payment_method" in sent else None
    if method is not None:
        refuse_unusable(account, method, sent.get("customer"))
    intent = setups.new_setup_intent(
        account,
        metadata=params.merged_metadata({}, sent.get("metadata", {})),
        payment_method=method["id"] if method else None,
        status="requires_confirmation" if method else "requires_payment_method",
        **{name: sent[name] for name in _COPIED if name in sent},
    )
    if sent.get("confirm") and method:
        _confirm(call, intent, method)
    return intent


def retrieve(call: Call) -> StripeObject:
    """Give one setup intent."""
    return call.account.get("setup_intent", call.path["intent"])


def list_all(call: Call) -> StripeObject:
    """List setup intents."""
    intents = call.account.all("setup_intent")
    return listing.page(intents, call.params, call.url, ("customer", "payment_method"))


def update(call: Call) -> StripeObject:
    """Change the description or the metadata."""
    intent, sent = retrieve(call), call.params
    if "metadata" in sent:
        change(intent, metadata=params.merged_metadata(intent["metadata"], sent["metadata"]))
    if "description" in sent:
        change(intent, description=sent["description"])
    return intent


def confirm(call: Call) -> StripeObject:
    """Try to save the payment method sent or the one that is set."""
    intent = _free(call, "confirmed")
    name = call.params.get("payment_method") or intent["payment_method"]
    if name is None:
        raise setups.unexpected_state(intent, "confirmed without a payment method")
    _confirm(call, intent, named_method(call.account, name))
    return intent


def cancel(call: Call) -> StripeObject:
    """Give a setup intent up."""
    intent = _free(call, "canceled")
    setups.cancel(call.account, intent, call.params.get("cancellation_reason"))
    return intent


def list_attempts(call: Call) -> StripeObject:
    """List the attempts of a setup intent."""
    attempts = call.account.all("setup_attempt")
    return listing.page(attempts, call.params, call.url, ("setup_intent",))


def _confirm(call: Call, intent: StripeObject, method: StripeObject) -> None:
    action = authentication.next_action(call.account, intent, call.params.get("return_url"))
    setups.confirm(call.account, intent, method, action)


def _free(call: Call, done: str) -> StripeObject:
    """Give the intent, unless it belongs to a Checkout Session that alone may change it."""
    intent = retrieve(call)
    session_id = call.account.hidden.get(intent["id"], {}).get("session")
    if session_id is not None:
        raise wrong_state(
            f"This SetupIntent belongs to the Checkout Session {session_id} and cannot be "
            f"{done} by itself.",
            code="setup_intent_unexpected_state",
            setup_intent=dict(intent),
        )
    return intent


_AUTOMATIC = params.group(
    {"enabled": Required(params.flag), "allow_redirects": params.one_of("always", "never")}
)

OPERATIONS = (
    Operation(
        "POST",
        "/v1/setup_intents",
        create,
        {
            "automatic_payment_methods": _AUTOMATIC,
            "confirm": params.flag,
            "customer": params.text(),
            "description": params.nullable_text(1000),
            "metadata": params.metadata,
            "payment_method": params.text(),
            "payment_method_types": params.array(params.one_of("card")),
            "return_url": params.url,
            "usage": params.one_of("off_session", "on_session"),
        },
    ),
    Operation(
        "GET",
        "/v1/setup_intents",
        list_all,
        {
            **listing.CURSORS_AND_CREATED,
            "customer": params.text(),
            "payment_method": params.text(),
        },
    ),
    Operation("GET", "/v1/setup_intents/{intent}", retrieve, {"client_secret": params.text()}),
    Operation(
        "POST",
        "/v1/setup_intents/{intent}",
        update,
        {"metadata": params.metadata, "description": params.nullable_text(1000)},
    ),
    Operation(
        "POST",
        "/v1/setup_intents/{intent}/confirm",
        confirm,
        {"payment_method": params.text(), "return_url": params.url},
    ),
    Operation(
        "POST",
        "/v1/setup_intents/{intent}/cancel",
        cancel,
        {"cancellation_reason": params.one_of("abandoned", "duplicate", "requested_by_customer")},
    ),
    Operation(
        "GET",
        "/v1/setup_attempts",
        list_attempts,
        {**listing.CURSORS_AND_CREATED, "setup_intent": Required(params.text())},
    ),
)
