"""How payouts go: by hand or automatic, to the bank, paid, failed, canceled.

docs.stripe.com/payouts. An automatic payout takes every available entry in its currency that no
other has taken and stamps it, so `GET /v1/balance_transactions?payout=` explains it to the last
unit. One made by hand takes a sum and no entries in particular. Each currency that the account
settles in is paid out by itself, to a bank account of its own
(docs.stripe.com/payouts/multicurrency-settlement).
"""

from datetime import UTC, datetime

from infra.local.stripe_simulator import currencies, ledger, library, refunding
from infra.local.stripe_simulator.errors import StripeObject, invalid_param
from infra.local.stripe_simulator.exchange import Settled
from infra.local.stripe_simulator.state import Account, change

DAY_S = ledger.DAY_S
# Automatic payouts are made each day at this hour (UTC), after the midnight of `available_on`.
PAYOUT_HOUR = 6
BUSINESS_DAYS = 2
INSTANT_S = 1800
RECONCILED_AFTER_S = 1.0
# By hand and by control call a payout goes through at once, as with test keys.
IN_TRANSIT_AFTER_S = 2.0
PAID_AFTER_S = 3.5
_WEEKDAYS = 5

FAILURES = {
    "account_closed": "The bank account has been closed.",
    "account_frozen": "The bank account has been frozen.",
    "bank_account_restricted": "The bank account does not take this kind of payment.",
    "could_not_process": "The bank could not process this payout.",
    "declined": "The bank has declined this transfer.",
    "insufficient_funds": "The Stripe account has too little to cover this payout.",
    "invalid_account_number": "The account number is not valid.",
    "no_account": "The bank has no such account.",
}


def create(account: Account, *, amount: int, currency: str, **chosen: object) -> StripeObject:
    """Pay out a sum by hand, in minor units; refused unless so much is available."""
    if currency not in account.settles_in:
        raise refunding.refused(
            f"The account has no bank account in that currency ({currency}).", param="currency"
        )
    step = currencies.payout_step_minor(currency)
    if amount % step:
        raise invalid_param(
            f"A payout in {currency} must be a multiple of {step}.",
            param="amount",
            code="parameter_invalid_integer",
        )
    if amount > ledger.available(account, currency):
        raise refunding.refused(
            "The Stripe account has too little available in this currency for this payout.",
            code="balance_insufficient",
        )
    payout = _new_payout(account, amount, currency, automatic=False, **chosen)
    _enter(account, payout)
    account.record_event("payout.created", payout)
    _go_quickly(account, payout)
    return payout


def pay_out_automatically(
    account: Account, currency: str, *, with_pending: bool, quickly: bool
) -> StripeObject | None:
    """Pay out all that is available in a currency that the account settles in.

    With `with_pending` the rest too; None if that is nothing.
    """
    entries = list(ledger.not_paid_out(account, currency))
    if not with_pending:
        entries = [entry for entry in entries if entry["status"] == "available"]
    amount = sum(entry["net"] for entry in entries)
    if amount <= 0:
        return None
    ledger.make_available(account, entries)
    method = "instant" if with_pending else "standard"
    payout = _new_payout(account, amount, currency, automatic=True, method=method)
    for entry in [*entries, _enter(account, payout)]:
        account.hidden.setdefault(entry["id"], {})["payout"] = payout["id"]
    account.record_event("payout.created", payout)
    account.clock.at(
        account.clock.exact() + RECONCILED_AFTER_S, lambda: _reconcile(account, payout)
    )
    if quickly:
        _go_quickly(account, payout)
    else:
        _advance(account, payout, "in_transit")
        account.clock.at(payout["arrival_date"], lambda: _advance(account, payout, "paid"))
    return payout


def schedule_daily(account: Account) -> None:
    """Pay out each day from now on."""
    moment = (account.clock.now() // DAY_S) * DAY_S + PAYOUT_HOUR * 3600
    _schedule(account, moment if moment > account.clock.now() else moment + DAY_S)


def fail(account: Account, payout: StripeObject, failure_code: str) -> None:
    """Let a payout fail, even one that was paid: its money comes back to the balance."""
    if payout["status"] not in {"pending", "in_transit", "paid"}:
        raise refunding.refused(f"A payout that is {payout['status']} cannot fail.")
    previous = _bring_back(account, payout, "payout_failure", "failed")
    message = FAILURES[failure_code]
    previous |= change(payout, failure_code=failure_code, failure_message=message)
    account.record_event("payout.failed", payout)
    account.record_event("payout.updated", payout, previous)


def cancel(account: Account, payout: StripeObject) -> None:
    """Cancel a payout made by hand that is not on its way yet."""
    if payout["automatic"] or payout["status"] != "pending":
        raise refunding.refused(
            "Only a payout that was made by hand and is still pending can be canceled; this one "
            f"is {payout['status']}."
        )
    previous = _bring_back(account, payout, "payout_cancel", "canceled")
    account.record_event("payout.canceled", payout)
    account.record_event("payout.updated", payout, previous)


def paid_with(account: Account, payout: StripeObject) -> list[StripeObject]:
    """Give the entries an automatic payout paid out and its own, newest first."""
    return [
        entry
        for entry in account.all("balance_transaction")
        if account.hidden.get(entry["id"], {}).get("payout") == payout["id"]
    ]


def _schedule(account: Account, moment: int) -> None:
    def happen() -> None:
        for currency in account.settles_in:
            pay_out_automatically(account, currency, with_pending=False, quickly=False)
        _schedule(account, moment + DAY_S)

    account.clock.at(moment, happen)


def _new_payout(
    account: Account, amount: int, currency: str, *, automatic: bool, **chosen: object
) -> StripeObject:
    now = account.clock.now()
    instant = chosen.get("method") == "instant"
    payout: StripeObject = {
        **library.unset("payout"),
        "id": account.ids.new("po"),
        "object": "payout",
        "amount": amount,
        "arrival_date": now + INSTANT_S if instant else _business_day(now),
        "automatic": automatic,
        "created": now,
        "currency": currency,
        "description": "STRIPE PAYOUT" if automatic else None,
        "destination": _bank_account(account, currency),
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "reconciliation_status": "in_progress" if automatic else "not_applicable",
        "source_type": "card",
        "status": "pending",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }
    return account.add(payout | chosen)


def _enter(account: Account, payout: StripeObject) -> StripeObject:
    entry = ledger.new_balance_transaction(
        account,
        kind="payout",
        reporting_category="payout",
        source=payout,
        moved=Settled(-payout["amount"], payout["currency"], None),
        description=payout["description"],
    )
    change(payout, balance_transaction=entry["id"])
    return entry


def _bring_back(account: Account, payout: StripeObject, kind: str, status: str) -> StripeObject:
    entry = ledger.new_balance_transaction(
        account,
        kind=kind,
        reporting_category="payout_reversal",
        source=payout,
        moved=Settled(payout["amount"], payout["currency"], None),
        description=payout["description"],
    )
    return change(
        payout,
        status=status,
        failure_balance_transaction=entry["id"],
        trace_id={"status": "unsupported", "value": None},
    )


def _go_quickly(account: Account, payout: StripeObject) -> None:
    now = account.clock.exact()
    account.clock.at(now + IN_TRANSIT_AFTER_S, lambda: _advance(account, payout, "in_transit"))
    account.clock.at(now + PAID_AFTER_S, lambda: _advance(account, payout, "paid"))


def _advance(account: Account, payout: StripeObject, status: str) -> None:
    if payout["status"] not in {"pending", "in_transit"}:
        return
    previous = change(payout, status=status)
    if status == "paid":
        trace = account.ids.fingerprint(payout["id"]).upper()
        previous |= change(payout, trace_id={"status": "supported", "value": trace})
    account.record_event("payout.updated", payout, previous)
    if status == "paid":
        account.record_event("payout.paid", payout)


def _reconcile(account: Account, payout: StripeObject) -> None:
    previous = change(payout, reconciliation_status="completed")
    account.record_event("payout.updated", payout, previous)
    account.record_event("payout.reconciliation_completed", payout)


def _business_day(now: int) -> int:
    """Tell the midnight (UTC) of the second business day from now."""
    day, left = now // DAY_S, BUSINESS_DAYS
    while left:
        day += 1
        left -= datetime.fromtimestamp(day * DAY_S, UTC).weekday() < _WEEKDAYS
    return day * DAY_S


def _bank_account(account: Account, currency: str) -> str:
    """Name the account's bank account in a currency, the same for each payout."""
    return f"ba_1{account.ids.fingerprint(account.id + currency)}"
