"""Payment intents: docs.stripe.com/api/payment_intents."""

from infra.local.stripe_simulator import (
    authentication,
    currencies,
    exchange,
    listing,
    params,
    payments,
)
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.declarations import takes
from infra.local.stripe_simulator.errors import StripeObject, invalid_param, wrong_state
from infra.local.stripe_simulator.resources.payment_methods import named_method
from infra.local.stripe_simulator.saved_cards import refuse_unusable
from infra.local.stripe_simulator.state import Account, change, change_metadata

_COPIED = (
    "capture_method",
    "confirmation_method",
    "customer",
    "description",
    "receipt_email",
    "setup_future_usage",
    "shipping",
)


def create(call: Call) -> StripeObject:
    """Make a payment intent, and confirm it at once with `confirm=true`."""
    sent, account = call.params, call.account
    check_amount(account, sent["amount"], sent["currency"], param="amount")
    if sent.get("confirm") and "payment_method" not in sent:
        raise wrong_state(
            "A PaymentIntent cannot be confirmed without a payment method.",
            code="payment_intent_unexpected_state",
        )
    if "off_session" in sent and not sent.get("confirm"):
        raise invalid_param("off_session goes with confirm=true.", param="off_session")
    if "customer" in sent:
        account.get("customer", sent["customer"], param="customer", status=400)
    method = named_method(account, sent["payment_method"]) if "payment_method" in sent else None
    if method is not None:
        refuse_unusable(account, method, sent.get("customer"))
    automatic = sent.get("automatic_payment_methods")
    intent = payments.new_payment_intent(
        account,
        amount=sent["amount"],
        currency=sent["currency"],
        metadata=params.merged_metadata({}, sent.get("metadata", {})),
        automatic_payment_methods=automatic,
        payment_method=method["id"] if method else None,
        status="requires_confirmation" if method else "requires_payment_method",
        **{name: sent[name] for name in _COPIED if name in sent},
    )
    if sent.get("confirm") and method:
        _confirm(call, intent, method)
    return intent


def retrieve(call: Call) -> StripeObject:
    """Give one payment intent."""
    return call.account.get("payment_intent", call.path["intent"])


def list_all(call: Call) -> StripeObject:
    """List payment intents."""
    return listing.page(call.account.all("payment_intent"), call.params, call.url, ("customer",))


def update(call: Call) -> StripeObject:
    """Change attributes, the amount only until it is paid; Stripe sends no event for that."""
    intent, sent = retrieve(call), call.params
    if sent.keys() & {"amount", "currency"}:
        _refuse_if_of_session(call.account, intent, "changed")
        if intent["status"] not in payments.CONFIRMABLE:
            raise payments.unexpected_state(intent, "changed", sorted(payments.CONFIRMABLE))
        now = intent | sent
        check_amount(call.account, now["amount"], now["currency"], param="amount")
    change_metadata(intent, sent.get("metadata", {}))
    change(intent, **{name: value for name, value in sent.items() if name in _UPDATABLE})
    return intent


def confirm(call: Call) -> StripeObject:
    """Try to pay, with the payment method sent or the one that is set."""
    intent = retrieve(call)
    _refuse_if_of_session(call.account, intent, "confirmed")
    name = call.params.get("payment_method") or intent["payment_method"]
    if name is None:
        raise payments.unexpected_state(intent, "confirmed without a payment method", [])
    if "setup_future_usage" in call.params:
        change(intent, setup_future_usage=call.params["setup_future_usage"])
    _confirm(call, intent, named_method(call.account, name))
    return intent


def capture(call: Call) -> StripeObject:
    """Capture what is authorised, or less of it."""
    intent = retrieve(call)
    amount = call.params.get("amount_to_capture")
    payments.capture(
        call.account, intent, intent["amount_capturable"] if amount is None else amount
    )
    session_id = call.account.hidden.get(intent["id"], {}).get("session")
    if session_id is not None:
        change(call.account.get("checkout.session", session_id), payment_status="paid")
    return intent


def cancel(call: Call) -> StripeObject:
    """Give a payment intent up; that of an open session is ended by expiring the session."""
    intent = retrieve(call)
    if intent["status"] != "requires_capture":
        _refuse_if_of_session(call.account, intent, "canceled")
    payments.cancel(call.account, intent, call.params.get("cancellation_reason"))
    return intent


def check_amount(account: Account, amount: int, currency: str, *, param: str) -> None:
    """Refuse a currency that cannot be charged and an amount that it cannot have.

    The least amount is that of the currency it settles in, after conversion.
    """
    if not currencies.is_supported(currency):
        raise invalid_param(f"Invalid currency: {currency}.", param="currency")
    step = currencies.step_minor(currency)
    if amount % step:
        raise invalid_param(
            f"An amount in {currency} must be a multiple of {step}.",
            param=param,
            code="parameter_invalid_integer",
        )
    settled = exchange.settle(account, amount, currency)
    least = currencies.minimum_minor(settled.currency)
    if settled.amount < least:
        raise invalid_param(
            f"The amount must convert to at least {currencies.formatted(least, settled.currency)}; "
            f"{currencies.formatted(amount, currency)} converts to "
            f"{currencies.formatted(settled.amount, settled.currency)}.",
            param=param,
            code="amount_too_small",
        )
    most = currencies.maximum_minor(currency)
    if amount > most:
        raise invalid_param(
            f"The amount must be no more than {currencies.formatted(most, currency)}.",
            param=param,
            code="amount_too_large",
        )


def _confirm(call: Call, intent: StripeObject, method: StripeObject) -> None:
    action = authentication.next_action(call.account, intent, call.params.get("return_url"))
    # `one_off` and `recurring` say what kind of absence it is.
    off_session = call.params.get("off_session", "false") != "false"
    payments.confirm(call.account, intent, method, action, off_session=off_session)


def _refuse_if_of_session(account: Account, intent: StripeObject, done: str) -> None:
    session_id = account.hidden.get(intent["id"], {}).get("session")
    if session_id is not None:
        raise wrong_state(
            f"This PaymentIntent belongs to the Checkout Session {session_id} and cannot be "
            f"{done} by itself.",
            code="payment_intent_unexpected_state",
            payment_intent=dict(intent),
        )


_UPDATABLE = ("amount", "currency", "description", "receipt_email")
_DESCRIPTION = params.nullable_text(1000)
_CREATED = takes(
    "PaymentIntentCreateParams",
    "amount automatic_payment_methods capture_method confirm confirmation_method currency customer "
    "metadata off_session payment_method receipt_email return_url setup_future_usage shipping",
    description=_DESCRIPTION,
    payment_method_types=params.array(params.one_of("card")),
)
_LISTED = takes("PaymentIntentListParams", f"{listing.CURSORS_AND_CREATED} customer")
_RETRIEVED = takes("PaymentIntentRetrieveParams", "client_secret")
_CHANGED = takes(
    "PaymentIntentModifyParams",
    "amount currency metadata receipt_email",
    description=_DESCRIPTION,
)
_CONFIRMED = takes(
    "PaymentIntentConfirmParams", "off_session payment_method return_url setup_future_usage"
)
_CAPTURED = takes("PaymentIntentCaptureParams", amount_to_capture=params.integer(1))
_CANCELED = takes("PaymentIntentCancelParams", "cancellation_reason")

OPERATIONS = (
    Operation("POST", "/v1/payment_intents", create, _CREATED),
    Operation("GET", "/v1/payment_intents", list_all, _LISTED),
    Operation("GET", "/v1/payment_intents/{intent}", retrieve, _RETRIEVED),
    Operation("POST", "/v1/payment_intents/{intent}", update, _CHANGED),
    Operation("POST", "/v1/payment_intents/{intent}/confirm", confirm, _CONFIRMED),
    Operation("POST", "/v1/payment_intents/{intent}/capture", capture, _CAPTURED),
    Operation("POST", "/v1/payment_intents/{intent}/cancel", cancel, _CANCELED),
)
