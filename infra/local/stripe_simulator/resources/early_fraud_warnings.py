"""Warnings of a card's bank that a charge may be fraud: docs.stripe.com/api/radar."""

from infra.local.stripe_simulator import listing
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.declarations import takes
from infra.local.stripe_simulator.errors import StripeObject
from infra.local.stripe_simulator.state import Account, change

LATER_S = 1.0


def warn_later(account: Account, charge: StripeObject) -> None:
    """Have the bank warn of a charge a moment after it."""
    account.clock.at(account.clock.exact() + LATER_S, lambda: _warn(account, charge))


def settle(account: Account, charge: StripeObject) -> None:
    """Tell that a warning is of no use any more: its charge was refunded in full, or disputed."""
    for warning in account.all("radar.early_fraud_warning"):
        if warning["charge"] == charge["id"] and warning["actionable"]:
            previous = change(warning, actionable=False)
            account.record_event("radar.early_fraud_warning.updated", warning, previous)


def retrieve(call: Call) -> StripeObject:
    """Give one warning."""
    return call.account.get("radar.early_fraud_warning", call.path["warning"])


def list_all(call: Call) -> StripeObject:
    """List warnings, of one charge or payment intent if that is sent."""
    warnings = call.account.all("radar.early_fraud_warning")
    return listing.page(warnings, call.params, call.url, ("charge", "payment_intent"))


def _warn(account: Account, charge: StripeObject) -> None:
    warning = account.add(
        {
            "id": account.ids.new("issfr"),
            "object": "radar.early_fraud_warning",
            # A refund in full still averts a dispute; where money is gone back there is no need.
            "actionable": not charge["refunded"] and not charge["disputed"],
            "charge": charge["id"],
            "created": account.clock.now(),
            "fraud_type": "misc",
            "livemode": False,
            "payment_intent": charge["payment_intent"],
        }
    )
    account.record_event("radar.early_fraud_warning.created", warning)


_LISTED = takes(
    "radar.EarlyFraudWarningListParams", f"{listing.CURSORS_AND_CREATED} charge payment_intent"
)

OPERATIONS = (
    Operation("GET", "/v1/radar/early_fraud_warnings", list_all, _LISTED),
    Operation("GET", "/v1/radar/early_fraud_warnings/{warning}", retrieve),
)
