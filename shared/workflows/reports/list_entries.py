"""Single entries of the ledger for staff: those of some days, of a booking, or of a payout."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from msgspec import Struct

from shared.adapters.booking_places import BookingPlaces
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.known_payments import KnownPayments
from shared.adapters.ledger_keys import instant_key
from shared.adapters.ledger_store import PAGE_ITEMS, LedgerStore
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.ledger.bank_payout import BankPayout
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.flows import flow_of
from shared.domain.ledger.movements import movements
from shared.domain.reports.range_document import listed_entry_document
from shared.workflows.reports.read_report import ReadingBudget, within

# Entries that one page looks at where it leaves some out; the next one goes on after them.
MAX_LOOKED_AT = 5000
# A booking has few: its payments, refunds and disputes. Charges and refunds of one are bounded.
MAX_OF_BOOKING = 500

type Wanted = Callable[[LedgerEntry], bool]
type Page = tuple[list[LedgerEntry], str | None]


class Stretch(Struct, frozen=True):
    """Entries of `[start_s, end_s)`, up to `limit` of them after a place, all or of one flow."""

    start_s: int
    end_s: int
    limit: int
    after: str = ""
    flow: str | None = None

    def holds(self, entry: LedgerEntry) -> bool:
        """Whether an entry is one of these."""
        is_within = self.start_s <= entry.created_s < self.end_s
        return is_within and self.flow in (None, flow_of(entry))


class EntryLists:
    """Lists entries with their bookings; a page has a place after which the next one begins."""

    def __init__(self, config: Config) -> None:
        self._ledger = LedgerStore(config)
        self._places = BookingPlaces(config)
        self._payments = KnownPayments(config)
        self._catalogue = CatalogueStore(config)

    def of_days(self, location_id: str, asked: Stretch) -> Page:
        """Return the entries of some days."""
        if asked.start_s >= asked.end_s:
            return [], None
        page = asked.limit if asked.flow is None else PAGE_ITEMS
        return self._page(location_id, asked, asked.holds, page)

    def of_payout(self, location_id: str, payout: BankPayout, limit: int, after: str) -> Page:
        """Return the entries that a payout carried, as far as Stripe has said; not its own."""
        if not payout.items_count:
            return [], None
        asked = Stretch(*payout.items_within(), limit, after)
        return self._page(
            location_id, asked, lambda entry: entry.paid_out_by == payout.payout, PAGE_ITEMS
        )

    def of_booking(
        self,
        location_id: str,
        booking_id: str,
        asked: Stretch,
        *,
        now_s: int,
        budget: ReadingBudget,
    ) -> Page:
        """Return a booking's entries, found by their places.

        Those that an earlier release wrote without places get them when it is first seen that some
        are missing; raises as the budget does, and a repetition begins anew.
        """
        booking = self._payments.get_bookings(location_id, [booking_id]).get(booking_id)
        if booking is None:
            return [], None
        found = self._places.find(location_id, booking_id, MAX_OF_BOOKING)
        entries = self._ledger.get_entries(location_id, found.places)
        if not found.is_completed and _lacks_some(booking, entries):
            since = self._ledger.iterate_entries(location_id, booking.created_at_s, now_s + 1)
            entries = [each for each in within(budget, since) if each.booking_id == booking_id]
            self._places.complete(location_id, booking_id, entries)
        return _take(
            (each for each in entries if _place(each) > asked.after),
            lambda each: each.booking_id == booking_id and asked.holds(each),
            asked.limit,
        )

    def _page(self, location_id: str, asked: Stretch, wanted: Wanted, page: int) -> Page:
        entries = self._ledger.iterate_entries(
            location_id, asked.start_s, asked.end_s, after=asked.after, page=page
        )
        return _take(entries, wanted, asked.limit)

    def describe(self, location_id: str, entries: Iterable[LedgerEntry]) -> list[dict[str, Any]]:
        """Return entries as the contract's `ListedEntry`, with what their bookings are called."""
        listed = list(entries)
        wanted = {each.booking_id for each in listed if each.booking_id}
        bookings = self._payments.get_bookings(location_id, wanted)
        external_ids = {key: each.external_id for key, each in bookings.items()}
        names = self._catalogue.get_catalogue(location_id).names()
        return [listed_entry_document(each, external_ids, names) for each in listed]


def _take(entries: Iterable[LedgerEntry], wanted: Wanted, limit: int) -> Page:
    """Return up to `limit` wanted entries, and the place of the last one that was looked at."""
    page: list[LedgerEntry] = []
    last = ""
    for looked_at, entry in enumerate(islice(entries, MAX_LOOKED_AT + 1)):
        if looked_at == MAX_LOOKED_AT or len(page) == limit:
            return page, last
        last = _place(entry)
        if wanted(entry):
            page.append(entry)
    return page, None


def _lacks_some(booking: Booking, entries: Iterable[LedgerEntry]) -> bool:
    """Whether webhooks told of a movement of the booking's that is not among some entries."""
    there = {each.balance_transaction for each in entries}
    return any(
        each.balance_transaction and each.balance_transaction not in there
        for each in movements(booking.facts)
    )


def _place(entry: LedgerEntry) -> str:
    return instant_key(entry.created_s, entry.balance_transaction)
