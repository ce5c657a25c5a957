"""Entries that came, or changed booking, after the report of their day was sent. Pure."""

from copy import replace
from datetime import date

from msgspec import Struct, field

from shared.domain.dates.report_day import day_of
from shared.domain.ledger.entry import PAYMENTS_BALANCE, LedgerEntry
from shared.domain.ledger.flows import Sums
from shared.domain.ledger.money_flow import MAX_LISTED


class Correction(Struct, frozen=True):
    """An entry of a day whose report was sent without it."""

    reported_day: date
    entry: LedgerEntry


class Reported(Struct, frozen=True):
    """What a report said an entry was for, as in its lines: names of service and employee."""

    booking_id: str
    service: str
    employee: str
    purpose: str


class Reattribution(Struct, frozen=True):
    """An entry whose purpose became known, or changed, after its day's report."""

    reported_day: date
    entry: LedgerEntry
    before: Reported


class OlderLate(Struct, frozen=True):
    """What came late, in one currency, to days that are not compared line by line any more.

    How many entries, their net in minor units, and the first and last UTC day of them.
    """

    currency: str
    count: int
    net_minor: int
    first: date
    last: date


class LateEntries(Struct):
    """What came after its day's report: everything is counted and added up, the first are listed.

    `sums` are what the reports lacked, by day and currency; like the reports' own figures they are
    of the payments balance alone, so that openings continue from them. `reattributed` are entries
    that the reports had under another booking or none, and `reattributed_sums` covers all of them:
    the totals of their days stay the same, only the breakdown changes. `since` is the oldest
    reported day that was checked again, `None` if none was. The reported lines of `unread` days
    could not be read, so nothing is known about those days. `older` is what came
    late to days before `since`, by currency: counted and not listed, and unknown if
    `is_older_known` is false. `is_cut_short`: fewer days than usual were compared, for they have
    too many entries. `by_utc_day` are sums of what was counted, by UTC day and currency.
    """

    listed: list[Correction] = field(default_factory=list)
    sums: dict[tuple[date, str], Sums] = field(default_factory=dict)
    count: int = 0
    reattributed: list[Reattribution] = field(default_factory=list)
    reattributed_sums: dict[tuple[date, str], Sums] = field(default_factory=dict)
    since: date | None = None
    unread: list[date] = field(default_factory=list)
    by_utc_day: dict[tuple[date, str], Sums] = field(default_factory=dict)
    older: dict[str, OlderLate] = field(default_factory=dict)
    is_older_known: bool = True
    is_cut_short: bool = False

    def add(self, day: date, entry: LedgerEntry) -> None:
        """Count an entry; up to `MAX_LISTED` are listed."""
        self.count += 1
        if entry.balance_type == PAYMENTS_BALANCE:
            self.sums.setdefault((day, entry.currency), Sums()).add(entry)
            on = day_of(entry.created_s, "UTC")
            self.by_utc_day.setdefault((on, entry.currency), Sums()).add(entry)
        if len(self.listed) < MAX_LISTED:
            self.listed.append(Correction(day, entry))

    def add_older(self, late: OlderLate) -> None:
        """Count in what came late to days that are not compared any more, later days after."""
        known = self.older.get(late.currency, replace(late, count=0, net_minor=0))
        self.older[late.currency] = replace(
            known,
            count=known.count + late.count,
            net_minor=known.net_minor + late.net_minor,
            last=late.last,
        )

    def reattribute(self, day: date, entry: LedgerEntry, before: Reported) -> None:
        """Count an entry that its day's report attributed to something else."""
        self.reattributed_sums.setdefault((day, entry.currency), Sums()).add(entry)
        if len(self.reattributed) < MAX_LISTED:
            self.reattributed.append(Reattribution(day, entry, before))

    @property
    def reattributions(self) -> int:
        """How many entries were attributed again after their report."""
        return sum(each.count for each in self.reattributed_sums.values())

    @property
    def reattributed_left_out(self) -> int:
        """How many of these are in the sums but not listed."""
        return self.reattributions - len(self.reattributed)

    @property
    def left_out(self) -> int:
        """How many late entries are not listed."""
        return self.count - len(self.listed)

    def in_order(self) -> list[Correction]:
        """Return the listed corrections, oldest first."""
        return sorted(self.listed, key=_place)

    def reattributed_in_order(self) -> list[Reattribution]:
        """Return the listed reattributions, oldest first."""
        return sorted(self.reattributed, key=_place)


def _place(each: Correction | Reattribution) -> tuple[date, int, str]:
    return each.reported_day, each.entry.created_s, each.entry.balance_transaction
