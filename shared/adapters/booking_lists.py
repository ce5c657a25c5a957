"""A location's bookings in two orders: by when they were made, and by when their visits begin.

A booking has an entry in each order, written with the booking where it changes:

    pk               sk                      body
    <loc>#made       <instant>#<booking>     {"employee_id", "service_id"}, those that it has
    <loc>#visits     <instant>#<booking>     the same; only of a booking with a start

A page reads entries first, and of the bookings only those whose entry may be wanted.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import batched

from msgspec import Struct

from shared.adapters.booking_items import booking_key
from shared.adapters.bookings_table import BookingsTable, Delete, Found, Key, Put, place
from shared.adapters.month_lists import Page, instant_place, month_before, month_of
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict

# Bookings are read so many at a time, and for one page at most so many times.
READ_AT_ONCE, MAX_READS = 100, 20
# Entries that one call gives: 200 bytes each, far below DynamoDB's 1 MB.
ENTRIES_AT_ONCE = 1000


class Entry(Struct, frozen=True):
    """A booking in a list; `place` is `2026-11-22T09:30:00Z#bk_1`."""

    place: str
    employee_id: str | None = None
    service_id: str | None = None

    @property
    def booking_id(self) -> str:
        """Whose entry it is."""
        return self.place.partition("#")[2]


class Wanted(Struct, frozen=True):
    """Which bookings a page has: in one order those of `[start_s, end_s)`, behind `after`.

    By visit the earliest comes first, else the booking made last.
    """

    is_by_visit: bool
    bounds: tuple[int, int]
    after: str | None = None
    is_entry_wanted: Callable[[Entry], bool] | None = None
    is_wanted: Callable[[Booking], bool] | None = None

    @property
    def has_filter(self) -> bool:
        """Whether some bookings within the bounds may be left out."""
        return self.is_entry_wanted is not None or self.is_wanted is not None


def place_in_list(booking: Booking, *, is_by_visit: bool) -> str | None:
    """Return a booking's place in one of the orders; `None` by visit without a start."""
    at_s = booking.starts_at_s if is_by_visit else booking.created_at_s
    return None if at_s is None else place(at_s, booking.booking_id)


def list_writes(before: Booking | None, after: Booking) -> list[Put | Delete]:
    """Return the writes of a booking's entries, where they change."""
    old, new = _entries(before) if before else {}, _entries(after)
    puts = [Put(key, body, version=None) for key, body in new.items() if old.get(key) != body]
    return [*puts, *(Delete(key) for key in old if key not in new)]


def _entries(booking: Booking) -> dict[Key, dict[str, str]]:
    named = {"employee_id": booking.employee_id, "service_id": booking.service_id}
    body = {name: value for name, value in named.items() if value}
    places = {
        _partition(booking.location_id, is_by_visit=is_by_visit): place_in_list(
            booking, is_by_visit=is_by_visit
        )
        for is_by_visit in (False, True)
    }
    return {Key(partition, sk): body for partition, sk in places.items() if sk}


class BookingLists:
    """The lists of all locations; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def read_page(self, location_id: str, wanted: Wanted, limit: int) -> Page[Booking]:
        """Return up to `limit` bookings; where a filter lets few through, perhaps fewer.

        It may have fewer and still not be the last: the last one's `after` is `None`.
        """
        found: list[Booking] = []
        after = wanted.after
        for _ in range(MAX_READS):
            size = READ_AT_ONCE if wanted.has_filter else limit - len(found)
            entries = self._read_entries(location_id, wanted, after, size + 1)
            for entry, booking in self._with_bookings(location_id, entries[:size], wanted):
                if booking is not None:
                    if len(found) == limit:
                        return Page(found, after)
                    found.append(booking)
                after = entry.place
            if len(entries) <= size:
                return Page(found)
            if len(found) == limit and not wanted.has_filter:
                break
        return Page(found, after)

    def read_visits(self, location_id: str, bounds: tuple[int, int], limit: int) -> list[Entry]:
        """Return up to `limit` entries of visits that begin in `[start_s, end_s)`, in order."""
        return self._read_entries(location_id, Wanted(is_by_visit=True, bounds=bounds), None, limit)

    def get_bookings(self, location_id: str, booking_ids: Iterable[str]) -> Iterator[Booking]:
        """Yield those of the bookings that are there, a hundred with each call, in no order."""
        for part in batched(booking_ids, READ_AT_ONCE, strict=False):
            keys = [booking_key(location_id, booking_id) for booking_id in part]
            yield from (booking_from_dict(each.body) for each in self._table.get(*keys).values())

    def iterate_made(
        self, location_id: str, until_s: int, months: int, limit: int
    ) -> Iterator[Booking]:
        """Yield up to `limit` bookings made in the last `months` UTC months, newest first."""
        first = month_of(until_s)
        for _ in range(months - 1):
            first = month_before(first)
        last = f"{instant_place(until_s)}~"
        partition = _partition(location_id, is_by_visit=False)
        for start in range(0, limit, READ_AT_ONCE):
            size = min(READ_AT_ONCE, limit - start)
            found = self._table.query_between(partition, f"{first}-", last, size, backwards=True)
            entries = [_entry(each) for each in found]
            by_id = self._by_id(location_id, entries)
            yield from (by_id[each.booking_id] for each in entries if each.booking_id in by_id)
            if len(found) < size:
                return
            last = _right_before(found[-1].sk)

    def _read_entries(
        self, location_id: str, wanted: Wanted, after: str | None, limit: int
    ) -> list[Entry]:
        first, last = map(instant_place, wanted.bounds)
        if after and wanted.is_by_visit:
            # Right behind it: no id has a character that sorts before the space.
            first = max(first, f"{after} ")
        elif after:
            last = min(last, _right_before(after))
        # DynamoDB refuses bounds that are the wrong way round.
        if last <= first:
            return []
        found = self._table.query_between(
            _partition(location_id, is_by_visit=wanted.is_by_visit),
            first,
            last,
            limit,
            backwards=not wanted.is_by_visit,
            page_items=ENTRIES_AT_ONCE,
        )
        return [_entry(each) for each in found]

    def _with_bookings(
        self, location_id: str, entries: Sequence[Entry], wanted: Wanted
    ) -> Iterator[tuple[Entry, Booking | None]]:
        """Give each entry with its booking, if that is wanted."""
        may_be = wanted.is_entry_wanted
        read = [each for each in entries if may_be is None or may_be(each)]
        by_id = self._by_id(location_id, read)
        for entry in entries:
            booking = by_id.get(entry.booking_id)
            is_wanted = wanted.is_wanted is None or (booking and wanted.is_wanted(booking))
            yield entry, booking if is_wanted else None

    def _by_id(self, location_id: str, entries: Iterable[Entry]) -> dict[str, Booking]:
        ids = [each.booking_id for each in entries]
        return {each.booking_id: each for each in self.get_bookings(location_id, ids)}


def _partition(location_id: str, *, is_by_visit: bool) -> str:
    return f"{location_id}#visits" if is_by_visit else f"{location_id}#made"


def _entry(found: Found) -> Entry:
    body = found.stored.body
    return Entry(found.sk, body.get("employee_id"), body.get("service_id"))


def _right_before(listed: str) -> str:
    """Return a bound that leaves out a place, and nothing that comes before it."""
    return f"{listed[:-1]}{chr(ord(listed[-1]) - 1)}~"
