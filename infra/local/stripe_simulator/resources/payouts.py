"""Payouts: docs.stripe.com/api/payouts."""

from infra.local.stripe_simulator import listing, params, paying_out
from infra.local.stripe_simulator.api import Call, Operation
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


_CHOSEN: params.Declared = {
    "description": params.text(),
    "method": params.one_of("instant", "standard"),
    "source_type": params.one_of("card"),
    "statement_descriptor": params.text(22),
}

OPERATIONS = (
    Operation(
        "POST",
        "/v1/payouts",
        create,
        {
            **_CHOSEN,
            "amount": Required(params.integer(1)),
            "currency": Required(params.currency),
            "metadata": params.metadata,
        },
    ),
    Operation(
        "GET",
        "/v1/payouts",
        list_all,
        {
            **listing.CURSORS_AND_CREATED,
            "arrival_date": params.moment_or_range,
            "destination": params.text(),
            "status": params.one_of("canceled", "failed", "in_transit", "paid", "pending"),
        },
    ),
    Operation("GET", "/v1/payouts/{payout}", retrieve),
    Operation("POST", "/v1/payouts/{payout}", update, {"metadata": params.metadata}),
    Operation("POST", "/v1/payouts/{payout}/cancel", cancel),
)
