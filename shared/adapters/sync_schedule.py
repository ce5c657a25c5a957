"""What says when a location's ledger is to be synced: its mark as active, and orders under way.

Each item has one kind of writer: `activity` whoever sees that something happens, `ordered` the
ticks; how far the last sync came is written by the sync itself (`sync_state`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from shared.adapters.activity_marks import active_until_s, activity_key
from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put, Stored
from shared.adapters.ledger_keys import LIVE, TEST, LedgerAccount, position_key
from shared.adapters.report_records import SENT, report_key
from shared.config import Config
from shared.domain.ledger.sync_times import SyncTimes
from shared.domain.locations.location import Location
from shared.domain.reports.schedule import is_report_ordered

SYNC, REPORT = "sync", "report"


class SyncSchedule:
    """What the ticks ask and note, a page of locations at a time."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def read_times(self, locations: Iterable[Location]) -> dict[str, SyncTimes]:
        """Return what is known of the syncs of locations' present accounts, by location."""
        keys = {
            each.location_id: (
                position_key(account_of(each), "cursor"),
                activity_key(each.location_id),
                _ordered_key(each.location_id, SYNC),
            )
            for each in locations
        }
        found = self._table.get(*(key for three in keys.values() for key in three))
        return {
            each.location_id: _times(account_of(each), *map(found.get, keys[each.location_id]))
            for each in locations
        }

    def note_syncs(self, locations: Iterable[Location], now_s: int) -> None:
        """Note that syncs of locations' present accounts were ordered."""
        self._note(SYNC, {each.location_id: _named(account_of(each)) for each in locations}, now_s)

    def forget_sync(self, location_id: str) -> None:
        """Forget an order that ended without a sync: the next tick may order another."""
        self._table.put([Delete(_ordered_key(location_id, SYNC))])

    def without_reports(
        self, due: Sequence[tuple[Location, date]], now_s: int
    ) -> list[tuple[Location, date]]:
        """Return those of the reports, each of a day, that are neither sent nor on their way."""
        keys = {
            each.location_id: (
                report_key(each.location_id, each.mode, day),
                _ordered_key(each.location_id, REPORT),
            )
            for each, day in due
        }
        found = self._table.get(*(key for two in keys.values() for key in two)) if due else {}
        wanted = []
        for each, day in due:
            record, ordered = map(found.get, keys[each.location_id])
            if _is_sent(record):
                continue
            ordered_at_s = _ordered_at_s(ordered, day.isoformat())
            if not is_report_ordered(ordered_at_s, now_s):
                wanted.append((each, day))
        return wanted

    def unsent_reports(self, due: Sequence[tuple[Location, date]]) -> list[tuple[Location, date]]:
        """Return those of the reports, each of a day, that were ordered and are not sent.

        What was not ordered then may have become due since, by a setting: that no order was given
        is what the ticks' own failures tell. A location's mode may have changed since it was sent.
        """
        keys = {
            each.location_id: (
                _ordered_key(each.location_id, REPORT),
                *(report_key(each.location_id, mode, day) for mode in (LIVE, TEST)),
            )
            for each, day in due
        }
        found = self._table.get(*(key for three in keys.values() for key in three)) if due else {}
        unsent = []
        for each, day in due:
            ordered, *records = map(found.get, keys[each.location_id])
            was_ordered = _ordered_at_s(ordered, day.isoformat()) is not None
            if was_ordered and not any(map(_is_sent, records)):
                unsent.append((each, day))
        return unsent

    def note_reports(self, ordered: Iterable[tuple[Location, date]], now_s: int) -> None:
        """Note that reports were ordered."""
        self._note(REPORT, {each.location_id: day.isoformat() for each, day in ordered}, now_s)

    def _note(self, kind: str, names: Mapping[str, str], now_s: int) -> None:
        self._table.put_each(
            [
                Put(_ordered_key(location_id, kind), {"name": name, "at_s": now_s}, version=None)
                for location_id, name in names.items()
            ]
        )


def account_of(location: Location) -> LedgerAccount:
    """Return a location's present account, as the ledger's items are found by it."""
    return LedgerAccount(location.location_id, location.mode, location.stripe_account_id)


def _is_sent(record: Stored | None) -> bool:
    return record is not None and record.body["status"] == SENT


def _ordered_key(location_id: str, kind: str) -> Key:
    return Key(f"{location_id}#ordered", kind)


def _ordered_at_s(stored: Stored | None, name: str) -> int | None:
    """Return when this was ordered; an order of another account, or day, is none of it."""
    return int(stored.body["at_s"]) if stored and stored.body["name"] == name else None


def _named(account: LedgerAccount) -> str:
    return f"{account.mode}#{account.account_id}"


def _times(
    account: LedgerAccount, cursor: Stored | None, activity: Stored | None, ordered: Stored | None
) -> SyncTimes:
    return SyncTimes(
        synced_until_s=int(cursor.body["synced_until_s"]) if cursor else None,
        # A sync of an earlier release does not say.
        is_open=bool(cursor.body.get("is_open", True)) if cursor else True,
        active_until_s=active_until_s(activity),
        ordered_at_s=_ordered_at_s(ordered, _named(account)),
    )
