"""The list of what staff have to look at, newest first.

Whoever changes what an entry is about writes the entry with it (`booking_items.action_write`).
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from shared.adapters.booking_items import (
    action_partition,
    action_write,
    booking_asked_about,
)
from shared.adapters.bookings_table import (
    BookingsTable,
    Delete,
    Put,
    place,
)
from shared.config import Config

# Around every place of a list, which begins with a year.
BEFORE_ALL, BEHIND_ALL = "0", "~"


class NeededActionStore:
    """The lists of all locations; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def list_needed_actions(
        self, location_id: str, limit: int, newest: str = ""
    ) -> list[dict[str, Any]]:
        """Return up to `limit` things that staff have to look at, the newest first.

        Each is `{about, booking_id, at_s, actions, place}`: a charge, a booking or an event, and
        what it needs; `booking_id` is `None` if it is not a booking. `newest` bounds the places
        and is included.
        """
        return list(islice(self.iterate_needed_actions(location_id, newest), limit))

    def count_needed_actions(self, location_id: str, most: int) -> int:
        """Return how many things there are to look at, `most` where there are more."""
        return self._table.count_listed(action_partition(location_id), most)

    def iterate_needed_actions(
        self, location_id: str, newest: str = ""
    ) -> Iterator[dict[str, Any]]:
        """Yield everything that staff have to look at, newest first, as above."""
        partition = action_partition(location_id)
        for item in self._table.iterate_listed(partition, BEFORE_ALL, newest or BEHIND_ALL):
            booking_id = booking_asked_about(item.body["about"])
            yield {**item.body, "booking_id": booking_id, "place": item.place}

    def settle_listed(self, location_id: str, about: str, action_id: str, audit: Put) -> bool:
        """Take an action that is not a booking's off the list; false if it is not there.

        The next change of what it is about may list it again. Raises `WriteConflict`.
        """
        key = action_write(location_id, about, (), 0).key
        stored = self._table.get(key).get(key)
        listed = stored.body["actions"] if stored else []
        left = [each for each in listed if each.get("action_id") != action_id]
        if stored is None or len(left) == len(listed):
            return False
        write: Put | Delete = Delete(key)
        if left:
            where = (action_partition(location_id), place(stored.body["at_s"], about))
            write = Put(key, {**stored.body, "actions": left}, stored.version, listed=where)
        self._table.put([write, audit])
        return True
