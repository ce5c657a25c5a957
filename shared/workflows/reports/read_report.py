"""A report as of now: everything that it is made of, read and put together.

Two functions share it. It orders the reads; the rules are in the domain.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import replace
from datetime import date

from msgspec import Struct

from shared.adapters.booking_store import BookingStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.ledger_store import LedgerStore
from shared.adapters.needed_action_store import NeededActionStore
from shared.adapters.payout_store import PayoutStore
from shared.adapters.sync_notes import SyncNotes
from shared.adapters.sync_state import SyncState
from shared.config import Config
from shared.domain.dates.report_day import ONE_DAY, LocalDay, day_of, days_between, report_day
from shared.domain.errors import Unavailable
from shared.domain.ledger.bank_payout import BankPayout
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.flows import PAYOUTS, REFUND_REVERSALS, REFUNDS
from shared.domain.ledger.money_flow import MAX_LISTED, MoneyFlow, entries_of
from shared.domain.ledger.reconciliation import Reconciliation, reconciliation_of
from shared.domain.locations.location import Location
from shared.domain.money.money import Money
from shared.domain.reports.balances import balances_of, own_opening
from shared.domain.reports.lists import booking_ids
from shared.domain.reports.report import (
    ActionLine,
    LeftOut,
    PayoutLine,
    Report,
    as_compared,
    compared_since_s,
)
from shared.domain.reports.section import Visit
from shared.workflows.reports.open_bookings import OpenBookings, OpenLines

LIVE = "live"
MAX_ACTIONS = 100
# A payout is listed until it has arrived, which takes a week and more in some countries. One that a
# bank returns is listed again, usually within five business days of its arrival.
# https://docs.stripe.com/payouts
PAYOUTS_SINCE_S = 31 * 86_400
_ON_THE_WAY = frozenset({"pending", "in_transit"})

type Keep = Callable[[LedgerEntry], None]


class ReadingBudget(Struct, frozen=True):
    """The deadline of a reading, by the monotonic clock: a caller does not wait forever."""

    until_s: float
    detail: str = "The day is too large to be shown at once. Have it sent by mail."
    code: str = "report_too_large"

    def check(self) -> None:
        """Raise `Unavailable` with the code when the time is over."""
        if time.monotonic() > self.until_s:
            raise Unavailable(self.detail, code=self.code)


def within(budget: ReadingBudget | None, entries: Iterable[LedgerEntry]) -> Iterator[LedgerEntry]:
    """Yield entries for as long as the budget lasts; raises as `ReadingBudget.check` does."""
    for entry in entries:
        if budget:
            budget.check()
        yield entry


class ReportReader:
    """Reads what reports are made of; every method takes the location."""

    def __init__(self, config: Config) -> None:
        self._public_url = config.public_url
        self._ledger = LedgerStore(config)
        self._needed_actions = NeededActionStore(config)
        self._payout_store = PayoutStore(config)
        self._state = SyncState(config)
        self._notes = SyncNotes(config)
        self._bookings = BookingStore(config)
        self._catalogue = CatalogueStore(config)
        self._open = OpenBookings(config)

    def read(
        self,
        location: Location,
        day: date,
        now_s: int,
        keep: Keep | None = None,
        budget: ReadingBudget | None = None,
        *,
        unsynced: str = "",
    ) -> Report:
        """Return the report of a day as of now; `keep` is called with each entry as it is read.

        The day is that of the location's zone. `unsynced` says why the sync before came to no end.

        Memory does not grow with the number of entries. Raises `AwsUnreachable`, and `Unavailable`
        when the budget's time is over.
        """
        bounds = report_day(day, location.timezone)
        flow = self.read_flow(location, bounds, keep, budget)
        found = self._open.find(location.location_id, flow, now_s)
        check = self._state.get_balance_check(location.location_id)
        opening = self._ledger.sum_before(location.location_id, bounds.start_s)
        reconciled, is_zone_moved = self._reconciled(location.location_id, bounds)
        if since_account_s := location.stripe_account_since_s:
            if bounds.start_s < since_account_s:
                # That check belongs to another account than the day's.
                check = None
            else:
                left = self._ledger.get_left_balances(location.location_id)
                opening = own_opening(opening, left)
        since_s = compared_since_s(bounds, now_s)
        payouts = list(self._payouts(location.location_id, bounds, flow))
        actions = list(self.iterate_actions(location.location_id))
        names = self.read_names(location.location_id)
        report = Report(
            location=location,
            day=bounds,
            flow=flow,
            generated_at_s=now_s,
            final=now_s >= bounds.end_s,
            names=names,
            balances=balances_of(flow, opening, check, since_s),
            refunds=found.refunds,
            holds=found.holds,
            holds_since_s=found.holds_since_s,
            disputes=found.disputes,
            payouts=tuple(payouts[:MAX_LISTED]),
            actions=tuple(actions[:MAX_ACTIONS]),
            left_out=LeftOut(
                refunds=sum(flow.unlisted.get(each, 0) for each in (REFUNDS, REFUND_REVERSALS)),
                disputes=found.disputes_left_out,
                payouts=max(0, len(payouts) - MAX_LISTED),
                actions=max(0, len(actions) - MAX_ACTIONS),
            ),
            reconciliation=as_compared(reconciled, since_s),
            bindings_awaited=self._awaited(location),
            public_url=self._public_url,
            unsynced=unsynced,
            is_zone_moved=is_zone_moved,
            is_of_former_account=bounds.start_s < location.stripe_account_since_s,
        )
        return replace(report, visits=self._visits(report, found))

    def _visits(self, report: Report, found: OpenLines) -> dict[str, Visit]:
        """Return when the listed bookings begin, and what they are."""
        listed = booking_ids(report)
        unread = listed - found.visits.keys()
        known = {
            **found.visits,
            **self._open.read_visits(report.location.location_id, sorted(unread)),
        }
        return {
            booking_id: Visit(booking_id, visit.starts_at_s, report.names.get(visit.service_id, ""))
            for booking_id in listed
            if (visit := known.get(booking_id))
        }

    def _awaited(self, location: Location) -> int:
        """Return how many payments the next syncs have yet to attribute."""
        is_live = location.mode == LIVE
        notes = self._notes.list_bound_late(location.location_id, is_live)
        return len({note.payment for note in notes})

    def read_flow(
        self,
        location: Location,
        bounds: LocalDay,
        keep: Keep | None = None,
        budget: ReadingBudget | None = None,
    ) -> MoneyFlow:
        """Return what moved on one day."""
        flow = MoneyFlow(bounds.start_s, bounds.end_s, location.mode == LIVE)
        entries = self.iterate(location.location_id, bounds.start_s, bounds.end_s)
        for entry in within(budget, entries):
            flow.add(entry)
            if keep:
                keep(entry)
        return flow

    def read_days(
        self, location: Location, first: date, last: date, budget: ReadingBudget | None = None
    ) -> list[tuple[LocalDay, MoneyFlow]]:
        """Return what moved on each day from the first to the last, both included."""
        return [
            (bounds, self.read_flow(location, bounds, None, budget))
            for bounds in (report_day(day, location.timezone) for day in days_between(first, last))
        ]

    def iterate(self, location_id: str, start_s: int, end_s: int) -> Iterator[LedgerEntry]:
        """Yield the entries of a period in order."""
        if start_s < end_s:
            yield from self._ledger.iterate_entries(location_id, start_s, end_s)

    def list_page(
        self, location_id: str, bounds: LocalDay, limit: int, cursor: str | None
    ) -> tuple[list[LedgerEntry], str | None]:
        """Return a page of a day's entries and the cursor of the next; raises `InvalidInput`."""
        if bounds.start_s == bounds.end_s:
            return [], None
        return self._ledger.list_entries(location_id, bounds.start_s, bounds.end_s, limit, cursor)

    def read_names(self, location_id: str) -> dict[str, str]:
        """Return the names of services and employees by id."""
        return self._catalogue.get_catalogue(location_id).names()

    def _reconciled(self, location_id: str, bounds: LocalDay) -> tuple[Reconciliation | None, bool]:
        beside = days_between(bounds.day - ONE_DAY, bounds.day + ONE_DAY)
        days = [each.isoformat() for each in beside]
        return reconciled(self._state.get_reconciliations(location_id, days), bounds)

    def _payouts(self, location_id: str, bounds: LocalDay, flow: MoneyFlow) -> Iterator[PayoutLine]:
        """Yield the payouts of the day, those that moved money on it, and those on their way."""
        moved = {each.payout for each in entries_of(flow, PAYOUTS)}
        since_s = bounds.start_s - PAYOUTS_SINCE_S
        for payout in self._payout_store.list_payouts(location_id, since_s, bounds.end_s):
            is_of_day = bounds.holds(payout.created_s) or payout.payout in moved
            # Stripe gives the day of arrival as midnight UTC.
            arrives = day_of(payout.arrival_date_s, "UTC")
            if is_of_day or payout.status in _ON_THE_WAY or arrives >= bounds.day:
                yield _payout_line(payout)

    def iterate_actions(self, location_id: str) -> Iterator[ActionLine]:
        """Yield what staff have to look at."""
        for item in self._needed_actions.iterate_needed_actions(location_id):
            about = str(item["about"]).replace("#", " ")
            for action in item["actions"]:
                yield ActionLine(about, action["kind"], action["advice"], item["at_s"])


def reconciled(
    found: Sequence[Reconciliation], bounds: LocalDay
) -> tuple[Reconciliation | None, bool]:
    """Return how a day reconciles, and whether its parts alone were compared.

    They are where the zone has changed since; together they may be the day.
    """
    whole = reconciliation_of(found, bounds.start_s, bounds.end_s)
    overlaps = any(each.start_s < bounds.end_s and each.end_s > bounds.start_s for each in found)
    return whole, overlaps and whole is None


def _payout_line(payout: BankPayout) -> PayoutLine:
    return PayoutLine(
        payout=payout.payout,
        money=Money(payout.amount_minor, payout.currency),
        arrival_date_s=payout.arrival_date_s,
        status=payout.status,
        automatic=payout.automatic,
        trace_id=payout.trace_id,
        items=payout.items_count,
        sum_matches=payout.sum_matches,
    )
