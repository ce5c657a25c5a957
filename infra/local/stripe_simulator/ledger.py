"""Balance transactions: each movement of the account's balance, with its fee."""

from collections.abc import Iterator, Sequence
from functools import partial

from infra.local.stripe_simulator import exchange
from infra.local.stripe_simulator.cards import BEHAVIOURS
from infra.local.stripe_simulator.errors import StripeObject
from infra.local.stripe_simulator.exchange import Settled
from infra.local.stripe_simulator.fees import Fee, processing_fees
from infra.local.stripe_simulator.state import Account, change

DAY_S = 86_400
PENDING_DAYS = 4


def new_balance_transaction(
    account: Account,
    *,
    kind: str,
    reporting_category: str,
    source: StripeObject,
    moved: Settled,
    fees: Sequence[Fee] = (),
    available_on: int | None = None,
    description: str | None = None,
) -> StripeObject:
    """Enter a movement: a signed amount and its fees, `net == amount - fee`.

    It is available at once unless `available_on` is in the future; then the clock makes it so.
    """
    now = account.clock.now()
    available_on = now if available_on is None else max(now, available_on)
    fee = sum(one.amount for one in fees)
    entry = account.add(
        {
            "id": account.ids.new("txn"),
            "object": "balance_transaction",
            "amount": moved.amount,
            "available_on": available_on,
            "balance_type": "payments",
            "created": now,
            "currency": moved.currency,
            "description": description,
            "exchange_rate": moved.exchange_rate,
            "fee": fee,
            "fee_details": [_fee_detail(one, moved.currency) for one in fees],
            "net": moved.amount - fee,
            "reporting_category": reporting_category,
            "source": source["id"],
            "status": "pending" if available_on > now else "available",
            "type": kind,
        }
    )
    if available_on > now:
        _schedule_availability(account, available_on)
    return entry


def settle_charge(account: Account, charge: StripeObject) -> StripeObject:
    """Enter a captured charge and name the entry on it; gives the charge's former attributes.

    What is pending becomes available by the clock, at a midnight (UTC) some days later.
    """
    behaviour = BEHAVIOURS[account.hidden[charge["payment_method"]]["behaviour"]]
    moved = exchange.settle(account, charge["amount_captured"], charge["currency"])
    later = (account.clock.now() // DAY_S + PENDING_DAYS + 1) * DAY_S
    entry = new_balance_transaction(
        account,
        kind="charge",
        reporting_category="charge",
        source=charge,
        moved=moved,
        fees=processing_fees(
            moved.amount,
            moved.currency,
            account_country=account.settings.account_country,
            card_country=charge["payment_method_details"]["card"]["country"],
            converted=moved.exchange_rate is not None,
        ),
        available_on=None if behaviour.bypass_pending else later,
        description=charge["description"],
    )
    if behaviour.bypass_pending:
        # After the call that took the money, as what became available by the clock is told.
        tell = partial(_tell_available, account)
        account.clock.at(account.clock.exact(), tell)
    return change(charge, balance_transaction=entry["id"])


def settle_if_not_yet(account: Account, charge: StripeObject) -> None:
    """End an asynchronous capture: the charge's entry arrives with `charge.updated`."""
    if charge["balance_transaction"] is None:
        account.record_event("charge.updated", charge, settle_charge(account, charge))


def taken_back(account: Account, charge: StripeObject, amount: int) -> Settled:
    """Tell what taking back an amount (minor units of the charge, above 0) takes from the balance.

    From the one the charge's money is in, whatever the account settles in by now
    (docs.stripe.com/currencies/disputes-refunds).
    """
    entry = account.get("balance_transaction", charge["balance_transaction"])
    return exchange.settled_in(entry["currency"], -amount, charge["currency"])


def available_with(account: Account, charge: StripeObject) -> int:
    """Tell when what is taken back from a charge counts: together with the charge's own money."""
    entry = account.get("balance_transaction", charge["balance_transaction"])
    return int(entry["available_on"])


def balance(account: Account) -> StripeObject:
    """Sum the nets by currency, apart what is available and what is still pending."""
    sums: dict[str, dict[str, int]] = {
        status: dict.fromkeys(account.settles_in, 0) for status in ("available", "pending")
    }
    for entry in account.all("balance_transaction"):
        for by_currency in sums.values():
            by_currency.setdefault(entry["currency"], 0)
        sums[entry["status"]][entry["currency"]] += entry["net"]
    return {
        "object": "balance",
        "livemode": False,
        **{
            status: [
                {"amount": amount, "currency": currency, "source_types": {"card": amount}}
                for currency, amount in sorted(by_currency.items())
            ]
            for status, by_currency in sums.items()
        },
    }


def available(account: Account, currency: str) -> int:
    """Sum what is available in a currency, in minor units; negative after many refunds."""
    return sum(
        entry["net"]
        for entry in account.all("balance_transaction")
        if (entry["currency"], entry["status"]) == (currency, "available")
    )


def not_paid_out(account: Account, currency: str) -> Iterator[StripeObject]:
    """Give the entries in a currency that no automatic payout has paid out, newest first."""
    for entry in account.all("balance_transaction"):
        if entry["currency"] == currency and "payout" not in account.hidden.get(entry["id"], {}):
            yield entry


def make_available(account: Account, entries: Sequence[StripeObject]) -> None:
    """Let pending entries count now; `balance.available` tells of it."""
    now = account.clock.now()
    pending = [entry for entry in entries if entry["status"] == "pending"]
    for entry in pending:
        change(entry, status="available", available_on=min(entry["available_on"], now))
    if pending:
        _tell_available(account)


def _tell_available(account: Account) -> None:
    account.record_event("balance.available", balance(account))


def _schedule_availability(account: Account, moment: int) -> None:
    """Look once at each moment, however many entries become available then."""
    known: set[int] = account.hidden.setdefault("balance", {"moments": set()})["moments"]
    if moment not in known:
        known.add(moment)
        account.clock.at(moment, lambda: _become_available(account, moment))


def _become_available(account: Account, moment: int) -> None:
    entries = account.all("balance_transaction")
    make_available(account, [entry for entry in entries if entry["available_on"] <= moment])


def _fee_detail(fee: Fee, currency: str) -> StripeObject:
    return {
        "amount": fee.amount,
        "application": None,
        "currency": currency,
        "description": fee.description,
        "type": "stripe_fee",
    }
