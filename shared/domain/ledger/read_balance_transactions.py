"""Stripe's balance transactions to ledger entries. Pure.

https://docs.stripe.com/api/balance_transactions/object
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from shared.domain.errors import UnreadableEvent
from shared.domain.ledger.entry import PAYMENTS_BALANCE, FeeDetail, LedgerEntry
from shared.domain.stripe_facts.json_reader import StripeJson

CHARGE, REFUND, DISPUTE, PAYOUT = "charge", "refund", "dispute", "payout"
# How an object's id begins, for a source that was not expanded. https://docs.stripe.com/api
_PREFIXES = {
    "ch": CHARGE,
    "py": CHARGE,
    "re": REFUND,
    "pyr": REFUND,
    "dp": DISPUTE,
    "du": DISPUTE,
    "po": PAYOUT,
}


def read_balance_transaction(
    transaction: Mapping[str, Any], *, location_id: str, livemode: bool
) -> LedgerEntry:
    """Read a balance transaction, best with its source expanded.

    A balance transaction does not say its mode: `livemode` is that of the key it was asked with,
    and an expanded source must agree. A charge's metadata counts where it names this location; a
    refund's or dispute's own does not. The booking's service and employee are in none. Raises
    `UnreadableEvent` with the JSON pointer where something that money depends on is missing or
    malformed, and `InvalidFacts` where net is not gross less fee.
    """
    read = StripeJson(transaction)
    source = read.child("source")
    if source.flag("livemode") not in (None, livemode):
        raise source.unreadable("livemode", "not the mode of the key")
    source_id = read.id("source")
    kind = source_kind(transaction)
    is_charge, is_payout = kind == CHARGE, kind == PAYOUT
    currency, category = read.required_currency(), read.text("reporting_category")
    customer_currency = source.currency() if not is_payout else ""
    amount_minor = read.required_signed_amount("amount")
    is_converted = customer_currency not in ("", currency)
    customer_minor = _customer_amount(source, amount_minor, category) if is_converted else None
    return LedgerEntry(
        balance_transaction=read.required_id("id"),
        type=read.text("type"),
        # Before there were categories, Stripe had `type` alone.
        reporting_category=category or read.text("type") or "unknown",
        amount_minor=amount_minor,
        fee_minor=read.required_signed_amount("fee"),
        net_minor=read.required_signed_amount("net"),
        currency=currency,
        created_s=read.required_instant("created"),
        available_on_s=read.instant("available_on"),
        livemode=livemode,
        fee_details=tuple(
            FeeDetail(
                type=detail.text("type"),
                amount_minor=detail.required_signed_amount("amount"),
                currency=detail.required_currency(),
            )
            for detail in read.objects("fee_details")
        ),
        exchange_rate=_rate(read),
        source=source_id or None,
        charge=(source_id if is_charge else source.id("charge")) or None,
        payment_intent=source.id("payment_intent") or None,
        refund=source_id if kind == REFUND else None,
        dispute=source_id if kind == DISPUTE else None,
        payout=source_id if is_payout else None,
        booking_id=(is_charge and our_metadata(source, "booking_id", location_id)) or None,
        purpose=our_metadata(source, "purpose", location_id) if is_charge else "",
        customer_amount_minor=customer_minor,
        customer_currency=customer_currency if is_converted else None,
        reason=_reason(source, kind, category),
        balance_type=read.text("balance_type") or PAYMENTS_BALANCE,
    )


def source_kind(transaction: Mapping[str, Any]) -> str:
    """Return what moved the money: `charge`, `refund`, `dispute`, `payout`, or "" for the rest."""
    source = transaction.get("source")
    if isinstance(source, Mapping):
        kind = source.get("object")
        return kind if kind in (CHARGE, REFUND, DISPUTE, PAYOUT) else ""
    return _PREFIXES.get(source.partition("_")[0], "") if isinstance(source, str) else ""


def our_metadata(source: StripeJson, key: str, location_id: str) -> str:
    """Return what we wrote into an object's metadata, empty where it does not name the location."""
    if source.metadata("location_id") != location_id:
        return ""
    return source.metadata(key)


def _customer_amount(source: StripeJson, amount_minor: int, category: str) -> int:
    # The client's amount has the same sign as in the balance.
    shown_minor = source.amount("amount_captured") or source.amount("amount")
    if category == "partial_capture_reversal":
        # What the capture released, where the charge is its source.
        shown_minor = source.amount("amount") - source.amount("amount_captured")
    return shown_minor if amount_minor >= 0 else -shown_minor


def _reason(source: StripeJson, kind: str, category: str) -> str:
    if kind == PAYOUT:
        return source.text("failure_code")
    if category == "refund_failure":
        return source.text("failure_reason") or source.text("reason")
    return source.text("reason")


def _rate(read: StripeJson) -> str | None:
    rate = read.values.get("exchange_rate")
    if rate is None:
        return None
    if isinstance(rate, bool) or not isinstance(rate, int | float | Decimal | str):
        raise read.unreadable("exchange_rate", "not a number")
    try:
        # The shortest text that reads as the same number: what Stripe has written.
        exact = Decimal(str(rate))
    except ArithmeticError:
        raise read.unreadable("exchange_rate", "not a number") from None
    if not exact.is_finite() or exact <= 0:
        raise UnreadableEvent("/exchange_rate: not above zero")
    return format(exact, "f")
