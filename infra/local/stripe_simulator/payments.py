"""How money moves: a payment intent confirmed, authenticated, declined, captured or canceled.

The API's `confirm` and the hosted page both come through here, so they cannot disagree.
"""

from copy import replace

from infra.local.stripe_simulator import currencies, disputing, library
from infra.local.stripe_simulator.cards import Behaviour, Decline
from infra.local.stripe_simulator.errors import StripeError, StripeObject, wrong_state
from infra.local.stripe_simulator.ledger import settle_charge, settle_if_not_yet
from infra.local.stripe_simulator.resources.charges import new_charge
from infra.local.stripe_simulator.resources.early_fraud_warnings import warn_later
from infra.local.stripe_simulator.saved_cards import (
    AUTHENTICATION_REQUIRED,
    behaviour_of,
    keep_or_spend,
    needs_authentication,
    refuse_unusable,
)
from infra.local.stripe_simulator.state import Account, change

CONFIRMABLE = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
CANCELABLE = CONFIRMABLE | {"requires_capture", "processing"}
AUTHENTICATION_FAILED = Decline(
    "payment_intent_authentication_failure",
    "authentication_required",
    "The payment method could not be authenticated. Choose another one and try again.",
)
_DOC = "https://stripe.com/docs/error-codes/"


def new_payment_intent(
    account: Account, *, amount: int, currency: str, **chosen: object
) -> StripeObject:
    """Make and announce a payment intent; `chosen` overrides attributes. Amount in minor units."""
    intent_id = account.ids.new("pi")
    intent: StripeObject = {
        **library.unset(
            "payment_intent", "hooks payment_details payment_record presentment_details source"
        ),
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{account.ids.characters(25)}",
        "confirmation_method": "automatic",
        "created": account.clock.now(),
        "currency": currency,
        "livemode": False,
        "metadata": {},
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
    }
    account.add(intent | chosen)
    account.record_event("payment_intent.created", account.get("payment_intent", intent_id))
    return account.get("payment_intent", intent_id)


def confirm(
    account: Account,
    intent: StripeObject,
    method: StripeObject,
    next_action: StripeObject,
    *,
    off_session: bool = False,
) -> None:
    """Try to pay with a payment method.

    Leaves the intent `succeeded`, `requires_capture` or `requires_action` (then `next_action` is
    its next action); raises a 402 when the card is declined, with the decline recorded. What needs
    3D Secure is declined with `authentication_required` where the client is not there to answer.
    """
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state(intent, "confirmed", sorted(CONFIRMABLE))
    refuse_unusable(account, method, intent["customer"])
    behaviour = behaviour_of(account, method)
    account.hidden.setdefault(intent["id"], {})["authenticated"] = False
    change(intent, payment_method=method["id"], last_payment_error=None, next_action=None)
    if not needs_authentication(account, method, off_session=off_session):
        _charge(account, intent, method, behaviour)
    elif off_session:
        _charge(account, intent, method, replace(behaviour, decline=AUTHENTICATION_REQUIRED))
    else:
        change(intent, status="requires_action", next_action=next_action)
        account.record_event("payment_intent.requires_action", intent)


def finish_authentication(account: Account, intent: StripeObject, *, passed: bool) -> None:
    """Go on after the client's bank was asked: charge, or raise a 402 when it said no."""
    if intent["status"] != "requires_action":
        raise unexpected_state(intent, "authenticated", ["requires_action"])
    method = account.get("payment_method", intent["payment_method"])
    change(intent, next_action=None)
    account.hidden[intent["id"]]["authenticated"] = passed
    if passed:
        _charge(account, intent, method, behaviour_of(account, method))
    else:
        _fail(account, intent, method, AUTHENTICATION_FAILED, None)


def capture(account: Account, intent: StripeObject, amount: int) -> None:
    """Take an authorised amount in minor units; the rest is released."""
    if intent["status"] != "requires_capture":
        raise unexpected_state(intent, "captured", ["requires_capture"])
    if amount > intent["amount_capturable"]:
        raise wrong_state(
            f"The amount to capture ({amount}) is more than what can be captured "
            f"({intent['amount_capturable']}).",
            code="amount_too_large",
            param="amount_to_capture",
        )
    step = currencies.step_minor(intent["currency"])
    if amount % step:
        raise wrong_state(
            f"An amount in {intent['currency']} must be a multiple of {step}.",
            code="parameter_invalid_integer",
            param="amount_to_capture",
        )
    charge = account.get("charge", intent["latest_charge"])
    previous = change(charge, captured=True, amount_captured=amount)
    previous |= settle_charge(account, charge)
    change(intent, status="succeeded", amount_capturable=0, amount_received=amount)
    account.record_event("charge.captured", charge, previous)
    account.record_event("payment_intent.succeeded", intent)
    method = account.get("payment_method", charge["payment_method"])
    disputing.schedule(account, charge, behaviour_of(account, method))


def cancel(account: Account, intent: StripeObject, reason: str | None) -> None:
    """Give a payment intent up; an authorised amount is released."""
    if intent["status"] not in CANCELABLE:
        raise unexpected_state(intent, "canceled", sorted(CANCELABLE))
    change(
        intent,
        status="canceled",
        amount_capturable=0,
        canceled_at=account.clock.now(),
        cancellation_reason=reason,
        next_action=None,
    )
    account.record_event("payment_intent.canceled", intent)


def unexpected_state(intent: StripeObject, done: str, allowed: list[str]) -> StripeError:
    """Refuse what an intent's status does not allow."""
    return wrong_state(
        f"This PaymentIntent cannot be {done}: its status is {intent['status']}, "
        f"and only {', '.join(allowed)} would do.",
        code="payment_intent_unexpected_state",
        payment_intent=dict(intent),
    )


def _charge(
    account: Account, intent: StripeObject, method: StripeObject, behaviour: Behaviour
) -> None:
    if behaviour.decline is not None:
        charge = new_charge(account, intent, method, behaviour)
        _fail(account, intent, method, behaviour.decline, charge)
    charge = new_charge(account, intent, method, behaviour)
    change(intent, latest_charge=charge["id"], next_action=None)
    keep_or_spend(account, intent, method)
    if behaviour.fraud_warning:
        warn_later(account, charge)
    if intent["capture_method"] == "manual":
        change(intent, status="requires_capture", amount_capturable=intent["amount"])
        account.record_event("charge.succeeded", charge)
        account.record_event("payment_intent.amount_capturable_updated", intent)
        lapses_at = charge["payment_method_details"]["card"]["capture_before"]
        account.clock.at(lapses_at, lambda: _lapse(account, intent, charge))
        return
    change(intent, status="succeeded", amount_received=intent["amount"])
    if intent["capture_method"] == "automatic":
        settle_charge(account, charge)
    else:
        due = account.clock.exact() + account.settings.capture_delay_s
        account.clock.at(due, lambda: settle_if_not_yet(account, charge))
    account.record_event("charge.succeeded", charge)
    account.record_event("payment_intent.succeeded", intent)
    disputing.schedule(account, charge, behaviour)


def _lapse(account: Account, intent: StripeObject, charge: StripeObject) -> None:
    """Release an authorisation that nobody captured in time."""
    if intent["status"] == "requires_capture":
        account.record_event("charge.expired", charge)
        cancel(account, intent, "automatic")


def _fail(
    account: Account,
    intent: StripeObject,
    method: StripeObject,
    decline: Decline,
    charge: StripeObject | None,
) -> None:
    error: StripeObject = {
        "code": decline.code,
        "doc_url": _DOC + decline.code.replace("_", "-"),
        "message": decline.message,
        "payment_method": dict(method),
        "type": "card_error" if charge else "invalid_request_error",
    }
    if decline.param is not None:
        error["param"] = decline.param
    if charge is not None:
        error |= {"charge": charge["id"], "decline_code": decline.decline_code}
        change(intent, latest_charge=charge["id"])
        account.record_event("charge.failed", charge)
    change(
        intent,
        status="requires_payment_method",
        payment_method=None,
        last_payment_error=error,
        next_action=None,
    )
    account.record_event("payment_intent.payment_failed", intent)
    raise StripeError(
        402,
        "card_error",
        decline.message,
        code=decline.code,
        param=decline.param,
        decline_code=decline.decline_code,
        charge=charge["id"] if charge else None,
        payment_intent=dict(intent),
        payment_method=dict(method),
    )
