"""Words by which bookings are found: an item for each word of a booking's client.

    pk              sk                    body
    <loc>#search    <word> <booking>      {}

They are written with the booking, where its client's words change, and gone with erasure: a word
is the client's personal data. What matches is decided from the bookings themselves.
"""

from shared.adapters.booking_items import booking_key
from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.search_words import Search, search_words

# So many bookings are looked at for one search. Where more begin so, the list itself is searched.
MAX_FOUND = 300
# An item has a word of a hundred characters at most, and an id.
_BEHIND = "\U0010ffff"


def external_key(location_id: str, external_id: str) -> Key:
    """Return where another system's id leads to a booking."""
    return Key(f"{location_id}#external#{external_id}", "external")


def search_writes(before: Booking | None, after: Booking) -> list[Put | Delete]:
    """Return the writes of the words that a booking is found by, where they change."""
    old, new = search_words(before.client if before else None), search_words(after.client)
    puts = [Put(_key(after, word), {}, version=None) for word in sorted(new - old)]
    return [*puts, *(Delete(_key(after, word)) for word in sorted(old - new))]


class SearchIndex:
    """The words of all locations; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def find_ids(self, location_id: str, search: Search) -> frozenset[str] | None:
        """Return the bookings that may match, among them all that do; `None` if there are too many.

        In one call, and one for each of up to four beginnings.
        """
        found = set(self._named(location_id, search.text))
        for beginning in sorted(search.beginnings()):
            entries = self._table.query_between(
                f"{location_id}#search",
                beginning,
                f"{beginning}{_BEHIND}",
                MAX_FOUND + 1,
                page_items=MAX_FOUND + 1,
            )
            if len(entries) > MAX_FOUND:
                return None
            found |= {each.sk.rpartition(" ")[2] for each in entries}
        return frozenset(found)

    def find_external(self, location_id: str, external_id: str) -> str | None:
        """Return the booking that another system calls so, or `None`."""
        key = external_key(location_id, external_id)
        stored = self._table.get(key).get(key)
        return str(stored.body["booking_id"]) if stored else None

    def _named(self, location_id: str, text: str) -> set[str]:
        own, foreign = booking_key(location_id, text), external_key(location_id, text)
        found = self._table.get(own, foreign)
        return {str(stored.body["booking_id"]) for stored in found.values()}


def _key(booking: Booking, word: str) -> Key:
    return Key(f"{booking.location_id}#search", f"{word} {booking.booking_id}")
