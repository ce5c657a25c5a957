"""Which cards may be used again: attached to a customer, set up for later, spent after one use.

docs.stripe.com/payments/save-and-reuse
"""

from infra.local.stripe_simulator.cards import BEHAVIOURS, Behaviour, Decline
from infra.local.stripe_simulator.errors import StripeError, StripeObject, wrong_state
from infra.local.stripe_simulator.state import Account, change

AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)


def behaviour_of(account: Account, method: StripeObject) -> Behaviour:
    """Tell which test card a payment method is."""
    return BEHAVIOURS[account.hidden[method["id"]]["behaviour"]]


def needs_authentication(account: Account, method: StripeObject, *, off_session: bool) -> bool:
    """Tell whether the bank insists on 3D Secure, which nobody can answer off-session."""
    behaviour = behaviour_of(account, method)
    if not behaviour.authentication or not off_session:
        return behaviour.authentication
    if behaviour.off_session == "once_set_up":
        return not account.hidden[method["id"]].get("set_up", False)
    return behaviour.off_session == "refused"


def refuse_unusable(account: Account, method: StripeObject, payer: str | None) -> None:
    """Refuse another customer's payment method, and one that was used up or detached."""
    if account.hidden[method["id"]].get("spent"):
        raise wrong_state(
            f"The PaymentMethod {method['id']} was used before without being attached to a "
            "Customer, or was detached from one. It may not be used again.",
            code="payment_method_unexpected_state",
            param="payment_method",
        )
    owner = method["customer"]
    if owner is not None and payer is None:
        raise wrong_state(
            f"The PaymentMethod {method['id']} belongs to the Customer {owner}. Include the "
            "Customer in the `customer` parameter.",
            code="payment_method_unexpected_state",
            param="payment_method",
        )
    if owner is not None and owner != payer:
        raise wrong_state(
            f"The customer {payer} does not have a payment method with the ID {method['id']}.",
            code="payment_method_unexpected_state",
            param="payment_method",
        )


def keep_or_spend(account: Account, intent: StripeObject, method: StripeObject) -> None:
    """After a successful use: save the card where that was asked for, else it is used up.

    A card that is saved without a customer can still be attached to one.
    """
    usage = intent["setup_future_usage"]
    if usage is None:
        if method["customer"] is None:
            account.hidden[method["id"]]["spent"] = True
        return
    save(account, method, intent["customer"], usage)


def save(account: Account, method: StripeObject, customer: str | None, usage: str) -> None:
    """Keep a card for `off_session` or `on_session` use, with the customer if there is one."""
    if usage == "off_session":
        account.hidden[method["id"]]["set_up"] = True
    if customer is not None and method["customer"] is None:
        attach(account, method, customer)


def attach(account: Account, method: StripeObject, customer: str) -> None:
    """Make a payment method a customer's own, and announce it."""
    change(method, customer=customer)
    account.record_event("payment_method.attached", method)


def detach(account: Account, method: StripeObject) -> None:
    """Take a payment method from its customer for good."""
    account.hidden[method["id"]]["spent"] = True
    customer = account.find("customer", method["customer"])
    if customer and customer["invoice_settings"]["default_payment_method"] == method["id"]:
        settings = customer["invoice_settings"] | {"default_payment_method": None}
        change(customer, invoice_settings=settings)
    account.record_event("payment_method.detached", method, change(method, customer=None))


def decline_of_saving(behaviour: Behaviour) -> Decline | None:
    """Tell why the bank refuses to have a card saved, or None."""
    return None if behaviour.can_be_saved else behaviour.decline


def declined(decline: Decline, method: StripeObject) -> StripeError:
    """Refuse a card as the bank does."""
    return StripeError(
        402,
        "card_error",
        decline.message,
        code=decline.code,
        param=decline.param,
        decline_code=decline.decline_code,
        payment_method=dict(method),
    )
