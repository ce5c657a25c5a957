"""How the facts from webhooks compare with Stripe's ledger, day by day. Pure.

What either side is missing is listed as the `details` of `findings`.
"""

from collections.abc import Iterable, Mapping
from copy import replace
from typing import Any

from msgspec import field

from shared.domain.dates.instants import rfc3339
from shared.domain.ledger.findings import (
    DIFFERING,
    HEALED,
    KINDS,
    MISSING_AT_STRIPE,
    MISSING_HERE,
    Finding,
)
from shared.domain.stored_record import StoredRecord, read_record, record_to_dict

RECONCILED, DIFFERENCES, PENDING = "reconciled", "differences", "pending"
# A longer list is of no use to a person; the rest is counted.
MAX_LISTED = 200


class Reconciliation(StoredRecord, frozen=True):
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
    """Return what a day's findings add up to; `bounds` are `[start_s, end_s)`."""
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
        missing_here=tuple(lists[MISSING_HERE]),
        missing_at_stripe=tuple(lists[MISSING_AT_STRIPE]),
        differing=tuple(lists[DIFFERING]),
        healed=tuple(lists[HEALED]),
    )


def reconciliation_of(
    found: Iterable[Reconciliation], start_s: int, end_s: int
) -> Reconciliation | None:
    """Return how the two sides of `[start_s, end_s)` compare, by the days that touch it.

    The zone may have changed since these were compared: then the same date is another stretch of
    time, and what is known about this one is what its parts say together. `None` if they do not
    cover it all, as nothing is known about the rest. What parts leave off may lie outside of it.
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


def reconciliation_to_dict(found: Reconciliation) -> dict[str, Any]:
    """Return a reconciliation in plain JSON types."""
    return record_to_dict(found)


def reconciliation_from_dict(document: Mapping[str, Any]) -> Reconciliation:
    """Return the reconciliation that `reconciliation_to_dict` wrote."""
    return read_record(Reconciliation, document)
