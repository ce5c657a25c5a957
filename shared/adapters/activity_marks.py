"""Marks of locations that something happens at: until when it may have consequences at Stripe.

A location is marked once a day at the most, and by whoever sees it first: a webhook, an open page
of Stripe's, a refund or charge of ours, a sync.
"""

from shared.adapters.bookings_table import BookingsTable, Key, Put, Stored
from shared.domain.ledger.sync_times import MARKED_FOR_S, mark_until_s

# Locations whose marks an execution environment remembers.
MAX_REMEMBERED = 5_000


class ActivityMarks:
    """Marks locations as active; remembers until when, so that most calls read nothing."""

    def __init__(self, table: BookingsTable) -> None:
        self._table = table
        self._until_s: dict[str, int] = {}

    def note(self, location_id: str, now_s: int) -> None:
        """Mark a location, for something is asked of Stripe that may have consequences.

        Not in the transaction of what it is for: of many at the same moment none waits for it.
        """
        if mark_until_s(self._until_s.get(location_id, 0), now_s) is None:
            return
        key = activity_key(location_id)
        until_s = active_until_s(self._table.get(key).get(key))
        marked_s = mark_until_s(until_s, now_s)
        if marked_s:
            self._table.put([activity_put(location_id, marked_s)])
        if len(self._until_s) >= MAX_REMEMBERED:
            self._until_s.clear()
        # The first sync, which comes, marks it for as long.
        self._until_s[location_id] = marked_s or until_s or now_s + MARKED_FOR_S


def activity_key(location_id: str) -> Key:
    """Return where it stands until when a location is active."""
    return Key(f"{location_id}#activity", "activity")


def active_until_s(stored: Stored | None) -> int | None:
    """Return what stands there, in seconds since 1970."""
    return int(stored.body["until_s"]) if stored else None


def activity_put(location_id: str, until_s: int) -> Put:
    """Return the write of a location's mark; whoever writes it writes much the same."""
    return Put(activity_key(location_id), {"until_s": until_s}, version=None)
