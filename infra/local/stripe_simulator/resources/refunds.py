"""Refunds: docs.stripe.com/api/refunds."""

from infra.local.stripe_simulator import disputing, listing, params, refunding
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.declarations import takes
from infra.local.stripe_simulator.errors import StripeObject, invalid_param, missing_param
from infra.local.stripe_simulator.state import change_metadata


def create(call: Call) -> StripeObject:
    """Refund a charge, or the one that paid a payment intent."""
    account, sent = call.account, call.params
    charge = _charge(call)
    refund = refunding.create(
        account,
        charge,
        amount=sent.get("amount"),
        reason=sent.get("reason"),
        metadata=params.merged_metadata({}, sent.get("metadata", {})),
    )
    if charge["refunded"]:
        disputing.close_inquiries(account, charge)
    return refund


def retrieve(call: Call) -> StripeObject:
    """Give one refund."""
    return call.account.get("refund", call.path["refund"])


def list_all(call: Call) -> StripeObject:
    """List refunds."""
    return listing.page(
        call.account.all("refund"), call.params, call.url, ("charge", "payment_intent")
    )


def update(call: Call) -> StripeObject:
    """Change the metadata, the only thing that can be changed."""
    refund = retrieve(call)
    previous = change_metadata(refund, call.params.get("metadata", {}))
    if previous:
        refunding.announce(call.account, refund, previous)
    return refund


def cancel(call: Call) -> StripeObject:
    """Cancel a refund that waits for the client; those to cards never do, so it is refused."""
    refund = retrieve(call)
    refunding.cancel(call.account, refund, ("requires_action",))
    return refund


def _charge(call: Call) -> StripeObject:
    account, sent = call.account, call.params
    if "charge" not in sent and "payment_intent" not in sent:
        raise missing_param("charge")
    if "payment_intent" not in sent:
        return account.get("charge", sent["charge"], param="charge", status=400)
    intent = account.get(
        "payment_intent", sent["payment_intent"], param="payment_intent", status=400
    )
    if sent.get("charge", intent["latest_charge"]) != intent["latest_charge"]:
        raise invalid_param("The charge is not of this PaymentIntent.", param="charge")
    if intent["status"] != "succeeded":
        raise refunding.refused(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
        )
    return account.get("charge", intent["latest_charge"])


# `instructions_email` is for payment methods that need the client's help; cards do not.
_CREATED = takes(
    "RefundCreateParams",
    "charge instructions_email metadata payment_intent reason",
    amount=params.integer(1),
)
_LISTED = takes("RefundListParams", f"{listing.CURSORS_AND_CREATED} charge payment_intent")
_CHANGED = takes("RefundModifyParams", "metadata")

OPERATIONS = (
    Operation("POST", "/v1/refunds", create, _CREATED),
    Operation("GET", "/v1/refunds", list_all, _LISTED),
    Operation("GET", "/v1/refunds/{refund}", retrieve),
    Operation("POST", "/v1/refunds/{refund}", update, _CHANGED),
    Operation("POST", "/v1/refunds/{refund}/cancel", cancel),
)
