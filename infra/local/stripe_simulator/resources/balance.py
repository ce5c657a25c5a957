"""The balance and its transactions: docs.stripe.com/api/balance_transactions."""

from infra.local.stripe_simulator import ledger, listing, paying_out
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.declarations import takes
from infra.local.stripe_simulator.errors import StripeObject, invalid_param


def retrieve_balance(call: Call) -> StripeObject:
    """Give what is available and what is pending."""
    return ledger.balance(call.account)


def retrieve(call: Call) -> StripeObject:
    """Give one balance transaction."""
    return call.account.get("balance_transaction", call.path["transaction"])


def list_all(call: Call) -> StripeObject:
    """List balance transactions; `payout` gives those that a payout paid out."""
    entries = call.account.all("balance_transaction")
    if "payout" in call.params:
        payout = call.account.get("payout", call.params["payout"], param="payout", status=400)
        if not payout["automatic"]:
            raise invalid_param(
                "Balance transactions can only be listed by an automatic payout.", param="payout"
            )
        entries = paying_out.paid_with(call.account, payout)
    return listing.page(entries, call.params, call.url, ("type", "currency", "source"))


_LISTED = takes(
    "BalanceTransactionListParams", f"{listing.CURSORS_AND_CREATED} currency payout source type"
)

OPERATIONS = (
    Operation("GET", "/v1/balance", retrieve_balance),
    Operation("GET", "/v1/balance_transactions", list_all, _LISTED),
    Operation("GET", "/v1/balance_transactions/{transaction}", retrieve),
)
