"""A page of balance transactions: compared with what webhooks told, healed, and written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.adapters.bindings import Bindings
from shared.adapters.known_payments import KnownPayments, Subject
from shared.adapters.ledger_attributions import Attributions
from shared.adapters.ledger_store import LedgerStore
from shared.adapters.stripe_api import NO_SUCH_OBJECT
from shared.adapters.sync_notes import Followed, SyncNotes
from shared.config import Config
from shared.domain.errors import InvalidFacts, StripeRefused, UnreadableEvent
from shared.domain.ledger.attribution import learned, may_learn
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.findings import Finding, difference, is_known, missing_here, unreadable
from shared.domain.ledger.healing import is_open
from shared.domain.ledger.movements import movement_names
from shared.domain.ledger.read_balance_transactions import (
    CHARGE,
    PAYOUT,
    our_metadata,
    read_balance_transaction,
)
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.json_reader import StripeJson
from shared.workflows.ledger.heal import ALREADY, HEALED, Healing
from shared.workflows.ledger.open_account import StripeAccount

_NOTHING = Subject()


@dataclass(slots=True)
class Taken:
    """What came of pages, some of which were read twice: counts, and ids of what did not fit.

    `awaited_s` are the instants of movements that webhooks may still tell.
    """

    read: int = 0
    new: int = 0
    healed: int = 0
    attributed: int = 0
    differing: set[str] = field(default_factory=set)
    missing_here: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    awaited_s: list[int] = field(default_factory=list)
    unknown_categories: set[str] = field(default_factory=set)

    def add(self, other: "Taken") -> None:
        """Count another page in."""
        self.read += other.read
        self.new += other.new
        self.healed += other.healed
        self.attributed += other.attributed
        self.awaited_s += other.awaited_s
        self.differing |= other.differing
        self.missing_here |= other.missing_here
        self.unreadable |= other.unreadable
        self.unknown_categories |= other.unknown_categories


@dataclass(frozen=True, slots=True)
class _Read:
    """One transaction of a page, read, and its source where Stripe expanded it."""

    entry: LedgerEntry
    source: Mapping[str, Any]


class LedgerPages:
    """Takes pages of up to a hundred balance transactions; safe to repeat, in any order."""

    def __init__(self, config: Config) -> None:
        self._store = LedgerStore(config)
        self._notes = SyncNotes(config)
        self._payments = KnownPayments(config)
        self._healing = Healing(config)
        self._attributions = Attributions(config)
        self._bindings = Bindings(config)

    def take(
        self,
        account: StripeAccount,
        transactions: Sequence[Mapping[str, Any]],
        *,
        now_s: int,
        grace_s: int,
    ) -> Taken:
        """Compare a page with what webhooks told, heal what they did not, and write what is new.

        Of entries that are in the ledger it writes whose they are, where that was learned since.

        What is younger than `grace_s` may still be told and is not healed yet. Raises
        `StripeUnavailable`, `AwsUnreachable` and `WriteConflict`: a repetition does the rest.
        """
        taken = Taken(read=len(transactions))
        page = self._read(account, transactions, taken)
        subjects = self._payments.get_subjects(
            account.location_id, {name for each in page if (name := subject_name(each.entry))}
        )
        charges: dict[str | None, Mapping[str, Any]] = {
            each.entry.charge: each.source
            for each in page
            if each.entry.charge and each.source.get("object") == CHARGE
        }
        known = self._store.find_known(account.location_id, [each.entry for each in page])
        new = [each for each in page if each.entry.balance_transaction not in known]
        self._ask_for_charges(account, [each.entry for each in new], subjects, charges)
        self._with_owners(account, page, subjects, charges)
        for each in page:
            self._compare(
                account, each, subjects, charges, taken, now_s=now_s, heal_until_s=now_s - grace_s
            )
        built = self._with_bookings(account, [each.entry for each in new], subjects, charges)
        # What is to be followed is noted first: of an entry that is there nothing is noted again.
        self._follow(account, new)
        taken.new = self._store.put_entries(
            account.location_id, built, account.location.stripe_account_id
        )
        later = self._learn(account, page, known, subjects, charges)
        # Other movements of the same charge, on other pages, have not learned of it yet.
        late = [entry.charge for entry in later if entry.charge]
        self._notes.note_bound_late(account.location_id, account.livemode, late, now_s)
        taken.attributed = self._attributions.put(account.location_id, later)
        taken.unknown_categories = {
            entry.reporting_category for entry in built if not entry.has_known_category
        }
        whole = [*built, *later]
        told = [name for entry in whole if entry.booking_id for name in movement_names(entry)]
        self._notes.forget_expected(account.location_id, account.livemode, told)
        return taken

    def _read(
        self, account: StripeAccount, transactions: Iterable[Mapping[str, Any]], taken: Taken
    ) -> list[_Read]:
        """Return the page's entries, oldest first: a charge before its refund."""
        page = []
        for transaction in transactions:
            source = transaction.get("source")
            try:
                entry = read_balance_transaction(
                    transaction, location_id=account.location_id, livemode=account.livemode
                )
            except (UnreadableEvent, InvalidFacts) as error:
                # The others are not to wait for it; it is shown, and the balance shows it too.
                read = StripeJson(transaction)
                taken.unreadable.add(read.text("id"))
                finding = unreadable(read.text("id"), read.instant("created"), str(error))
                self._notes.put_findings(account.location_id, account.livemode, [finding])
                continue
            page.append(_Read(entry, source if isinstance(source, Mapping) else {}))
        return sorted(page, key=lambda each: (each.entry.created_s, each.entry.balance_transaction))

    def _compare(
        self,
        account: StripeAccount,
        each: _Read,
        subjects: dict[str, Subject],
        charges: dict[str | None, Mapping[str, Any]],
        taken: Taken,
        *,
        now_s: int,
        heal_until_s: int,
    ) -> None:
        entry, name = each.entry, subject_name(each.entry)
        if name is None:
            return
        subject = subjects.get(name, _NOTHING)
        is_due = entry.created_s <= heal_until_s
        if is_known(entry, subject.facts):
            if found := difference(entry, subject.facts):
                taken.differing.add(entry.balance_transaction)
                self._find(account, found)
            elif each.source and is_due:
                taken.healed += self._healing.tell(account, each.source, subject, now_s)
            return
        # Before the account was here, no webhook could come, but of what is a booking's already.
        is_before = entry.created_s < account.since_s and subject.booking_id is None
        if is_before or not each.source:
            return
        charge = self._charge(account, entry, subject, charges) if entry.charge else None
        booking_id = subject.booking_id or _metadata(charge, "booking_id", account.location_id)
        if booking_id is None and entry.payout is None:
            # Not ours: it is in the ledger as `other`, and nobody waits for it.
            return
        if not is_due:
            taken.awaited_s.append(entry.created_s)
            return
        entry = replace(entry, booking_id=booking_id)
        subjects[name] = self._heal(account, entry, each.source, charge, taken, now_s)

    def _heal(
        self,
        account: StripeAccount,
        entry: LedgerEntry,
        source: Mapping[str, Any],
        charge: Mapping[str, Any] | None,
        taken: Taken,
        now_s: int,
    ) -> Subject:
        outcome = self._healing.heal(
            account, entry, source, charge, booking_id=entry.booking_id, now_s=now_s
        )
        is_healed = is_known(entry, outcome.subject.facts)
        if outcome.result == HEALED and is_healed:
            taken.healed += 1
        elif outcome.result != ALREADY or not is_healed:
            taken.missing_here.add(entry.balance_transaction)
        if not is_healed:
            self._find(account, missing_here(entry, "it could not be applied"))
        return outcome.subject

    def _ask_for_charges(
        self,
        account: StripeAccount,
        new: Iterable[LedgerEntry],
        subjects: Mapping[str, Subject],
        charges: dict[str | None, Mapping[str, Any]],
    ) -> None:
        """Ask for the charges that say whose new entries are, where nothing here does.

        Whose a refund or a dispute is must not depend on its page, nor on which of its webhooks
        came: an entry is written once, and what it was for with it.
        """
        for entry in new:
            # Before the account was here, nothing can be the location's own.
            if entry.charge and entry.created_s >= account.since_s:
                self._charge(
                    account, entry, subjects.get(subject_name(entry) or "", _NOTHING), charges
                )

    def _charge(
        self,
        account: StripeAccount,
        entry: LedgerEntry,
        subject: Subject,
        charges: dict[str | None, Mapping[str, Any]],
    ) -> Mapping[str, Any] | None:
        """Return the charge of an entry: on the page, or asked for where nothing here knows it."""
        if entry.charge in charges:
            return charges[entry.charge]
        if subject.booking_id is not None or entry.charge is None:
            return None
        try:
            charges[entry.charge] = account.stripe.get_charge(entry.charge)
        except StripeRefused as refused:
            if refused.code != NO_SUCH_OBJECT:
                raise
            # Stripe has no such charge for us, so it cannot be one of ours.
            charges[entry.charge] = {}
        return charges[entry.charge] or None

    def _learn(
        self,
        account: StripeAccount,
        page: Iterable[_Read],
        known: Mapping[str, LedgerEntry],
        subjects: Mapping[str, Subject],
        charges: Mapping[str | None, Mapping[str, Any]],
    ) -> list[LedgerEntry]:
        """Return those entries of a page of which more is known by now than the ledger has."""
        owners = {
            each.entry.balance_transaction: subjects.get(
                subject_name(each.entry) or "", _NOTHING
            ).booking_id
            for each in page
        }
        asked = [
            each.entry
            for each in page
            if (entry := known.get(each.entry.balance_transaction))
            and may_learn(entry, owners[entry.balance_transaction])
        ]
        found = []
        for now in self._with_bookings(account, asked, subjects, charges):
            name = now.balance_transaction
            if after := learned(known[name], now, owners[name]):
                found.append(after)
        return found

    def _with_bookings(
        self,
        account: StripeAccount,
        entries: Sequence[LedgerEntry],
        subjects: Mapping[str, Subject],
        charges: Mapping[str | None, Mapping[str, Any]],
    ) -> list[LedgerEntry]:
        """Say of each entry what it was for: by what it is bound to, its charge, its booking."""
        named = []
        for entry in entries:
            subject = subjects.get(subject_name(entry) or "", _NOTHING)
            known = subject.facts.charges.get(entry.charge or "", ChargeFacts())
            charge = charges.get(entry.charge)
            purpose = known.purpose or _metadata(charge, "purpose", account.location_id) or ""
            named.append(
                replace(
                    entry,
                    booking_id=subject.booking_id
                    or entry.booking_id
                    or _metadata(charge, "booking_id", account.location_id),
                    purpose=entry.purpose or purpose,
                    payment_intent=entry.payment_intent or known.payment_intent or None,
                )
            )
        wanted = {entry.booking_id for entry in named if entry.booking_id}
        bookings = self._payments.get_bookings(account.location_id, wanted)
        return [
            replace(entry, service_id=booking.service_id, employee_id=booking.employee_id)
            if (booking := bookings.get(entry.booking_id or ""))
            else entry
            for entry in named
        ]

    def _with_owners(
        self,
        account: StripeAccount,
        page: Iterable[_Read],
        subjects: dict[str, Subject],
        charges: Mapping[str | None, Mapping[str, Any]],
    ) -> None:
        """Say of charges that no webhook told whose they are, where their intents are bound."""
        intents = {
            name: f"intent#{intent}"
            for each in page
            if (intent := _intent_of(each.entry, charges))
            if (name := subject_name(each.entry)) and not subjects.get(name, _NOTHING).booking_id
        }
        owners = self._bindings.owners(account.location_id, sorted(set(intents.values())))
        for name, intent in intents.items():
            if owner := owners.get(intent):
                subjects[name] = replace(subjects.get(name, _NOTHING), booking_id=owner)

    def _follow(self, account: StripeAccount, page: Iterable[_Read]) -> None:
        followed = [
            Followed(
                kind=str(each.source["object"]),
                stripe_id=each.entry.source or "",
                charge_id=each.entry.charge or "",
                created_s=int(each.source.get("created") or each.entry.created_s),
            )
            for each in page
            # Before the account was here, nothing of it is waited for.
            if each.entry.created_s >= account.since_s
            and (each.source.get("object") == PAYOUT or is_open(each.source))
        ]
        self._notes.follow(account.location_id, account.livemode, followed)

    def _find(self, account: StripeAccount, finding: Finding) -> None:
        self._notes.put_findings(account.location_id, account.livemode, [finding])


def subject_name(entry: LedgerEntry) -> str | None:
    """Return the name of what webhooks told about an entry: its charge, its payout, or nothing."""
    if entry.payout is not None:
        return f"payout#{entry.payout}"
    return f"charge#{entry.charge}" if entry.charge else None


def _intent_of(entry: LedgerEntry, charges: Mapping[str | None, Mapping[str, Any]]) -> str | None:
    """Return the intent of an entry's charge; `None` where there is none, or no charge."""
    if entry.charge is None:
        return None
    charge = charges.get(entry.charge)
    return entry.payment_intent or (StripeJson(charge).text("payment_intent") if charge else None)


def _metadata(charge: Mapping[str, Any] | None, key: str, location_id: str) -> str | None:
    return our_metadata(StripeJson(charge), key, location_id) or None if charge else None
