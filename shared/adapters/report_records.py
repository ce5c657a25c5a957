"""Which days of a location are reported, as items of the table: each day once.

<loc>#reports#<mode>   <local day>         who builds it until when, and what was sent
<loc>#reports#<mode>   <local day>#<run>   the same of a report that somebody asked for
"""

from collections.abc import Iterable
from copy import replace
from datetime import date

from shared.adapters.bookings_table import BookingsTable, Key, Put
from shared.adapters.first_answers import FirstAnswer, answer_put
from shared.adapters.outbox import message_puts
from shared.config import Config
from shared.domain.dates.instants import DAY_S
from shared.domain.errors import Overtaken
from shared.domain.messages.ledger_orders import BuildReport
from shared.domain.stored_record import StoredRecord, read_record

BUILDING, SENT = "building", "sent"
# A claim outlives the function that made it, which has 15 minutes: then another one may build.
CLAIM_S = 960
# An order that was given up is redriven within 14 days; that it was carried out is known as long.
RUN_KEPT_S = 30 * DAY_S


class ReportRecord(StoredRecord, frozen=True):
    """A day's report, being built or sent.

    `[start_s, end_s)` is what it was of: the location's time zone may have changed since. `folder`
    is where its files are, `lines_key` which of them has its lines, and `entries` how many these
    are. `told` is how many entries later reports told as corrections of it, `told_key` the file of
    what was told ("" where nothing was), and `attributions` how often what its entries were for was
    learned late, as far as that was told. Instants are seconds since 1970.
    """

    status: str
    claimed_until_s: int
    closed_at_s: int = 0
    start_s: int = 0
    end_s: int = 0
    folder: str = ""
    lines_key: str = ""
    entries: int = 0
    told_key: str = ""
    told: int = 0
    attributions: int = 0
    version: int = 0


class ReportRecords:
    """Reads and writes the records; every method takes the location and its mode."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def get(self, location_id: str, mode: str, days: Iterable[date]) -> dict[date, ReportRecord]:
        """Return the records of up to a hundred days, where there are any."""
        keys = {report_key(location_id, mode, day): day for day in days}
        found = self._table.get(*keys) if keys else {}
        return {
            keys[key]: read_record(ReportRecord, stored.body, version=stored.version)
            for key, stored in found.items()
        }

    def ask_for_mail(
        self,
        location_id: str,
        order: BuildReport,
        now_s: int,
        answer: FirstAnswer | None,
        audit: Put,
    ) -> None:
        """Order a day's report by mail, as it is now; the day stays open.

        The request's first answer and its audit entry are in the same transaction. Raises
        `WriteConflict` where the same request is being answered or was.
        """
        puts = [*message_puts([order], now_s), audit]
        if answer:
            puts.append(answer_put(location_id, answer))
        self._table.put(puts)

    def claim(
        self, location_id: str, mode: str, day: date, run: str, now_s: int
    ) -> ReportRecord | None:
        """Take a report to build it; `None` where it was sent.

        `run` is "" for the one that closes the day. Raises `Overtaken` while another one builds it:
        ask again later.
        """
        key = report_key(location_id, mode, day, run)
        stored = self._table.get(key).get(key)
        found = read_record(ReportRecord, stored.body, version=stored.version) if stored else None
        if found and found.status == SENT:
            return None
        if found and found.claimed_until_s > now_s:
            raise Overtaken("somebody else builds this report")
        claim = ReportRecord(BUILDING, now_s + CLAIM_S, version=found.version if found else 0)
        self.put(location_id, mode, day, run, claim)
        return replace(claim, version=claim.version + 1)

    def release(
        self, location_id: str, mode: str, day: date, run: str, claim: ReportRecord
    ) -> None:
        """Release a report that could not be built, so that the next attempt need not wait."""
        self.put(location_id, mode, day, run, replace(claim, claimed_until_s=0))

    def put(self, location_id: str, mode: str, day: date, run: str, record: ReportRecord) -> None:
        """Write a record over the version that it was read at; raises `WriteConflict`."""
        self._table.put([record_put(location_id, mode, day, record, run)])

    def put_all(self, location_id: str, mode: str, records: dict[date, ReportRecord]) -> None:
        """Write several records or none."""
        self._table.put([record_put(location_id, mode, day, each) for day, each in records.items()])


def record_put(location_id: str, mode: str, day: date, record: ReportRecord, run: str = "") -> Put:
    """Return the write of a record."""
    body = {
        "status": record.status,
        "claimed_until_s": record.claimed_until_s,
        "closed_at_s": record.closed_at_s,
        "start_s": record.start_s,
        "end_s": record.end_s,
        "folder": record.folder,
        "lines_key": record.lines_key,
        "entries": record.entries,
        "told_key": record.told_key,
        "told": record.told,
        "attributions": record.attributions,
        **record.newer,
    }
    key = report_key(location_id, mode, day, run)
    # A day stays closed; of what somebody asked for nothing is needed later.
    until_s = max(record.claimed_until_s, record.closed_at_s) + RUN_KEPT_S if run else None
    return Put(key, body, record.version, expires_at_s=until_s)


def report_key(location_id: str, mode: str, day: date, run: str = "") -> Key:
    """Return where the record of a day's report is, or of one that somebody asked for."""
    return Key(f"{location_id}#reports#{mode}", f"{day.isoformat()}#{run}" if run else f"{day}")
