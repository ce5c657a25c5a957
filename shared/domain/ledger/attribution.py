"""What an entry was for, where that becomes known after the entry was written. Pure.

An entry is written once, with what is known then. Whose it is may become known later: a charge is
bound by a webhook that comes after its entry, a booking is made after its payment. That is written
beside the entry and read with it; sums never change by it.
"""

from collections.abc import Mapping
from copy import replace
from typing import Any

from shared.domain.ledger.entry import LedgerEntry


def may_learn(entry: LedgerEntry, owner: str | None) -> bool:
    """Whether more may be known about an entry by now: something is missing, or it has moved.

    `owner` is the booking that our own record names, `None` where it names none.
    """
    if entry.charge is None:
        return False
    is_whole = entry.booking_id and entry.service_id and entry.purpose
    return not is_whole or owner not in (None, entry.booking_id)


def learned(before: LedgerEntry, now: LedgerEntry, owner: str | None) -> LedgerEntry | None:
    """Return an entry with what is known about it now, `None` if that is no more than before.

    `before` is the entry as it stands and `now` the same one with what is known by now. An entry
    that has a booking goes to another one by our own record (`owner`) alone: what metadata at
    Stripe claims may have been edited.
    """
    if now.booking_id is None:
        return None
    is_moved = now.booking_id != before.booking_id
    if is_moved and before.booking_id is not None and now.booking_id != owner:
        return None
    after = replace(
        before,
        booking_id=now.booking_id,
        purpose=before.purpose or now.purpose,
        payment_intent=before.payment_intent or now.payment_intent,
    )
    if is_moved or not before.service_id:
        after = replace(after, service_id=now.service_id, employee_id=now.employee_id)
    if is_moved and now.purpose:
        after = replace(after, purpose=now.purpose)
    return after if attribution_to_dict(after) != attribution_to_dict(before) else None


def attribution_to_dict(entry: LedgerEntry) -> dict[str, Any]:
    """Return what an entry was for in plain JSON types: what stands beside it."""
    return {
        "booking_id": entry.booking_id,
        "service_id": entry.service_id,
        "employee_id": entry.employee_id,
        "purpose": entry.purpose,
        "payment_intent": entry.payment_intent,
    }


# What stands beside an entry, with how often it was learned.
_LEARNED = (
    *("booking_id", "service_id", "employee_id", "purpose", "payment_intent"),
    "attributions",
)


def with_attribution(entry: LedgerEntry, stored: Mapping[str, Any]) -> LedgerEntry:
    """Return an entry as it was written with what was learned since, `attributions` times."""
    return replace(entry, **{name: stored[name] for name in _LEARNED if name in stored})
