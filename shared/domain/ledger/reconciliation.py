"""The comparing of what webhooks told with Stripe's ledger: two sides, and what one lacks. Pure.

Each movement of money has two witnesses: the facts that webhooks brought, and the balance
transaction. A list of either side's lacks has plain dicts, for the report and the API:
`{kind, object, balance_transaction, booking_id, at, stripe, here, why}`; `stripe` and `here` are
`{amount, fee, currency}` in minor units, signed as in the balance, or None.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from shared.domain.dates.instants import rfc3339
from shared.domain.ledger.entry import LEFT_ON_BALANCE, LedgerEntry
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.payment_facts import Facts
from shared.domain.stripe_facts.payout_facts import PayoutFacts

RECONCILED, DIFFERENCES, PENDING = "reconciled", "differences", "pending"
MISSING_HERE, MISSING_AT_STRIPE, DIFFERING = "missing_here", "missing_at_stripe", "differing"
HEALED = "healed"
KINDS = (MISSING_HERE, MISSING_AT_STRIPE, DIFFERING, HEALED)
# More than this is no list for a person any more; how many there are is counted all the same.
MAX_LISTED = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One movement that a side lacks, or lacked: `kind` is one of `KINDS`.

    It belongs to the day of `created_s`, the balance transaction's instant, or where Stripe has
    none the instant of what webhooks told.
    """

    kind: str
    name: str
    created_s: int
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How a day's two sides compare, as of `checked_at_s` (seconds since 1970).

    The day is `[start_s, end_s)`, in the zone that the location had when it was compared.

    `pending`: something is younger than webhooks may take, or Stripe was not asked to the day's
    end; `differences` wins over it. `healed` is what was missing here, fetched and applied: no
    difference any more. Lists have up to 200 entries; `left_off` counts the rest of each kind.
    """

    status: str
    missing_here: tuple[Mapping[str, Any], ...] = ()
    missing_at_stripe: tuple[Mapping[str, Any], ...] = ()
    differing: tuple[Mapping[str, Any], ...] = ()
    healed: tuple[Mapping[str, Any], ...] = ()
    checked_at_s: int = 0
    left_off: Mapping[str, int] = field(default_factory=dict)
    start_s: int = 0
    end_s: int = 0


def reconcile(
    findings: Iterable[Finding],
    bounds: tuple[int, int],
    *,
    is_pending: bool,
    checked_at_s: int,
) -> Reconciliation:
    """Return what the findings of a day amount to; `bounds` are `[start_s, end_s)`."""
    lists: dict[str, list[Mapping[str, Any]]] = {kind: [] for kind in KINDS}
    left_off: dict[str, int] = {}
    for finding in findings:
        listed = lists[finding.kind]
        if len(listed) < MAX_LISTED:
            listed.append(finding.details)
        else:
            left_off[finding.kind] = left_off.get(finding.kind, 0) + 1
    differs = any(lists[kind] for kind in (MISSING_HERE, MISSING_AT_STRIPE, DIFFERING))
    open_status = PENDING if is_pending else RECONCILED
    return Reconciliation(
        status=DIFFERENCES if differs else open_status,
        checked_at_s=checked_at_s,
        left_off=left_off,
        start_s=bounds[0],
        end_s=bounds[1],
        **{kind: tuple(listed) for kind, listed in lists.items()},
    )


def reconciliation_of(
    found: Iterable[Reconciliation], start_s: int, end_s: int
) -> Reconciliation | None:
    """Return how the two sides of `[start_s, end_s)` compare, by the days that touch it.

    The zone may have changed since these were compared: then a day of the same date is another
    stretch, and what is known of this one is what its parts say together. `None` where they do not
    cover it, for nothing is known of the rest. What parts leave off may be outside of it.
    """
    known = list(found)
    for each in known:
        if (each.start_s, each.end_s) == (start_s, end_s):
            return each
    parts = sorted(
        (each for each in known if each.start_s < end_s and each.end_s > start_s),
        key=lambda each: each.start_s,
    )
    covered_s = start_s
    for each in parts:
        if each.start_s > covered_s:
            break
        covered_s = max(covered_s, each.end_s)
    if not parts or covered_s < end_s:
        return None
    first, last = rfc3339(start_s), rfc3339(end_s)
    findings = {
        (kind, item["balance_transaction"], item["object"]): Finding(kind, "", start_s, item)
        for kind in KINDS
        for each in parts
        for item in getattr(each, kind)
        if first <= item["at"] < last
    }
    whole = reconcile(
        findings.values(),
        (start_s, end_s),
        is_pending=any(each.status != RECONCILED for each in parts),
        checked_at_s=min(each.checked_at_s for each in parts),
    )
    left_off = dict(whole.left_off)
    for each in parts:
        for kind, number in each.left_off.items():
            left_off[kind] = left_off.get(kind, 0) + number
    return replace(whole, left_off=left_off)


def is_known(entry: LedgerEntry, facts: Facts) -> bool:
    """Whether webhooks told of the movement that an entry is; of fees and the like they do not."""
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
        is_told = charge.balance_transaction == transaction or not is_first
        return charge.amount_captured_minor > 0 and is_told
    return True


def difference(entry: LedgerEntry, facts: Facts) -> Finding | None:
    """Return where the two sides of a known movement disagree about amount, fee or currency.

    Sums of two currencies are not compared, but each with what the client saw.
    """
    here = _told_of(entry, facts)
    if here is None:
        return None
    told_minor, told_fee_minor, told_currency = here
    is_converted = entry.customer_currency == told_currency
    compared_minor = entry.customer_amount_minor if is_converted else entry.amount_minor
    agrees = told_currency == (entry.customer_currency if is_converted else entry.currency)
    agrees = agrees and compared_minor in told_minor
    agrees = agrees and told_fee_minor in (None, entry.fee_minor)
    if agrees:
        return None
    shown = {"amount": told_minor[0], "fee": told_fee_minor, "currency": told_currency}
    return _finding(DIFFERING, entry, here=shown, why="the two sides disagree")


def missing_here(entry: LedgerEntry, why: str) -> Finding:
    """Return that Stripe moved money of which nothing could be applied here."""
    return _finding(MISSING_HERE, entry, here=None, why=why)


def healed(entry: LedgerEntry) -> Finding:
    """Return that a movement was fetched and applied, as its webhook did not come."""
    return _finding(HEALED, entry, here=None, why="its webhook did not come")


def unreadable(transaction: str, created_s: int, why: str) -> Finding:
    """Return that a balance transaction is not what Stripe documents; `why` names its pointer."""
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


@dataclass(frozen=True, slots=True)
class Movement:
    """What webhooks told of one movement: under which name the ledger is to have it.

    `amount_minor` is signed as in the balance and in `currency`, the charge's.
    """

    name: str
    object_id: str
    balance_transaction: str
    amount_minor: int
    currency: str


def movements(facts: Facts) -> Iterator[Movement]:
    """Yield the movements that a charge's facts tell of: captured, refunded, disputed money."""
    for charge_id, charge in facts.charges.items():
        if charge.amount_captured_minor:
            yield Movement(
                f"charge#{charge_id}",
                charge_id,
                charge.balance_transaction,
                charge.amount_captured_minor,
                charge.currency,
            )
        for refund_id, refund in charge.refunds.items():
            if refund.balance_transaction:
                yield Movement(
                    f"refund#{refund_id}",
                    refund_id,
                    refund.balance_transaction,
                    -refund.amount_minor,
                    refund.currency,
                )
        for dispute_id, dispute in charge.disputes.items():
            for transaction, moved in dispute.movements.items():
                name = f"movement#{transaction}"
                yield Movement(name, dispute_id, transaction, moved.amount_minor, moved.currency)


def movement_names(entry: LedgerEntry) -> tuple[str, ...]:
    """Return the name under which webhooks may have told of an entry."""
    if entry.refund is not None:
        return (f"refund#{entry.refund}",)
    if entry.dispute is not None:
        return (f"movement#{entry.balance_transaction}",)
    if entry.charge is not None and entry.reporting_category == "charge":
        return (f"charge#{entry.charge}",)
    return ()


def missing_at_stripe(movement: Movement, booking_id: str | None, told_at_s: int) -> Finding:
    """Return that webhooks told of money of which Stripe has no balance transaction."""
    here = {"amount": movement.amount_minor, "fee": None, "currency": movement.currency}
    details = {
        "kind": MISSING_AT_STRIPE,
        "object": movement.object_id,
        "balance_transaction": movement.balance_transaction or None,
        "booking_id": booking_id,
        "at": rfc3339(told_at_s),
        "stripe": None,
        "here": here,
        "why": "webhooks told of it, and Stripe has no balance transaction",
    }
    return Finding(MISSING_AT_STRIPE, movement.name, told_at_s, details)


def reconciliation_to_dict(found: Reconciliation) -> dict[str, Any]:
    """Return a reconciliation in plain JSON types."""
    return {
        each.name: list(value) if isinstance(value := getattr(found, each.name), tuple) else value
        for each in fields(found)
    }


def reconciliation_from_dict(document: Mapping[str, Any]) -> Reconciliation:
    """Return the reconciliation that `reconciliation_to_dict` wrote."""
    lists = {name: tuple(value) for name, value in document.items() if isinstance(value, list)}
    return Reconciliation(**{**document, **lists})


def _told_of(entry: LedgerEntry, facts: Facts) -> tuple[tuple[int, ...], int | None, str] | None:
    """Return the sums that webhooks told (any of them fits), the fee where told, the currency."""
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
