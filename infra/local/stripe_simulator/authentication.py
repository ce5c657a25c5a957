"""3D Secure of intents that the API confirmed: where the client is sent, and the bank's answer.

A Checkout Session asks the same on its own page; see `checkout.authenticate`.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from infra.local.stripe_simulator import checkout, payments, setups
from infra.local.stripe_simulator.errors import StripeError, StripeObject, wrong_state
from infra.local.stripe_simulator.state import Account, Cause

KINDS = ("payment_intent", "setup_intent")


def next_action(account: Account, intent: StripeObject, return_url: str | None) -> StripeObject:
    """Tell what the client does next: go to the bank's page, or let Stripe's script ask."""
    if return_url is None:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
    page = f"{account.settings.public_url}/authenticate/{intent['id']}"
    return {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": return_url, "url": page},
    }


def find_intent(account: Account, intent_id: str) -> StripeObject | None:
    """Find a payment intent or a setup intent, or None."""
    for kind in KINDS:
        found = account.find(kind, intent_id)
        if found is not None:
            return found
    return None


def answer(account: Account, intent: StripeObject, *, passed: bool) -> StripeObject:
    """Answer for the client's bank.

    Gives the intent's `status`, the `charge` of a payment, `error` when it did not work, and
    `return_url`: where the browser goes, or None when the API's caller named no address.
    """
    session_id = account.hidden.get(intent["id"], {}).get("session")
    if session_id is not None:
        session = account.get("checkout.session", session_id)
        return checkout.authenticate(account, session, passed=passed)
    if intent["status"] != "requires_action":
        raise wrong_state(
            "The client's bank has no question open for this intent.",
            code=f"{intent['object']}_unexpected_state",
        )
    back = (intent["next_action"].get("redirect_to_url") or {}).get("return_url")
    finish = (
        payments.finish_authentication
        if intent["object"] == "payment_intent"
        else setups.finish_authentication
    )
    told: StripeObject = {}
    account.cause = Cause(account.ids.new("req"))
    try:
        finish(account, intent, passed=passed)
    except StripeError as decline:
        shown = ("type", "code", "decline_code", "message")
        told["error"] = {name: decline.error[name] for name in shown if name in decline.error}
    finally:
        account.cause = Cause()
    worked = "error" not in told
    return told | {
        "status": intent["status"],
        "charge": intent.get("latest_charge"),
        "return_url": _back_to(back, intent, worked=worked) if back else None,
    }


def _back_to(return_url: str, intent: StripeObject, *, worked: bool) -> str:
    """Add what Stripe adds to the address the client returns to."""
    parts = urlsplit(return_url)
    added = {
        intent["object"]: intent["id"],
        f"{intent['object']}_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if worked else "failed",
    }
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *added.items()])
    return urlunsplit(parts._replace(query=query))
