"""What a client does with a Checkout Session, by the hosted page or by a control call."""

from infra.local.stripe_simulator import params, payments, setups
from infra.local.stripe_simulator.cards import Card
from infra.local.stripe_simulator.errors import StripeError, StripeObject, wrong_state
from infra.local.stripe_simulator.resources.customers import new_customer
from infra.local.stripe_simulator.resources.payment_methods import new_payment_method
from infra.local.stripe_simulator.state import Account, Cause, change


def pay(
    account: Account, session: StripeObject, card: Card, *, email: str = "", name: str = ""
) -> StripeObject:
    """Press the page's button: try to pay an open session, or save a card in setup mode.

    Gives the outcome: `status` is `succeeded`, `declined` or `requires_action`, or the session's
    own status when it is not open; then `payment_intent`, `setup_intent`, `charge`, and `error`
    of a decline.
    """
    if session["status"] != "open":
        return outcome(account, session, session["status"])
    email = session["customer_email"] or email
    account.cause = Cause(account.ids.new("req"))
    try:
        method = new_payment_method(account, card, email=email or None, name=name or None)
        return confirm(account, session, method)
    except StripeError as decline:
        return outcome(account, session, "declined", decline)
    finally:
        account.cause = Cause()


def confirm(account: Account, session: StripeObject, method: StripeObject) -> StripeObject:
    """Pay an open session with a payment method; gives the outcome, raises a 402 of a decline."""
    if session["status"] != "open":
        raise wrong_state(
            f"This Checkout Session is {session['status']}; nothing can be paid with it.",
            code="checkout_session_not_open",
        )
    details = method["billing_details"]
    _ensure_customer(account, session, email=details["email"] or "", name=details["name"] or "")
    intent = _intent(account, session)
    page = f"{account.settings.public_url}/c/pay/{session['id']}/authenticate"
    confirm_intent = setups.confirm if session["mode"] == "setup" else payments.confirm
    confirm_intent(
        account,
        intent,
        method,
        {"type": "redirect_to_url", "redirect_to_url": {"return_url": page, "url": page}},
    )
    return _finish(account, session, intent)


def authenticate(account: Account, session: StripeObject, *, passed: bool) -> StripeObject:
    """Answer for the client's bank (3D Secure); gives the outcome as `pay` does."""
    if not awaits_authentication(account, session):
        raise wrong_state(
            "The client's bank has no question open for this Checkout Session.",
            code="payment_intent_unexpected_state",
        )
    intent = _intent(account, session)
    account.cause = Cause(account.ids.new("req"))
    try:
        if session["mode"] == "setup":
            setups.finish_authentication(account, intent, passed=passed)
        else:
            payments.finish_authentication(account, intent, passed=passed)
    except StripeError as decline:
        return outcome(account, session, "declined", decline)
    else:
        return _finish(account, session, intent)
    finally:
        account.cause = Cause()


def expire(account: Account, session: StripeObject) -> None:
    """End an open session and give up its intent; refuses any other session."""
    if session["status"] != "open":
        raise wrong_state(
            f"Only an open Checkout Session can be expired; this one is {session['status']}.",
            code="checkout_session_not_open",
        )
    change(session, status="expired", url=None)
    if session["payment_intent"] is not None:
        intent = account.get("payment_intent", session["payment_intent"])
        payments.cancel(account, intent, "expired")
    if session["setup_intent"] is not None:
        setups.cancel(account, account.get("setup_intent", session["setup_intent"]), None)
    account.record_event("checkout.session.expired", session)


def expire_if_open(account: Account, session: StripeObject) -> None:
    """End a session whose time is over, unless the client has paid."""
    if session["status"] == "open":
        expire(account, session)


def success_url(session: StripeObject) -> str:
    """Tell where a client goes after paying, with the session's id filled in."""
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def awaits_authentication(account: Account, session: StripeObject) -> bool:
    """Tell whether the client's bank has a question open."""
    if session["status"] != "open":
        return False
    intents = (
        account.find("payment_intent", session["payment_intent"] or ""),
        account.find("setup_intent", session["setup_intent"] or ""),
    )
    return any(intent and intent["status"] == "requires_action" for intent in intents)


def _ensure_customer(account: Account, session: StripeObject, *, email: str, name: str) -> None:
    """Make the customer that the session was asked to make; Stripe does so at the first try."""
    if session["customer"] is None and session["customer_creation"] == "always":
        customer = new_customer(account, email=email or None, name=name or None)
        change(session, customer=customer["id"])
        if session["setup_intent"] is not None:
            intent = account.get("setup_intent", session["setup_intent"])
            change(intent, customer=customer["id"])


def _intent(account: Account, session: StripeObject) -> StripeObject:
    """Give the session's intent; a payment intent is made at the first try to pay."""
    if session["mode"] == "setup":
        return account.get("setup_intent", session["setup_intent"])
    if session["payment_intent"] is not None:
        return account.get("payment_intent", session["payment_intent"])
    data = account.hidden[session["id"]]["payment_intent_data"]
    chosen = {**data, "metadata": params.merged_metadata({}, data.get("metadata", {}))}
    intent = payments.new_payment_intent(
        account,
        amount=session["amount_total"],
        currency=session["currency"],
        customer=session["customer"],
        **chosen,
    )
    account.hidden[intent["id"]] = {"session": session["id"]}
    change(session, payment_intent=intent["id"])
    return intent


def _finish(account: Account, session: StripeObject, intent: StripeObject) -> StripeObject:
    if intent["status"] == "requires_action":
        return outcome(account, session, "requires_action")
    details = account.get("payment_method", intent["payment_method"])["billing_details"]
    change(
        session,
        customer_details={
            "address": dict(details["address"]),
            "business_name": None,
            "email": details["email"],
            "individual_name": None,
            "name": details["name"],
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
        payment_status=_payment_status(intent),
        status="complete",
        url=None,
    )
    account.record_event("checkout.session.completed", session)
    return outcome(account, session, "succeeded")


def _payment_status(intent: StripeObject) -> str:
    if intent["object"] == "setup_intent":
        return "no_payment_required"
    # What is only authorised is not paid: the funds come with the capture.
    return "unpaid" if intent["capture_method"] == "manual" else "paid"


def outcome(
    account: Account, session: StripeObject, status: str, decline: StripeError | None = None
) -> StripeObject:
    """Tell how a try to pay ended, or that none was possible, as `pay` describes it."""
    intent = account.find("payment_intent", session["payment_intent"] or "")
    charge = intent["latest_charge"] if intent else None
    told: StripeObject = {
        "status": status,
        "payment_intent": session["payment_intent"],
        "setup_intent": session["setup_intent"],
        # A card that was not even sent to a bank has no charge; an earlier try's is not its own.
        "charge": decline.error.get("charge") if decline else charge,
        "session_status": session["status"],
    }
    if decline is not None:
        shown = ("type", "code", "decline_code", "message", "param")
        told["error"] = {name: decline.error[name] for name in shown if name in decline.error}
    return told
