"""When bookings' visits begin, read many at a time."""

from collections.abc import Iterable, Iterator
from itertools import batched

from shared.adapters.booking_items import booking_key
from shared.adapters.bookings_table import BookingsTable
from shared.config import Config
from shared.domain.ledger.entry import LedgerEntry

# DynamoDB's limit of one call.
MAX_KEYS = 100


class VisitTimes:
    """Looks up visits of one location, each booking once."""

    def __init__(self, config: Config, location_id: str) -> None:
        self._table = BookingsTable(config)
        self._location_id = location_id
        self._known: dict[str, int | None] = {}

    def beside(self, entries: Iterable[LedgerEntry]) -> Iterator[tuple[LedgerEntry, int | None]]:
        """Yield each entry with its booking's start in seconds; `None` if there is none."""
        for part in batched(entries, MAX_KEYS, strict=False):
            self._look_up({each.booking_id for each in part if each.booking_id})
            for entry in part:
                yield entry, self._known.get(entry.booking_id or "")

    def _look_up(self, booking_ids: set[str]) -> None:
        wanted = {booking_key(self._location_id, each): each for each in booking_ids}
        missing = [key for key, each in wanted.items() if each not in self._known]
        found = self._table.get(*missing) if missing else {}
        for key in missing:
            body = found[key].body if key in found else {}
            self._known[wanted[key]] = body.get("starts_at_s")
