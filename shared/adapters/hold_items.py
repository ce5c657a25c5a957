"""The item of a slot that waits for its payment, in the list of when each is looked at."""

from dataclasses import dataclass

from shared.adapters.bookings_table import Key, Put, place

# Index partitions of all slots that wait: enough that none is hot, few enough to look at each.
HOLD_SHARDS = 8


@dataclass(frozen=True, slots=True)
class Hold:
    """A slot that waits for its payment."""

    location_id: str
    booking_id: str


def hold_key(booking_id: str) -> Key:
    """Return the key of a booking's hold."""
    return Key(f"hold#{booking_id}", "hold")


def hold_put(hold: Hold, until_s: int) -> Put:
    """Return the write that has a hold looked at from `until_s` on (seconds since 1970)."""
    shard = sum(hold.booking_id.encode()) % HOLD_SHARDS
    body = {"location_id": hold.location_id, "booking_id": hold.booking_id}
    listed = (f"holds#{shard}", place(until_s, hold.booking_id))
    return Put(hold_key(hold.booking_id), body, version=None, listed=listed)
