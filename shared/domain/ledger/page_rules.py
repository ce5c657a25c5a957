"""What a sync makes of one ledger entry: compared with the webhooks, healed, owned, followed. Pure.

`source` is the Stripe object that moved the money, as expanded in the balance transaction, empty
where Stripe did not expand it; `charge` is the entry's charge as Stripe has it, `None` where it was
not fetched. Instants are in seconds since 1970; `since_s` is when the account's webhooks began to
come here.
"""

from collections.abc import Mapping
from copy import replace
from enum import StrEnum
from typing import Any

from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.findings import difference, is_known
from shared.domain.ledger.healing import is_open
from shared.domain.ledger.read_balance_transactions import PAYOUT, our_metadata
from shared.domain.ledger.subject import Subject, subject_name
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.json_reader import StripeJson

type StripeObject = Mapping[str, Any]


class Verdict(StrEnum):
    """What is to be done about an entry.

    `look_again`: webhooks told of its movement, and perhaps not of its object's present status.
    `await`: no webhook told of it, and one may still come. `heal`: none will.
    """

    LEAVE = "leave"
    DIFFERS = "differs"
    LOOK_AGAIN = "look_again"
    AWAIT = "await"
    HEAL = "heal"


def judge(
    entry: LedgerEntry,
    subject: Subject,
    source: StripeObject,
    owner: str | None,
    *,
    since_s: int,
    heal_until_s: int,
) -> Verdict:
    """Return what is to be done about an entry; `owner` is the booking that `owner_of` names.

    An entry made after `heal_until_s` is so young that its webhook may still come.
    """
    if subject_name(entry) is None:
        return Verdict.LEAVE
    is_due = entry.created_s <= heal_until_s
    if is_known(entry, subject.facts):
        if difference(entry, subject.facts):
            return Verdict.DIFFERS
        return Verdict.LOOK_AGAIN if source and is_due else Verdict.LEAVE
    if not is_missing(entry, subject, source, since_s=since_s):
        return Verdict.LEAVE
    if owner is None and entry.payout is None:
        # Not ours: it is in the ledger as `other`, and no webhook of it counts.
        return Verdict.LEAVE
    return Verdict.HEAL if is_due else Verdict.AWAIT


def is_missing(entry: LedgerEntry, subject: Subject, source: StripeObject, *, since_s: int) -> bool:
    """Whether webhooks should have told of an entry, if it is ours, and did not.

    Before the account was connected no webhook could come; what belongs to a booking is expected
    all the same.
    """
    if subject_name(entry) is None or is_known(entry, subject.facts):
        return False
    return bool(source) and (entry.created_s >= since_s or subject.booking_id is not None)


def owner_of(
    entry: LedgerEntry, subject: Subject, charge: StripeObject | None, location_id: str
) -> str | None:
    """Return the booking that an entry belongs to, `None` where it is not ours.

    Our own record wins; what metadata at Stripe claims counts only without one.
    """
    claimed = entry.booking_id or _metadata(charge, "booking_id", location_id)
    return subject.booking_id or claimed or None


def attributed(
    entry: LedgerEntry, subject: Subject, charge: StripeObject | None, location_id: str
) -> LedgerEntry:
    """Return an entry with its booking, its purpose and its payment intent, as far as known."""
    facts = subject.facts.charges.get(entry.charge or "", ChargeFacts())
    purpose = entry.purpose or facts.purpose or _metadata(charge, "purpose", location_id)
    return replace(
        entry,
        booking_id=owner_of(entry, subject, charge, location_id),
        purpose=purpose,
        payment_intent=entry.payment_intent or facts.payment_intent or None,
    )


def intent_of(entry: LedgerEntry, charge: StripeObject | None) -> str | None:
    """Return the payment intent of an entry's charge; `None` where it has no charge, or no intent.

    It is what a binding may name where no webhook told of the charge.
    """
    if entry.charge is None:
        return None
    return entry.payment_intent or (StripeJson(charge).text("payment_intent") if charge else None)


def is_followed(entry: LedgerEntry, source: StripeObject, *, since_s: int) -> bool:
    """Whether an entry's object may change later without a movement of money that shows it."""
    is_changing = source.get("object") == PAYOUT or is_open(source)
    # Of what is older than the account's connection, nothing is waited for.
    return entry.created_s >= since_s and is_changing


def _metadata(charge: StripeObject | None, key: str, location_id: str) -> str:
    return our_metadata(StripeJson(charge), key, location_id) if charge else ""
