"""What Stripe's ledger and the facts from webhooks say of one movement of money, compared. Pure.

Each movement has two witnesses: the facts that webhooks brought, and the balance transaction. A
finding's details are a plain dict, for the report and the API:
`{kind, object, balance_transaction, category, booking_id, at, stripe, here, why}`, without
`category` where no entry is known; `stripe` and `here` are `{amount, fee, currency}` in minor
units, signed as in the balance, or None.
"""

from collections.abc import Mapping
from typing import Any

from shared.domain.dates.instants import rfc3339
from shared.domain.ledger.entry import LEFT_ON_BALANCE, LedgerEntry
from shared.domain.ledger.movements import Movement
from shared.domain.stored_record import StoredRecord
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.payment_facts import Facts
from shared.domain.stripe_facts.payout_facts import PayoutFacts

MISSING_HERE, MISSING_AT_STRIPE, DIFFERING = "missing_here", "missing_at_stripe", "differing"
HEALED = "healed"
KINDS = (MISSING_HERE, MISSING_AT_STRIPE, DIFFERING, HEALED)


class Finding(StoredRecord, frozen=True):
    """One movement that one side is missing, or was; `kind` is one of `KINDS`.

    It belongs to the day of `created_s`: when the balance transaction was created, or, where there
    is none, when webhooks reported the movement.
    """

    kind: str
    name: str
    created_s: int
    details: Mapping[str, Any]


def is_known(entry: LedgerEntry, facts: Facts) -> bool:
    """Whether webhooks reported the movement that an entry records; for fees and the like none do.

    Such an entry counts as known.
    """
    transaction = entry.balance_transaction
    if entry.type in LEFT_ON_BALANCE:
        return True
    if entry.payout is not None:
        payout = facts.payouts.get(entry.payout)
        return payout is not None and transaction in (
            payout.balance_transaction,
            payout.failure_balance_transaction,
        )
    charge = facts.charges.get(entry.charge or "", ChargeFacts())
    if entry.refund is not None:
        refund = charge.refunds.get(entry.refund)
        return refund is not None and transaction in (
            refund.balance_transaction,
            refund.failure_balance_transaction,
        )
    if entry.dispute is not None:
        dispute = charge.disputes.get(entry.dispute)
        return dispute is not None and (
            transaction in dispute.movements or not _moves_disputed_money(entry)
        )
    if entry.charge is not None:
        is_first = entry.reporting_category == "charge"
        is_reported = charge.balance_transaction == transaction or not is_first
        return charge.amount_captured_minor > 0 and is_reported
    return True


def difference(entry: LedgerEntry, facts: Facts) -> Finding | None:
    """Return where the two sides of a known movement disagree about amount, fee or currency.

    Amounts in two currencies cannot be compared: the client's amount is compared instead.
    """
    reported = _reported_by_webhooks(entry, facts)
    if reported is None:
        return None
    amounts_minor, fee_minor, currency = reported
    is_converted = entry.customer_currency == currency
    compared_minor = entry.customer_amount_minor if is_converted else entry.amount_minor
    agrees = currency == (entry.customer_currency if is_converted else entry.currency)
    agrees = agrees and compared_minor in amounts_minor
    agrees = agrees and fee_minor in (None, entry.fee_minor)
    if agrees:
        return None
    shown = {"amount": amounts_minor[0], "fee": fee_minor, "currency": currency}
    return _finding(DIFFERING, entry, here=shown, why="the two sides disagree")


def missing_here(entry: LedgerEntry, why: str) -> Finding:
    """Return the finding that Stripe moved money, and nothing could be applied here."""
    return _finding(MISSING_HERE, entry, here=None, why=why)


def healed(entry: LedgerEntry) -> Finding:
    """Return the finding that a movement was fetched and applied, as its webhook never arrived."""
    return _finding(HEALED, entry, here=None, why="its webhook did not come")


def unreadable(transaction: str, created_s: int, why: str) -> Finding:
    """Return the finding of a malformed balance transaction; `why` has the JSON pointer."""
    details = {
        "kind": MISSING_HERE,
        "object": transaction,
        "balance_transaction": transaction,
        "booking_id": None,
        "at": rfc3339(created_s),
        "stripe": None,
        "here": None,
        "why": why,
    }
    return Finding(MISSING_HERE, transaction, created_s, details)


def is_unreadable(finding: Finding) -> bool:
    """Whether a finding is of a balance transaction that could not be read: nothing is known."""
    return finding.kind == MISSING_HERE and finding.details["stripe"] is None


def missing_at_stripe(movement: Movement, booking_id: str | None, reported_at_s: int) -> Finding:
    """Return the finding that webhooks reported money that has no balance transaction."""
    here = {"amount": movement.amount_minor, "fee": None, "currency": movement.currency}
    details = {
        "kind": MISSING_AT_STRIPE,
        "object": movement.object_id,
        "balance_transaction": movement.balance_transaction or None,
        "booking_id": booking_id,
        "at": rfc3339(reported_at_s),
        "stripe": None,
        "here": here,
        "why": "webhooks told of it, and Stripe has no balance transaction",
    }
    return Finding(MISSING_AT_STRIPE, movement.name, reported_at_s, details)


def _reported_by_webhooks(
    entry: LedgerEntry, facts: Facts
) -> tuple[tuple[int, ...], int | None, str] | None:
    """Return the amounts that webhooks reported (any may match), the fee if known, the currency."""
    charge = facts.charges.get(entry.charge or "", ChargeFacts())
    if entry.type in LEFT_ON_BALANCE:
        return None
    if entry.payout is not None:
        payout = facts.payouts.get(entry.payout, PayoutFacts())
        is_back = entry.balance_transaction == payout.failure_balance_transaction
        return (payout.amount_minor if is_back else -payout.amount_minor,), None, payout.currency
    if entry.refund is not None:
        refund = charge.refunds[entry.refund]
        is_back = entry.balance_transaction == refund.failure_balance_transaction
        return (refund.amount_minor if is_back else -refund.amount_minor,), None, refund.currency
    if entry.dispute is not None:
        moved = charge.disputes[entry.dispute].movements.get(entry.balance_transaction)
        return ((moved.amount_minor,), moved.fee_minor, moved.currency) if moved else None
    if entry.charge is not None and entry.reporting_category == "charge":
        # A part captured shows as the whole and a reversal, or as the part alone.
        # https://docs.stripe.com/reports/reporting-categories
        return (charge.amount_captured_minor, charge.amount_minor), None, charge.currency
    return None


def _moves_disputed_money(entry: LedgerEntry) -> bool:
    return entry.reporting_category in ("dispute", "dispute_reversal")


def _finding(kind: str, entry: LedgerEntry, *, here: Mapping[str, Any] | None, why: str) -> Finding:
    stripe = {"amount": entry.amount_minor, "fee": entry.fee_minor, "currency": entry.currency}
    details = {
        "kind": kind,
        "object": entry.source,
        "balance_transaction": entry.balance_transaction,
        "category": entry.reporting_category,
        "booking_id": entry.booking_id,
        "at": rfc3339(entry.created_s),
        "stripe": stripe,
        "here": here,
        "why": why,
    }
    return Finding(kind, entry.balance_transaction, entry.created_s, details)
