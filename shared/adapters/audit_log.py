"""Who did what at a location: items that are written once, a month a list.

None is changed afterwards, except that a former address of a client is removed with their data.

    pk                      sk                                   listed
    <loc>#audit#<2026-11>   <2026-11-22T09:30:00Z>#<entry>       the same, newest first

An entry is written by `audit_put` in the transaction of the change it records; an action that
changes nothing in the table, such as fetching a report, is recorded by `record`.
"""

import secrets
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from shared.adapters.bookings_table import BookingsTable, Key, Put, place
from shared.adapters.month_lists import MonthList, Page, Span, month_end, month_of
from shared.config import Config
from shared.domain.locations.audit import AuditEntry, audit_to_dict

# Among an entry's ids: the address that a booking's client had before.
FORMER_EMAIL = "former_email"
# A page reads this many months at most, each once; a cursor continues from there.
MAX_MONTHS = 24


def audit_put(
    location_id: str, *, user_id: str, email: str, what: str, ids: Mapping[str, str] | None = None
) -> Put:
    """Return the write of an entry made now, for the transaction of the change it records."""
    now_s = int(time.time())
    entry = AuditEntry(f"au_{secrets.token_hex(8)}", now_s, user_id, email, what, ids or {})
    where = place(now_s, entry.entry_id)
    partition = _partition(location_id, where[:7])
    return Put(Key(partition, where), audit_to_dict(entry), listed=(partition, where))


def entry_place(entry: Put) -> str:
    """Return where an entry that is to be written will be, as `forget_address` takes it."""
    return entry.key.sk


class AuditLog:
    """The entries of all locations; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def record(self, entry: Put) -> None:
        """Write an entry alone; raises `AwsUnreachable`, and then nothing may be handed out."""
        self._table.put([entry])

    def list_entries(
        self, location_id: str, since_s: int, limit: int, after: str | None = None
    ) -> Page[dict[str, Any]]:
        """Return up to `limit` (100 at the most) entries since an instant's month, newest first.

        `after` is where an earlier page ended. The index follows the table within moments.
        """
        span = Span(month_of(since_s), month_end(int(time.time())), after)
        entries = MonthList(self._table, partial(_partition, location_id), dict[str, Any])
        return entries.read_page(span, limit, MAX_MONTHS)

    def forget_address(self, location_id: str, where: str) -> None:
        """Take a client's former address out of the entry at a place; repeating it is safe."""
        partition = _partition(location_id, where[:7])
        key = Key(partition, where)
        stored = self._table.get(key).get(key)
        if stored and FORMER_EMAIL in stored.body["ids"]:
            body = {**stored.body, "ids": {**stored.body["ids"], FORMER_EMAIL: "erased"}}
            self._table.put([Put(key, body, stored.version, listed=(partition, where))])


def _partition(location_id: str, month: str) -> str:
    return f"{location_id}#audit#{month}"
