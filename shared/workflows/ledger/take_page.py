"""A page of balance transactions is compared with the webhooks, healed, and written.

What is to be done about each entry is decided in `domain.ledger.page_rules`.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import replace
from typing import Any

from shared.adapters.bindings import Bindings
from shared.adapters.known_payments import KnownPayments
from shared.adapters.ledger_attributions import Attributions
from shared.adapters.ledger_store import LedgerStore
from shared.adapters.stripe_api import NO_SUCH_OBJECT
from shared.adapters.sync_notes import BoundLate, Followed, SyncNotes
from shared.config import Config
from shared.domain.errors import InvalidFacts, StripeRefused, UnreadableEvent
from shared.domain.ledger.attribution import learned, may_learn
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.findings import Finding, difference, is_known, missing_here, unreadable
from shared.domain.ledger.movements import movement_names
from shared.domain.ledger.page_rules import (
    Verdict,
    attributed,
    intent_of,
    is_followed,
    is_missing,
    judge,
)
from shared.domain.ledger.read_balance_transactions import read_balance_transaction
from shared.domain.ledger.subject import UNKNOWN, subject_name
from shared.domain.stripe_facts.json_reader import StripeJson
from shared.workflows.ledger.heal import ALREADY, HEALED, Healing
from shared.workflows.ledger.open_account import StripeAccount
from shared.workflows.ledger.page import Page, PageEntry
from shared.workflows.ledger.taken import Taken


def learned_late(charge_id: str, now_s: int) -> BoundLate:
    """Return the note that a sync leaves of a charge whose booking it learned from Stripe."""
    return BoundLate(charge_id, "", now_s, f"sync-{now_s}")


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
        """Compare a page with the webhooks, heal what they did not tell, and write what is new.

        For entries that are in the ledger already it writes which booking they belong to, where
        that was learned since.

        What is younger than `grace_s` may still be told by a webhook and is not healed yet. Raises
        `StripeUnavailable`, `AwsUnreachable` and `WriteConflict`: a repetition does the rest.
        """
        entries, unread = self._read(account, transactions)
        page = Page(account, entries, now_s, grace_s)
        page.subjects = self._payments.get_subjects(account.location_id, page.names())
        known = self._store.find_known(account.location_id, [each.entry for each in page.entries])
        new = [each for each in page.entries if each.entry.balance_transaction not in known]
        self._fetch_charges(page, new)
        self._find_owners(page)
        taken = Taken(read=len(transactions), unreadable=unread)
        for each in page.entries:
            taken += self._compare(page, each)
        return taken + self._write(page, new, known)

    def _read(
        self, account: StripeAccount, transactions: Iterable[Mapping[str, Any]]
    ) -> tuple[list[PageEntry], frozenset[str]]:
        """Return the page's entries, oldest first, and the ids of what cannot be read."""
        page, unread = [], set()
        for transaction in transactions:
            source = transaction.get("source")
            try:
                entry = read_balance_transaction(
                    transaction, location_id=account.location_id, livemode=account.livemode
                )
            except (UnreadableEvent, InvalidFacts) as error:
                # The others do not wait for it; the finding shows it, and so does the balance.
                read = StripeJson(transaction)
                unread.add(read.text("id"))
                finding = unreadable(read.text("id"), read.instant("created"), str(error))
                self._put_finding(account, finding)
                continue
            page.append(PageEntry(entry, source if isinstance(source, Mapping) else {}))
        page.sort(key=lambda each: (each.entry.created_s, each.entry.balance_transaction))
        return page, frozenset(unread)

    def _fetch_charges(self, page: Page, new: Iterable[PageEntry]) -> None:
        """Fetch the charges that say whose new entries are, where nothing here does.

        Whose a refund or a dispute is must not depend on its page, nor on which of its webhooks
        came: an entry is written once, together with what it was for.
        """
        for each in new:
            # Nothing is the location's own that is older than its connection.
            if each.entry.created_s >= page.account.since_s:
                self._fetch_charge(page, each.entry)

    def _fetch_charge(self, page: Page, entry: LedgerEntry) -> None:
        """Fetch an entry's charge, unless it is on the page or its booking is known here."""
        charge_id = entry.charge
        if charge_id is None or charge_id in page.charges or page.subject(entry).booking_id:
            return
        try:
            page.charges[charge_id] = page.account.stripe.get_charge(charge_id)
        except StripeRefused as refused:
            if refused.code != NO_SUCH_OBJECT:
                raise
            # Stripe has no such charge for this account, so it cannot be one of ours.
            page.charges[charge_id] = {}

    def _find_owners(self, page: Page) -> None:
        """Find the bookings of charges that no webhook told, where their intents are bound."""
        intents = {
            name: f"intent#{intent}"
            for each in page.entries
            if (intent := intent_of(each.entry, page.charge(each.entry)))
            if (name := subject_name(each.entry)) and not page.subject(each.entry).booking_id
        }
        owners = self._bindings.owners(page.account.location_id, sorted(set(intents.values())))
        for name, intent in intents.items():
            if owner := owners.get(intent):
                known = page.subjects.get(name, UNKNOWN)
                page.subjects[name] = replace(known, booking_id=owner)

    def _compare(self, page: Page, each: PageEntry) -> Taken:
        """Do what the rules say about one entry, and return what came of it."""
        entry, since_s = each.entry, page.account.since_s
        subject = page.subject(entry)
        if is_missing(entry, subject, each.source, since_s=since_s):
            self._fetch_charge(page, entry)
        verdict = judge(
            entry,
            subject,
            each.source,
            page.owner(entry),
            since_s=since_s,
            heal_until_s=page.now_s - page.grace_s,
        )
        if verdict == Verdict.DIFFERS and (found := difference(entry, subject.facts)):
            self._put_finding(page.account, found)
            return Taken(differing=frozenset({entry.balance_transaction}))
        if verdict == Verdict.LOOK_AGAIN:
            was_new = self._healing.tell(page.account, each.source, subject, page.now_s)
            return Taken(healed=int(was_new))
        if verdict == Verdict.AWAIT:
            return Taken(awaited_s=(entry.created_s,))
        return self._heal(page, each) if verdict == Verdict.HEAL else Taken()

    def _heal(self, page: Page, each: PageEntry) -> Taken:
        entry = replace(each.entry, booking_id=page.owner(each.entry))
        outcome = self._healing.heal(
            page.account,
            entry,
            each.source,
            page.charge(entry),
            booking_id=entry.booking_id,
            now_s=page.now_s,
        )
        # What comes after it on the page, such as its refund, finds it known.
        page.subjects[subject_name(entry) or ""] = outcome.subject
        is_healed = is_known(entry, outcome.subject.facts)
        if not is_healed:
            self._put_finding(page.account, missing_here(entry, "it could not be applied"))
        if outcome.result == HEALED and is_healed:
            return Taken(healed=1)
        if outcome.result == ALREADY and is_healed:
            return Taken()
        return Taken(missing_here=frozenset({entry.balance_transaction}))

    def _write(
        self, page: Page, new: Sequence[PageEntry], known: Mapping[str, LedgerEntry]
    ) -> Taken:
        """Write the new entries, and what was learned of those that are `known`."""
        account = page.account
        where = (account.location_id, account.livemode)
        built = self._with_bookings(page, [each.entry for each in new])
        # What is followed is noted first: of an entry that is in the ledger it is not noted again.
        self._follow(page, new)
        written = self._store.put_entries(
            account.location_id, built, account.location.stripe_account_id
        )
        later = self._learn(page, known)
        # Other movements of the same charge, on other pages, have not learned of it yet.
        late = [learned_late(entry.charge, page.now_s) for entry in later if entry.charge]
        self._notes.note_bound_late(*where, late)
        count = self._attributions.put(account.location_id, later)
        owned = [entry for entry in (*built, *later) if entry.booking_id]
        self._notes.forget_expected(
            *where, [name for entry in owned for name in movement_names(entry)]
        )
        unknown = {entry.reporting_category for entry in built if not entry.has_known_category}
        return Taken(new=written, attributed=count, unknown_categories=frozenset(unknown))

    def _learn(self, page: Page, known: Mapping[str, LedgerEntry]) -> list[LedgerEntry]:
        """Return those entries of a page of which more is known by now than the ledger has."""
        owners = {
            each.entry.balance_transaction: page.subject(each.entry).booking_id
            for each in page.entries
        }
        open_ones = [
            each.entry
            for each in page.entries
            if (entry := known.get(each.entry.balance_transaction))
            and may_learn(entry, owners[entry.balance_transaction])
        ]
        found = []
        for now in self._with_bookings(page, open_ones):
            name = now.balance_transaction
            if after := learned(known[name], now, owners[name]):
                found.append(after)
        return found

    def _with_bookings(self, page: Page, entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
        """Return entries with what they were for, down to the booking's service and employee."""
        location_id = page.account.location_id
        named = [
            attributed(entry, page.subject(entry), page.charge(entry), location_id)
            for entry in entries
        ]
        wanted = {entry.booking_id for entry in named if entry.booking_id}
        bookings = self._payments.get_bookings(location_id, wanted)
        return [
            replace(entry, service_id=booking.service_id, employee_id=booking.employee_id)
            if (booking := bookings.get(entry.booking_id or ""))
            else entry
            for entry in named
        ]

    def _follow(self, page: Page, new: Iterable[PageEntry]) -> None:
        followed = [
            Followed(
                kind=str(each.source["object"]),
                stripe_id=each.entry.source or "",
                charge_id=each.entry.charge or "",
                created_s=int(each.source.get("created") or each.entry.created_s),
            )
            for each in new
            if is_followed(each.entry, each.source, since_s=page.account.since_s)
        ]
        self._notes.follow(page.account.location_id, page.account.livemode, followed)

    def _put_finding(self, account: StripeAccount, finding: Finding) -> None:
        self._notes.put_findings(account.location_id, account.livemode, [finding])
