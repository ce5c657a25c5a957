"""Where the ledger entries of a booking are: a place for each, written together with the entry."""

from collections.abc import Iterable, Sequence
from itertools import batched

from msgspec import Struct

from shared.adapters.bookings_table import BookingsTable, Key, Put
from shared.adapters.ledger_keys import AFTER_ALL, BEFORE_ALL, instant_key, location_mode, mode_of
from shared.config import Config
from shared.domain.ledger.entry import LedgerEntry

# DynamoDB takes a hundred items in a transaction.
PLACES_A_WRITE = 99
# Before every place: what an earlier release wrote has its places too.
COMPLETED = " completed"


class BookingPlacesFound(Struct, frozen=True):
    """The places of a booking's entries; `is_completed` once those of an earlier release are in."""

    places: Sequence[str]
    is_completed: bool


class BookingPlaces:
    """Lists a booking's places of the location's present mode, in the order of its entries.

    A place may lead to an entry that has become another booking's since.
    """

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def find(self, location_id: str, booking_id: str, limit: int) -> BookingPlacesFound:
        """Return up to `limit` places, the oldest first, as `instant_key` writes them."""
        mode = location_mode(self._table, location_id)
        partition = _partition(location_id, mode, booking_id)
        found = self._table.query_between(partition, BEFORE_ALL, AFTER_ALL, limit + 1)
        keys = [each.sk for each in found]
        places = [each for each in keys if each != COMPLETED]
        return BookingPlacesFound(places[:limit], is_completed=COMPLETED in keys)

    def complete(self, location_id: str, booking_id: str, entries: Iterable[LedgerEntry]) -> None:
        """Write the places of entries that an earlier release wrote without them, once for all."""
        mode = location_mode(self._table, location_id)
        for part in batched(place_puts(location_id, entries), PLACES_A_WRITE, strict=False):
            self._table.put(part)
        done = Key(_partition(location_id, mode, booking_id), COMPLETED)
        self._table.put([Put(done, {}, version=None)])


def place_puts(location_id: str, entries: Iterable[LedgerEntry]) -> list[Put]:
    """Return the writes of entries' places among those of their bookings; safe to repeat."""
    return [
        Put(
            Key(
                _partition(location_id, mode_of(entry.livemode), entry.booking_id),
                instant_key(entry.created_s, entry.balance_transaction),
            ),
            {},
            version=None,
        )
        for entry in entries
        if entry.booking_id
    ]


def _partition(location_id: str, mode: str, booking_id: str) -> str:
    return f"{location_id}#booking-entries#{mode}#{booking_id}"
