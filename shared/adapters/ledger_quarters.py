"""UTC days of the ledger added up by quarters of an hour, written together with their entries."""

import contextlib
from collections.abc import Iterable
from typing import Any

from shared.adapters.bookings_table import BookingsTable, Key, Put, Stored
from shared.adapters.ledger_keys import location_mode
from shared.config import Config
from shared.domain.errors import WriteConflict
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.quarter_sums import with_entries

# What one reading takes: two years of them, and the days at their ends.
MAX_DAYS = 800


class LedgerQuarters:
    """The sums of the location's present mode; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def get(self, location_id: str, first_day: str, last_day: str) -> dict[str, Stored]:
        """Return the sums of the UTC days that have any, both ends included, by day."""
        mode = location_mode(self._table, location_id)
        partition = quarters_key(location_id, mode, "").pk
        found = self._table.query_between(partition, first_day, last_day, MAX_DAYS)
        return {each.sk: each.stored for each in found}

    def put(
        self, location_id: str, day: str, entries: Iterable[LedgerEntry], before: Stored | None
    ) -> dict[str, Any]:
        """Add a day's entries up and return the sums.

        They are written in the place of `before`, unless that has changed meanwhile.
        """
        mode = location_mode(self._table, location_id)
        sums = with_entries({}, entries)
        made = Put(quarters_key(location_id, mode, day), sums, before.version if before else 0)
        with contextlib.suppress(WriteConflict):
            # Somebody else has written more of it meanwhile: the next reading completes it.
            self._table.put([made])
        return sums


def quarters_key(location_id: str, mode: str, day: str) -> Key:
    """Return where the sums of a UTC day's quarters are."""
    return Key(f"{location_id}#ledger-quarters#{mode}", day)


def quarters_put(key: Key, stored: Stored | None, new: Iterable[LedgerEntry]) -> Put:
    """Return the write of a UTC day's sums with more entries."""
    sums = with_entries(stored.body if stored else {}, new)
    return Put(key, sums, stored.version if stored else 0)
