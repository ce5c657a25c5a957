"""What came late to days that were already reported: found, reported once, and remembered.

An entry comes late, or an entry is attributed late: then its day is broken down again, and none of
its totals change.
"""

import csv
from collections.abc import Iterable
from copy import replace
from datetime import date
from pathlib import Path
from typing import TextIO

from msgspec import Struct, field

from shared.adapters.report_files import ReportFiles
from shared.adapters.report_records import SENT, ReportRecord, ReportRecords
from shared.domain.dates.report_day import ONE_DAY
from shared.domain.errors import AwsRefused
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.locations.location import Location
from shared.domain.reports.late_entries import LateEntries, Reported
from shared.domain.reports.lists import reported_as
from shared.domain.reports.report import Report
from shared.observability import count, logger
from shared.reports.neutral import for_spreadsheet, one_line
from shared.workflows.reports.read_report import ReportReader

# How many reported days are checked again, the newest first, up to so many entries: as many days as
# a location may be without Stripe until somebody replaces its keys.
CORRECTION_DAYS, CORRECTION_ENTRIES = 31, 300_000
LINES = "text/csv"
# What was reported of a day, a line an entry: late entries, and those attributed again.
TOLD = ("balance_transaction", "booking_id", "service", "employee", "purpose")


class Found(Struct):
    """The late entries, and the records which remember that they were reported.

    `previous` is the newest record before, and the days from `since_s` on were compared.
    """

    late: LateEntries = field(default_factory=LateEntries)
    records: dict[date, ReportRecord] = field(default_factory=dict)
    previous: ReportRecord | None = None
    since_s: int = 0


class _Known(Struct):
    """What a day's report and later ones said: its entries, and what some of them were for."""

    ids: set[str] = field(default_factory=set)
    said: dict[str, Reported] = field(default_factory=dict)

    @classmethod
    def read(cls, learned: set[str], *files: Path) -> "_Known":
        """Read the day's lines and what was reported since, the newest of the `learned` entries."""
        known = cls()
        for file in files:
            with file.open(encoding="utf-8", newline="") as rows:
                for row in csv.DictReader(rows):
                    known.ids.add(row[TOLD[0]])
                    if row[TOLD[0]] in learned:
                        known.said[row[TOLD[0]]] = _said(row)
        return known


class Corrections:
    """Finds what came late to reported days, and remembers that it was reported."""

    def __init__(self, reader: ReportReader, files: ReportFiles, records: ReportRecords) -> None:
        self._reader = reader
        self._files = files
        self._records = records

    def find(self, location: Location, report: Report, place: Path, folder: str) -> Found:
        """Return what earlier reports did not have; the new lines are written to `folder`.

        A day is read again as a whole and compared with the lines of its report, and of later
        ones. `place` is on disk.
        """
        days = [report.day.day - at * ONE_DAY for at in range(1, CORRECTION_DAYS + 1)]
        records = self._records.get(location.location_id, location.mode, days)
        found, left = Found(), CORRECTION_ENTRIES
        for earlier in days:
            record = records.get(earlier)
            if record is None or record.status != SENT:
                continue
            left -= record.entries
            if left < 0 and found.previous:
                found.late.is_cut_short = True
                break
            found.previous = found.previous or record
            found.late.since, found.since_s = earlier, record.start_s
            telling = _Telling(report, earlier, record, found.late)
            try:
                told = self._tell(location, telling, place)
            except (AwsRefused, KeyError, ValueError) as error:
                # The rest of the report does not wait for a lost file; it says so.
                logger.warning("reported lines unreadable", error=type(error).__name__)
                count("ReportedLinesUnreadable")
                found.late.unread.append(earlier)
                continue
            if told != record:
                key = f"{folder}/told-{earlier}.csv"
                self._files.put(key, _told_path(place, earlier), LINES)
                found.records[earlier] = replace(told, told_key=key)
        return found

    def _tell(self, location: Location, telling: "_Telling", place: Path) -> ReportRecord:
        """Add what came late to a day, write its lines, and return the record that remembers it."""
        record = telling.record
        stretch = (location.location_id, record.start_s, record.end_s)
        number = attributions = 0
        learned: set[str] = set()
        for entry in self._reader.iterate(*stretch):
            number += 1
            attributions += entry.attributions
            if entry.attributions:
                learned.add(entry.balance_transaction)
        if (number, attributions) == (record.entries + record.told, record.attributions):
            return record
        told, lines = _told_path(place, telling.day), place / f"lines-{telling.day}.csv"
        if record.told_key:
            self._files.fetch(record.told_key, told)
        else:
            told.write_text(f"{','.join(TOLD)}\r\n", encoding="utf-8", newline="")
        self._files.fetch(record.lines_key, lines)
        known = _Known.read(learned, lines, told)
        with told.open("a", encoding="utf-8", newline="") as written:
            return telling.tell(self._reader.iterate(*stretch), known, written)


class _Telling(Struct, frozen=True):
    """A day that is reported again."""

    report: Report
    day: date
    record: ReportRecord
    late: LateEntries

    def tell(self, entries: Iterable[LedgerEntry], known: _Known, written: TextIO) -> ReportRecord:
        """Compare a day's entries with what was reported of them, and write what is new."""
        rows = csv.writer(written)
        told, attributions = self.record.told, 0
        for entry in entries:
            before = known.said.get(entry.balance_transaction)
            is_late = entry.balance_transaction not in known.ids
            if not is_late and before is None:
                # Including what is learned right now: it is not counted, and is reported next time.
                continue
            attributions += entry.attributions
            now = _as_written(reported_as(entry, self.report.names))
            if is_late:
                self.late.add(self.day, entry)
                told += 1
            elif before and _differ(before, now):
                self.late.reattribute(self.day, entry, before)
            else:
                continue
            row = (now.booking_id, now.service, now.employee, now.purpose)
            rows.writerow((entry.balance_transaction, *row))
        return replace(self.record, told=told, attributions=attributions)


def _differ(before: Reported, now: Reported) -> bool:
    """Whether an entry is attributed otherwise; names alone may have been corrected since."""
    if (before.booking_id, before.purpose) != (now.booking_id, now.purpose):
        return True
    return bool(now.service) and not before.service


def _said(row: dict[str, str]) -> Reported:
    return Reported(row["booking_id"], row["service"], row["employee"], row["purpose"])


def _as_written(said: Reported) -> Reported:
    """Return a text as the lines of a report have it, where no text is a formula."""
    booking_id, service, employee, purpose = (
        for_spreadsheet(one_line(each))
        for each in (said.booking_id, said.service, said.employee, said.purpose)
    )
    return Reported(booking_id, service, employee, purpose)


def _told_path(place: Path, day: date) -> Path:
    return place / f"told-{day}.csv"
