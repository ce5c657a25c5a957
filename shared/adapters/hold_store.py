"""Holds: the slots that wait for their payment, listed by when each is to be looked at."""

from collections.abc import Iterator

from msgspec import Struct

from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put, place
from shared.adapters.oldest_first import rounds_of
from shared.config import Config

# Index partitions of all holds: enough that none is hot, few enough to read each.
HOLD_SHARDS = 8


class Hold(Struct, frozen=True):
    """A slot that waits for its payment."""

    location_id: str
    booking_id: str


def hold_key(booking_id: str) -> Key:
    """Return the key of a booking's hold."""
    return Key(f"hold#{booking_id}", "hold")


def hold_put(hold: Hold, until_s: int) -> Put:
    """Return the write that lists a hold for `until_s` (seconds since 1970)."""
    shard = sum(hold.booking_id.encode()) % HOLD_SHARDS
    body = {"location_id": hold.location_id, "booking_id": hold.booking_id}
    listed = (f"holds#{shard}", place(until_s, hold.booking_id))
    return Put(hold_key(hold.booking_id), body, version=None, listed=listed)


class HoldStore:
    """The holds of all locations."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def forget(self, hold: Hold) -> None:
        """Remove a hold whose booking no longer waits."""
        self._table.put([Delete(hold_key(hold.booking_id))])

    def postpone(self, hold: Hold, until_s: int) -> None:
        """Have a hold found again at `until_s` (seconds since 1970), and not before."""
        self._table.put([hold_put(hold, until_s)])

    def find_expired(self, now_s: int, limit: int) -> Iterator[list[Hold]]:
        """Yield rounds of holds whose time was up before `now_s`, oldest first.

        A round has up to `limit` holds from each shard, and is read when it is asked for.
        """
        shards = [f"holds#{shard}" for shard in range(HOLD_SHARDS)]
        for found in rounds_of(self._table, shards, place(now_s, ""), limit):
            yield [Hold(item.body["location_id"], item.body["booking_id"]) for item in found]
