"""Setup intents and their attempts: docs.stripe.com/api/setup_intents."""

from infra.local.stripe_simulator import authentication, listing, params, setups
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.declarations import takes
from infra.local.stripe_simulator.errors import StripeObject, wrong_state
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


_DESCRIPTION = params.nullable_text(1000)
_CREATED = takes(
    "SetupIntentCreateParams",
    "automatic_payment_methods confirm customer metadata payment_method return_url usage",
    description=_DESCRIPTION,
    payment_method_types=params.array(params.one_of("card")),
)
_LISTED = takes("SetupIntentListParams", f"{listing.CURSORS_AND_CREATED} customer payment_method")
_RETRIEVED = takes("SetupIntentRetrieveParams", "client_secret")
_CHANGED = takes("SetupIntentModifyParams", "metadata", description=_DESCRIPTION)
_CONFIRMED = takes("SetupIntentConfirmParams", "payment_method return_url")
_CANCELED = takes("SetupIntentCancelParams", "cancellation_reason")
_ATTEMPTS = takes("SetupAttemptListParams", f"{listing.CURSORS_AND_CREATED} setup_intent")

OPERATIONS = (
    Operation("POST", "/v1/setup_intents", create, _CREATED),
    Operation("GET", "/v1/setup_intents", list_all, _LISTED),
    Operation("GET", "/v1/setup_intents/{intent}", retrieve, _RETRIEVED),
    Operation("POST", "/v1/setup_intents/{intent}", update, _CHANGED),
    Operation("POST", "/v1/setup_intents/{intent}/confirm", confirm, _CONFIRMED),
    Operation("POST", "/v1/setup_intents/{intent}/cancel", cancel, _CANCELED),
    Operation("GET", "/v1/setup_attempts", list_attempts, _ATTEMPTS),
)
