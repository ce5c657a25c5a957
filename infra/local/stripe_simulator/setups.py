"""How a card is saved without a payment: a setup intent confirmed, authenticated or canceled.

The API's `confirm` and the hosted page both come through here. docs.stripe.com/api/setup_intents
"""

from infra.local.stripe_simulator import library
from infra.local.stripe_simulator.cards import Decline
from infra.local.stripe_simulator.errors import StripeError, StripeObject, wrong_state
from infra.local.stripe_simulator.saved_cards import (
    behaviour_of,
    decline_of_saving,
    declined,
    refuse_unusable,
    save,
)
from infra.local.stripe_simulator.state import Account, change

CONFIRMABLE = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
AUTHENTICATION_FAILED = Decline(
    "setup_intent_authentication_failure",
    "authentication_required",
    "The payment method could not be authenticated. Choose another one and try again.",
)


def new_setup_intent(account: Account, **chosen: object) -> StripeObject:
    """Make and announce a setup intent; `chosen` overrides attributes."""
    intent_id = account.ids.new("seti")
    intent: StripeObject = {
        **library.unset("setup_intent", "attach_to_self"),
        "id": intent_id,
        "object": "setup_intent",
        "client_secret": f"{intent_id}_secret_{account.ids.characters(25)}",
        "created": account.clock.now(),
        "livemode": False,
        "metadata": {},
        "payment_method_options": {
            "card": {
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": "off_session",
    }
    account.add(intent | chosen)
    account.record_event("setup_intent.created", account.get("setup_intent", intent_id))
    return account.get("setup_intent", intent_id)


def confirm(
    account: Account, intent: StripeObject, method: StripeObject, next_action: StripeObject
) -> None:
    """Try to save a payment method.

    Leaves the intent `succeeded` or `requires_action` (then `next_action` is its next action);
    raises a 402 when the bank declines, with the decline recorded.
    """
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state(intent, "confirmed")
    refuse_unusable(account, method, intent["customer"])
    change(intent, payment_method=method["id"], last_setup_error=None, next_action=None)
    if behaviour_of(account, method).authentication:
        _new_attempt(account, intent, method, "requires_action")
        change(intent, status="requires_action", next_action=next_action)
        account.record_event("setup_intent.requires_action", intent)
    else:
        _new_attempt(account, intent, method, "processing")
        _save(account, intent, method)


def finish_authentication(account: Account, intent: StripeObject, *, passed: bool) -> None:
    """Go on after the client's bank was asked: save, or raise a 402 when it said no."""
    if intent["status"] != "requires_action":
        raise unexpected_state(intent, "authenticated")
    method = account.get("payment_method", intent["payment_method"])
    change(intent, next_action=None)
    if passed:
        _save(account, intent, method)
    else:
        _fail(account, intent, method, AUTHENTICATION_FAILED)


def cancel(account: Account, intent: StripeObject, reason: str | None) -> None:
    """Give a setup intent up."""
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state(intent, "canceled")
    change(intent, status="canceled", cancellation_reason=reason, next_action=None)
    account.record_event("setup_intent.canceled", intent)


def unexpected_state(intent: StripeObject, done: str) -> StripeError:
    """Refuse what an intent's status does not allow."""
    return wrong_state(
        f"This SetupIntent cannot be {done}: its status is {intent['status']}.",
        code="setup_intent_unexpected_state",
        setup_intent=dict(intent),
    )


def _save(account: Account, intent: StripeObject, method: StripeObject) -> None:
    decline = decline_of_saving(behaviour_of(account, method))
    if decline is not None:
        _fail(account, intent, method, decline)
    change(account.get("setup_attempt", intent["latest_attempt"]), status="succeeded")
    save(account, method, intent["customer"], intent["usage"])
    change(intent, status="succeeded", next_action=None)
    account.record_event("setup_intent.succeeded", intent)


def _fail(account: Account, intent: StripeObject, method: StripeObject, decline: Decline) -> None:
    refusal = declined(decline, method)
    shown = dict(refusal.error)
    change(
        account.get("setup_attempt", intent["latest_attempt"]), status="failed", setup_error=shown
    )
    change(
        intent,
        status="requires_payment_method",
        payment_method=None,
        last_setup_error=shown,
        next_action=None,
    )
    account.record_event("setup_intent.setup_failed", intent)
    refusal.error["setup_intent"] = dict(intent)
    raise refusal


def _new_attempt(account: Account, intent: StripeObject, method: StripeObject, status: str) -> None:
    card = method["card"]
    copied = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    attempt = account.add(
        {
            **library.unset("setup_attempt", "attach_to_self"),
            "id": account.ids.new("setatt"),
            "object": "setup_attempt",
            "created": account.clock.now(),
            "customer": intent["customer"],
            "livemode": False,
            "payment_method": method["id"],
            "payment_method_details": {
                "card": {
                    **{name: card[name] for name in copied},
                    "checks": dict(card["checks"]),
                    "network": card["brand"],
                    "three_d_secure": None,
                    "wallet": None,
                },
                "type": "card",
            },
            "setup_intent": intent["id"],
            "status": status,
            "usage": intent["usage"],
        }
    )
    change(intent, latest_attempt=attempt["id"])
