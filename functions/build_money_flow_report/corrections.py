"""What came late to days that were reported: found, told once, and remembered."""

import csv
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from shared.adapters.report_files import ReportFiles
from shared.adapters.report_reader import ReportReader
from shared.adapters.report_records import SENT, ReportRecord, ReportRecords
from shared.domain.errors import AwsRefused
from shared.domain.location import Location
from shared.domain.report import LateEntries
from shared.domain.report_day import ONE_DAY
from shared.observability import count, logger

# Reported days that are looked at again, the newest first, as long as they have so many entries:
# as many as a location may be without Stripe, until somebody mends its keys.
CORRECTION_DAYS, CORRECTION_ENTRIES = 31, 300_000
PLAIN = "text/plain"


@dataclass(slots=True)
class Found:
    """The late entries, and the records that remember that they were told."""

    late: LateEntries = field(default_factory=LateEntries)
    records: dict[date, ReportRecord] = field(default_factory=dict)


class Corrections:
    """Finds what came late to days that were reported, and remembers that it was told."""

    def __init__(self, reader: ReportReader, files: ReportFiles, records: ReportRecords) -> None:
        self._reader = reader
        self._files = files
        self._records = records

    def find(self, location: Location, day: date, place: Path, folder: str) -> Found:
        """Return what the reports before a day's did not have; `folder` gets what was told.

        A day is read again as a whole and compared with the lines that its report had, and with
        what later ones told. `place` is on disk.
        """
        days = [day - at * ONE_DAY for at in range(1, CORRECTION_DAYS + 1)]
        records = self._records.get(location.location_id, location.mode, days)
        found, left = Found(), CORRECTION_ENTRIES
        for earlier in days:
            record = records.get(earlier)
            if record is None or record.status != SENT:
                continue
            left -= record.entries
            if left < 0:
                break
            found.late.since = earlier
            try:
                told = self._tell(location, earlier, record, place, found.late)
            except (AwsRefused, KeyError, ValueError) as error:
                # The rest of the report is not to wait for a file that is lost; it says so.
                logger.warning("reported lines unreadable", error=type(error).__name__)
                count("ReportedLinesUnreadable")
                found.late.unread.append(earlier)
                continue
            if told > record.told:
                key = f"{folder}/told-{earlier}.txt"
                self._files.put(key, _told_path(place, earlier), PLAIN)
                found.records[earlier] = replace(record, told_key=key, told=told)
        return found

    def _tell(
        self,
        location: Location,
        day: date,
        record: ReportRecord,
        place: Path,
        late: LateEntries,
    ) -> int:
        """Add a day's late entries, write the ids of all that were told, return how many."""
        stretch = (location.location_id, record.start_s, record.end_s)
        number = sum(1 for _ in self._reader.iterate(*stretch))
        if number == record.entries + record.told:
            return record.told
        told = _told_path(place, day)
        if record.told_key:
            self._files.fetch(record.told_key, told)
        else:
            told.write_text("", encoding="utf-8")
        known = set(told.read_text(encoding="utf-8").split())
        before = len(known)
        lines = place / f"lines-{day}.csv"
        self._files.fetch(record.lines_key, lines)
        with lines.open(encoding="utf-8", newline="") as rows:
            known.update(row["balance_transaction"] for row in csv.DictReader(rows))
        with told.open("a", encoding="utf-8") as written:
            for entry in self._reader.iterate(*stretch):
                if entry.balance_transaction not in known:
                    late.add(day, entry)
                    written.write(f"{entry.balance_transaction}\n")
                    before += 1
        return before


def _told_path(place: Path, day: date) -> Path:
    return place / f"told-{day}.txt"
