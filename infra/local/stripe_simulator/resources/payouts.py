"""Payouts: docs.stripe.com/api/payouts."""

from infra.local.stripe_simulator import listing, params, paying_out
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.declarations import takes
from infra.local.stripe_simulator.errors import StripeObject
from infra.local.stripe_simulator.params import Required
from infra.local.stripe_simulator.state import change_metadata


def create(call: Call) -> StripeObject:
    """Pay out by hand."""
    sent = call.params
    chosen = {name: sent[name] for name in _CHOSEN if name in sent}
    metadata = params.merged_metadata({}, sent.get("metadata", {}))
    return paying_out.create(
        call.account,
        amount=sent["amount"],
        currency=sent["currency"],
        metadata=metadata,
        **chosen,
    )


def retrieve(call: Call) -> StripeObject:
    """Give one payout."""
    return call.account.get("payout", call.path["payout"])


def list_all(call: Call) -> StripeObject:
    """List payouts; `arrival_date` takes the same bounds as `created`."""
    sent = call.params
    payouts = [
        payout
        for payout in call.account.all("payout")
        if listing.within(payout["arrival_date"], sent.get("arrival_date", {}))
    ]
    return listing.page(payouts, sent, call.url, ("status", "destination"))


def update(call: Call) -> StripeObject:
    """Change the metadata."""
    payout = retrieve(call)
    previous = change_metadata(payout, call.params.get("metadata", {}))
    if previous:
        call.account.record_event("payout.updated", payout, previous)
    return payout


def cancel(call: Call) -> StripeObject:
    """Cancel a payout made by hand, before it is on its way."""
    payout = retrieve(call)
    paying_out.cancel(call.account, payout)
    return payout


_CHOSEN = ("description", "method", "source_type", "statement_descriptor")
_CREATED = takes(
    "PayoutCreateParams",
    "currency description metadata method",
    amount=Required(params.integer(1)),
    source_type=params.one_of("card"),
    statement_descriptor=params.text(22),
)
_LISTED = takes(
    "PayoutListParams",
    f"{listing.CURSORS_AND_CREATED} arrival_date destination",
    status=params.one_of("canceled", "failed", "in_transit", "paid", "pending"),
)
_CHANGED = takes("PayoutModifyParams", "metadata")

OPERATIONS = (
    Operation("POST", "/v1/payouts", create, _CREATED),
    Operation("GET", "/v1/payouts", list_all, _LISTED),
    Operation("GET", "/v1/payouts/{payout}", retrieve),
    Operation("POST", "/v1/payouts/{payout}", update, _CHANGED),
    Operation("POST", "/v1/payouts/{payout}/cancel", cancel),
)
