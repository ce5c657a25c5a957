"""What a morning's report takes over from those before it: clients' money, and what came late."""

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

from shared.adapters.report_files import ReportFiles
from shared.adapters.report_reader import ReportReader
from shared.adapters.report_records import MAX_CORRECTED, SENT, ReportRecord, ReportRecords
from shared.adapters.visit_times import VisitTimes
from shared.config import Config
from shared.domain.client_money import ClientMoney, ClientMoneyRoll, Prepaid
from shared.domain.location import Location
from shared.domain.report import Correction, correct
from shared.domain.report_day import ONE_DAY, LocalDay

PREPAID_NAME = "prepaid.json"
# How far back a report before this one is looked for, and how far the past is gone through where
# there is none.
RECORD_DAYS, PAST_S = 31, 400 * 86_400
# Reported days that are looked at again, the newest first, as long as they have so many entries:
# as many as a location may be without Stripe, until somebody mends its keys.
CORRECTION_DAYS, CORRECTION_ENTRIES = 31, 300_000


@dataclass(frozen=True, slots=True)
class Carried:
    """Clients' money over a day, and what is still held at its end.

    `previous_end_s` is where the newest report before ended, `None` where none was found.
    """

    by_currency: Mapping[str, ClientMoney]
    held: tuple[Prepaid, ...]
    previous_end_s: int | None = None


class CarriedMoney:
    """Carries clients' money from report to report."""

    def __init__(
        self, config: Config, reader: ReportReader, files: ReportFiles, records: ReportRecords
    ) -> None:
        self._config = config
        self._reader = reader
        self._files = files
        self._records = records

    def over(self, location: Location, day: LocalDay, until_s: int, folder: Path) -> Carried:
        """Return a day's change until `until_s`, from what the newest report before it held.

        The time between the two is gone through; where no report is found, the past is, from the
        location's beginning or 400 days.
        """
        held, previous_end_s = self._before(location, day.day, folder)
        since_s = previous_end_s or max(location.created_at_s, day.start_s - PAST_S)
        visits = VisitTimes(self._config, location.location_id)
        if since_s < day.start_s:
            held = self._roll(location, since_s, day.start_s, held, visits).held
        # Where the time zone went east, the report before has counted the first hours already.
        start_s = max(day.start_s, previous_end_s or 0)
        end_s = max(start_s, min(day.end_s, until_s))
        carried = self._roll(location, start_s, end_s, held, visits)
        return replace(carried, previous_end_s=previous_end_s)

    def _before(
        self, location: Location, day: date, folder: Path
    ) -> tuple[tuple[Prepaid, ...], int | None]:
        """Return what the newest report before a day held, and at which instant."""
        days = [day - at * ONE_DAY for at in range(1, RECORD_DAYS + 1)]
        found = self._records.get(location.location_id, location.mode, days)
        for earlier in days:
            record = found.get(earlier)
            if record and record.status == SENT:
                path = folder / f"before-{earlier}.json"
                self._files.fetch(f"{record.folder}/{PREPAID_NAME}", path)
                kept = json.loads(path.read_text(encoding="utf-8"))
                return tuple(Prepaid(**each) for each in kept["held"]), int(kept["at_s"])
        return (), None

    def _roll(
        self,
        location: Location,
        start_s: int,
        end_s: int,
        held: tuple[Prepaid, ...],
        visits: VisitTimes,
    ) -> Carried:
        rolling = ClientMoneyRoll.begin(start_s, end_s, held)
        entries = self._reader.iterate(location.location_id, start_s, end_s)
        for entry, visit_s in visits.beside(entries):
            rolling.add(entry, visit_s)
        closing = rolling.finish()
        return Carried(rolling.by_currency, tuple(closing))


def prepaid_document(carried: Carried, at_s: int) -> str:
    """Return what is held at an instant, as the next report reads it."""
    return json.dumps({"at_s": at_s, "held": [asdict(each) for each in carried.held]})


class Corrections:
    """Finds what came late to days that were reported, and remembers that it was told."""

    def __init__(self, reader: ReportReader, files: ReportFiles, records: ReportRecords) -> None:
        self._reader = reader
        self._files = files
        self._records = records

    def find(
        self, location: Location, day: date, folder: Path
    ) -> tuple[list[Correction], dict[date, ReportRecord], date | None]:
        """Return the corrections, the records that remember them, and since when was looked.

        A day is read again as a whole and compared with the lines that its report had.
        """
        days = [day - at * ONE_DAY for at in range(1, CORRECTION_DAYS + 1)]
        records = self._records.get(location.location_id, location.mode, days)
        found: list[Correction] = []
        changed: dict[date, ReportRecord] = {}
        since, left = None, CORRECTION_ENTRIES
        for earlier in days:
            record = records.get(earlier)
            if record is None or record.status != SENT:
                continue
            left -= record.entries
            if left < 0:
                break
            since = earlier
            late = self._late(location, earlier, record, folder)
            if late:
                found += late
                ids = (each.entry.balance_transaction for each in late)
                changed[earlier] = replace(record, corrected=(*record.corrected, *ids))
        found.sort(key=lambda each: (each.reported_day, each.entry.created_s))
        return found, changed, since

    def _late(
        self, location: Location, day: date, record: ReportRecord, folder: Path
    ) -> list[Correction]:
        stretch = (location.location_id, record.start_s, record.end_s)
        number = sum(1 for _ in self._reader.iterate(*stretch))
        known = len(record.corrected)
        if number == record.entries + known or known >= MAX_CORRECTED:
            return []
        path = folder / f"lines-{day}.csv"
        self._files.fetch(record.lines_key, path)
        with path.open(encoding="utf-8", newline="") as lines:
            reported = {row["balance_transaction"] for row in csv.DictReader(lines)}
        return correct(self._reader.iterate(*stretch), reported.union(record.corrected), day)
