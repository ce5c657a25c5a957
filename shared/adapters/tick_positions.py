"""Where a tick that ran out of time goes on: a place in the list of all locations."""

from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put
from shared.config import Config


class TickPositions:
    """The positions of all ticks, each of a part of the list; `part` names it."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def get(self, tick: str, part: str) -> str:
        """Return the place after which to go on, "" to begin at the beginning."""
        key = _key(tick, part)
        stored = self._table.get(key).get(key)
        return str(stored.body["after"]) if stored else ""

    def put(self, tick: str, part: str, after: str) -> None:
        """Note that a tick's time was up right after a place."""
        self._table.put([Put(_key(tick, part), {"after": after}, version=None)])

    def forget(self, tick: str, part: str) -> None:
        """Note that a tick has come around."""
        self._table.put([Delete(_key(tick, part))])


def _key(tick: str, part: str) -> Key:
    return Key(f"tick#{tick}", part)
