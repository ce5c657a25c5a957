"""How refunds go: made, paid from the balance, failed later, canceled.

docs.stripe.com/refunds. A refund that the balance cannot pay waits as `pending` and takes nothing
until money has come in. What counts is what was taken in and not paid out yet, pending money
included and Stripe's fees left out: by those the balance may go below zero. Each currency's balance
is by itself (support.stripe.com/questions/negative-balances-in-different-currencies).
"""

from infra.local.stripe_simulator import currencies, exchange, ledger
from infra.local.stripe_simulator.cards import BEHAVIOURS
from infra.local.stripe_simulator.errors import StripeError, StripeObject, invalid_param
from infra.local.stripe_simulator.resources.early_fraud_warnings import settle
from infra.local.stripe_simulator.state import Account, change

# What takes a bank days takes the simulator seconds.
REFERENCE_AFTER_S = 2.0
FAILS_AFTER_S = 2.5
SUCCEEDS_AFTER_S = 2.0
FAILURE_REASONS = (
    "charge_for_pending_refund_disputed",
    "declined",
    "expired_or_canceled_card",
    "insufficient_funds",
    "lost_or_stolen_card",
    "merchant_request",
    "unknown",
)
_BRINGS_MONEY = frozenset(
    {
        "charge.captured",
        "charge.dispute.funds_reinstated",
        "charge.succeeded",
        "charge.updated",
        "payout.canceled",
        "payout.failed",
        "refund.failed",
    }
)


def create(
    account: Account,
    charge: StripeObject,
    *,
    amount: int | None,
    reason: str | None,
    metadata: dict[str, str],
) -> StripeObject:
    """Refund a charge: `amount` in its minor units, or all that is left of it."""
    _refuse_if_not_refundable(account, charge)
    rest = charge["amount_captured"] - charge["amount_refunded"]
    amount = _checked_amount(charge, rest if amount is None else amount, rest)
    # The capture comes first, so a refund never has an older entry than its charge.
    ledger.settle_if_not_yet(account, charge)
    refund = account.add(_new_refund(account, charge, amount, reason, metadata))
    if _pay(account, refund, charge):
        _begin(account, refund, charge)
    else:
        change(refund, status="pending", pending_reason="insufficient_funds")
    previous = _count(charge, amount)
    account.record_event("refund.created", refund)
    account.record_event("charge.refunded", charge, previous)
    if charge["refunded"]:
        settle(account, charge)
    return refund


def fail(account: Account, refund: StripeObject, failure_reason: str) -> None:
    """Let a refund fail, even one that succeeded: its money comes back to the balance."""
    if refund["status"] not in {"pending", "succeeded"}:
        raise refused(f"A refund that is {refund['status']} cannot fail.")
    previous = _undo(account, refund, status="failed", failure_reason=failure_reason)
    account.record_event("refund.failed", refund)
    announce(account, refund, previous)


def cancel(account: Account, refund: StripeObject, cancelable: tuple[str, ...]) -> None:
    """Cancel a refund in one of these statuses: its money comes back to the balance."""
    if refund["status"] not in cancelable:
        raise refused(
            f"A refund that is {refund['status']} cannot be canceled, only one that is "
            f"{' or '.join(cancelable)}."
        )
    announce(account, refund, _undo(account, refund, status="canceled"))


def announce(account: Account, refund: StripeObject, previous: StripeObject) -> None:
    """Record a change of a refund in both families of events."""
    for event_type in ("refund.updated", "charge.refund.updated"):
        account.record_event(event_type, refund, previous)


def watch(account: Account) -> None:
    """Try waiting refunds again whenever money may have come in."""

    def on_event(event: StripeObject) -> None:
        if event["type"] in _BRINGS_MONEY and _waiting(account):
            account.clock.at(account.clock.exact(), lambda: _retry(account))

    account.on_event.append(on_event)


def refused(message: str, *, code: str | None = None, param: str | None = None) -> StripeError:
    """Refuse what the present state does not allow, with or without a code of Stripe's."""
    return StripeError(400, "invalid_request_error", message, code=code, param=param)


def _refuse_if_not_refundable(account: Account, charge: StripeObject) -> None:
    if charge["status"] != "succeeded":
        raise refused(
            f"Charge {charge['id']} did not succeed; there is nothing to refund.",
            code="charge_not_refundable",
        )
    if not charge["captured"]:
        raise refused(
            f"Charge {charge['id']} is not captured. Cancel its PaymentIntent "
            f"({charge['payment_intent']}) to release what is authorised.",
            code="charge_not_refundable",
        )
    for dispute in account.all("dispute"):
        if dispute["charge"] == charge["id"] and not dispute["is_charge_refundable"]:
            raise refused(
                f"Charge {charge['id']} has been charged back; cannot issue a refund.",
                code="charge_disputed",
            )
    if charge["amount_refunded"] >= charge["amount_captured"]:
        raise refused(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )


def _checked_amount(charge: StripeObject, amount: int, rest: int) -> int:
    currency = charge["currency"]
    step = currencies.step_minor(currency)
    if amount % step:
        raise invalid_param(
            f"An amount in {currency} must be a multiple of {step}.",
            param="amount",
            code="parameter_invalid_integer",
        )
    if amount > rest:
        raise refused(
            f"Refund amount ({currencies.with_sign(amount, currency)}) is greater than unrefunded "
            f"amount on charge ({currencies.with_sign(rest, currency)})",
            param="amount",
        )
    return amount


def _new_refund(
    account: Account,
    charge: StripeObject,
    amount: int,
    reason: str | None,
    metadata: dict[str, str],
) -> StripeObject:
    return {
        "id": account.ids.new("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": account.clock.now(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def _pay(account: Account, refund: StripeObject, charge: StripeObject) -> bool:
    """Take a refund from the balance that has the charge's money, if it suffices."""
    moved = ledger.taken_back(account, charge, refund["amount"])
    taken_in = sum(entry["amount"] for entry in ledger.not_paid_out(account, moved.currency))
    if taken_in + moved.amount < 0:
        return False
    entry = ledger.new_balance_transaction(
        account,
        kind="refund",
        reporting_category="refund",
        source=refund,
        moved=moved,
        available_on=ledger.available_with(account, charge),
        description=f"Refund of {charge['id']}",
    )
    change(refund, balance_transaction=entry["id"])
    return True


def _begin(account: Account, refund: StripeObject, charge: StripeObject) -> None:
    """Send a paid refund to the bank, which answers as the test card has it."""
    outcome = BEHAVIOURS[account.hidden[charge["payment_method"]]["behaviour"]].refund_outcome
    now = account.clock.exact()
    if outcome == "pending":
        change(refund, status="pending", pending_reason="processing")
        account.clock.at(now + SUCCEEDS_AFTER_S, lambda: _succeed(account, refund))
    elif outcome == "failed":
        account.clock.at(now + FAILS_AFTER_S, lambda: _fail_by_bank(account, refund))
    else:
        account.clock.at(now + REFERENCE_AFTER_S, lambda: _tell_reference(account, refund))


def _succeed(account: Account, refund: StripeObject) -> None:
    if refund["status"] == "pending":
        previous = _leave_pending(refund) | change(refund, status="succeeded")
        announce(account, refund, previous)


def _fail_by_bank(account: Account, refund: StripeObject) -> None:
    if refund["status"] == "succeeded":
        fail(account, refund, "expired_or_canceled_card")


def _tell_reference(account: Account, refund: StripeObject) -> None:
    """Add the number with which the client's bank finds the refund."""
    if refund["status"] != "succeeded":
        return
    card = refund["destination_details"]["card"]
    digits = int(account.ids.fingerprint(refund["id"]).encode().hex(), 16) % 10**23
    before = change(card, reference=f"{digits:023d}", reference_status="available")
    announce(account, refund, {"destination_details": {"card": before}})


def _undo(account: Account, refund: StripeObject, **new: str) -> StripeObject:
    charge = account.get("charge", refund["charge"])
    previous = _leave_pending(refund) | change(refund, **new)
    _count(charge, -refund["amount"])
    entry = account.find("balance_transaction", refund["balance_transaction"] or "")
    if entry is None:
        return previous
    returned = ledger.new_balance_transaction(
        account,
        kind="refund_failure",
        reporting_category="refund_failure",
        source=refund,
        moved=exchange.Settled(-entry["amount"], entry["currency"], entry["exchange_rate"]),
        available_on=entry["available_on"],
        description=f"Failed refund of {charge['id']}",
    )
    return previous | change(refund, failure_balance_transaction=returned["id"])


def _leave_pending(refund: StripeObject) -> StripeObject:
    reason = refund.pop("pending_reason", None)
    return {"pending_reason": reason} if reason else {}


def _count(charge: StripeObject, amount: int) -> StripeObject:
    refunded = charge["amount_refunded"] + amount
    return change(charge, amount_refunded=refunded, refunded=refunded == charge["amount_captured"])


def _waiting(account: Account) -> list[StripeObject]:
    """Give the refunds that wait for money, oldest first."""
    refunds = account.objects.get("refund", {}).values()
    return [one for one in refunds if one.get("pending_reason") == "insufficient_funds"]


def _retry(account: Account) -> None:
    """Pay what waits, the oldest first; what is short in one currency holds up no other."""
    short: set[str] = set()
    for refund in _waiting(account):
        charge = account.get("charge", refund["charge"])
        balance = ledger.taken_back(account, charge, refund["amount"]).currency
        if balance in short or not _pay(account, refund, charge):
            short.add(balance)
            continue
        previous = _leave_pending(refund) | {"balance_transaction": None, "status": "pending"}
        change(refund, status="succeeded")
        _begin(account, refund, charge)
        if refund["status"] == "pending":
            del previous["status"]
        announce(account, refund, previous)
