"""Clients' money that is held, carried over from earlier reports to a morning's report."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from msgspec import Struct

from shared.adapters.ledger_store import LedgerStore
from shared.adapters.report_files import ReportFiles
from shared.adapters.report_records import SENT, ReportRecord, ReportRecords
from shared.adapters.visit_times import VisitTimes
from shared.config import Config
from shared.domain.dates.report_day import ONE_DAY, LocalDay
from shared.domain.errors import AwsRefused, InvalidFacts
from shared.domain.ledger.client_money import ClientMoney, ClientMoneyRoll, Prepaid, with_late
from shared.domain.locations.location import Location
from shared.domain.stored_record import read_record, record_to_dict
from shared.observability import count, logger
from shared.workflows.reports.read_report import ReportReader

PREPAID_NAME = "prepaid.json"
# How far back an earlier report is looked for, and how much of the past is read where there is
# none.
RECORD_DAYS, PAST_S = 31, 400 * 86_400


class Held(Struct, frozen=True):
    """What a report held at `at_s`, and how many entries the ledger had before then.

    Entries are written once: if the ledger still has as many, none came late.
    """

    at_s: int
    counted: int
    held: tuple[Prepaid, ...]


class Carried(Struct, frozen=True):
    """Clients' money over a day, and what is held at its end.

    `previous_end_s` is where the newest earlier report ended, `None` where there is none.
    `is_anew` says that the amount which that one held could not be read.
    """

    by_currency: Mapping[str, ClientMoney]
    closing: Held
    previous_end_s: int | None = None
    is_anew: bool = False


class CarriedMoney:
    """Carries clients' money from report to report, as the ledger has it now."""

    def __init__(
        self, config: Config, reader: ReportReader, files: ReportFiles, records: ReportRecords
    ) -> None:
        self._config = config
        self._ledger = LedgerStore(config)
        self._reader = reader
        self._files = files
        self._records = records

    def over(self, location: Location, day: LocalDay, until_s: int, folder: Path) -> Carried:
        """Return a day's change until `until_s`.

        It starts from the newest earlier report that had every entry which the ledger has of its
        time; where there is none, from the location's beginning or 400 days ago. What the newest
        report of all did not have yet is `came_late_minor`.
        """
        records = self._before(location, day.day)
        reported = self._read(records[0], folder) if records else None
        known = self._newest_complete(location, records, folder)
        since_s = known.at_s if known else max(location.created_at_s, day.start_s - PAST_S)
        held: Iterable[Prepaid] = known.held if known else ()
        visits = VisitTimes(self._config, location.location_id)
        late: Mapping[str, int] = {}
        if reported and since_s <= reported.at_s:
            now_held = self._roll(location, since_s, reported.at_s, held, visits).finish()
            late, held = _sums(now_held, reported.held), now_held
            since_s = reported.at_s
        # If the time zone moved east, the earlier report has counted the first hours already.
        start_s = max(day.start_s, since_s)
        held = self._roll(location, since_s, start_s, held, visits).finish()
        end_s = max(start_s, min(day.end_s, until_s))
        # Counted first: an entry that comes meanwhile exceeds the count, and is read again.
        counted = self._ledger.count_before(location.location_id, end_s)
        rolling = self._roll(location, start_s, end_s, held, visits)
        closing = Held(end_s, counted, tuple(rolling.finish()))
        return Carried(
            with_late(rolling.by_currency, late),
            closing,
            records[0].end_s if records else None,
            is_anew=bool(records) and reported is None,
        )

    def _before(self, location: Location, day: date) -> list[ReportRecord]:
        """Return the records of reports that were sent before a day's, the newest first."""
        days = [day - at * ONE_DAY for at in range(1, RECORD_DAYS + 1)]
        found = self._records.get(location.location_id, location.mode, days)
        records = [found[earlier] for earlier in days if earlier in found]
        return [record for record in records if record.status == SENT]

    def _newest_complete(
        self, location: Location, records: Iterable[ReportRecord], folder: Path
    ) -> Held | None:
        for record in records:
            kept = self._read(record, folder)
            if kept and kept.counted == self._ledger.count_before(location.location_id, kept.at_s):
                return kept
        return None

    def _read(self, record: ReportRecord, folder: Path) -> Held | None:
        """Return what a report held; `None` where its file is lost or invalid."""
        path = folder / "before.json"
        try:
            self._files.fetch(f"{record.folder}/{PREPAID_NAME}", path)
            return _read_held(json.loads(path.read_text(encoding="utf-8")))
        except (AwsRefused, InvalidFacts, KeyError, TypeError, ValueError) as error:
            # The report does not wait for it: the ledger has everything that it was made of.
            logger.warning("carried money unreadable", error=type(error).__name__)
            count("CarriedMoneyUnreadable")
            return None

    def _roll(
        self,
        location: Location,
        start_s: int,
        end_s: int,
        held: Iterable[Prepaid],
        visits: VisitTimes,
    ) -> ClientMoneyRoll:
        rolling = ClientMoneyRoll.begin(start_s, end_s, held)
        entries = self._reader.iterate(location.location_id, start_s, end_s)
        for entry, visit_s in visits.beside(entries):
            rolling.add(entry, visit_s)
        return rolling


def prepaid_document(held: Held) -> str:
    """Return the amounts held at an instant, as the next report reads them."""
    return json.dumps(
        {
            "at_s": held.at_s,
            "counted": held.counted,
            "held": [record_to_dict(each) for each in held.held],
        }
    )


def _read_held(document: Mapping[str, Any]) -> Held:
    held = tuple(read_record(Prepaid, each) for each in document["held"])
    at_s = int(document["at_s"])
    ClientMoneyRoll.begin(at_s, at_s, held)
    return Held(at_s, int(document["counted"]), held)


def _sums(now: Iterable[Prepaid], reported: Iterable[Prepaid]) -> Mapping[str, int]:
    """Return how much more is held now than was reported, by currency; 0 is left out."""
    sums: dict[str, int] = {}
    for sign, many in ((1, now), (-1, reported)):
        for each in many:
            sums[each.currency] = sums.get(each.currency, 0) + sign * each.amount_minor
    return {currency: minor for currency, minor in sums.items() if minor}
