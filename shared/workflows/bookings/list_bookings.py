"""Bookings that staff list: filtered, searched, by when they were made or by when they begin.

Where few bookings can match (a search, another system's id), those are read and put in order. Else
the list is read in its order, and what a filter leaves out is passed over.
"""

from collections.abc import Iterable

from msgspec import Struct

from shared.adapters.booking_lists import BookingLists, Entry, Wanted, place_in_list
from shared.adapters.month_lists import Page
from shared.adapters.search_index import SearchIndex
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.search_words import Search


class Filter(Struct, frozen=True):
    """What is asked of every booking that is listed; `None` asks nothing.

    `made` and `visit` are `[start_s, end_s)`; the others are the booking's own.
    """

    made: tuple[int, int] | None = None
    visit: tuple[int, int] | None = None
    status: str | None = None
    payment_status: str | None = None
    employee_id: str | None = None
    service_id: str | None = None
    external_id: str | None = None
    search: Search | None = None

    def allows(self, booking: Booking) -> bool:
        """Whether a booking is listed."""
        named = (
            (self.status, booking.status),
            (self.employee_id, booking.employee_id),
            (self.service_id, booking.service_id),
            (self.external_id, booking.external_id),
        )
        return (
            all(asked in (None, own) for asked, own in named)
            and _is_within(booking.created_at_s, self.made)
            and _is_within(booking.starts_at_s, self.visit)
            and (self.search is None or self.search.matches(booking))
            and self.payment_status in (None, booking.payments().payment_status)
        )

    def may_allow(self, entry: Entry) -> bool:
        """Whether the booking of an entry may be listed, before it is read."""
        named = ((self.employee_id, entry.employee_id), (self.service_id, entry.service_id))
        return all(asked in (None, own) for asked, own in named)


class Listing(Struct, frozen=True):
    """A page of a list: `limit` bookings in one order, behind the place `after`.

    `bounds` are those of the order, `[start_s, end_s)`.
    """

    is_by_visit: bool
    bounds: tuple[int, int]
    filter: Filter
    limit: int
    after: str | None = None


def list_bookings(
    location_id: str, listing: Listing, lists: BookingLists, index: SearchIndex
) -> Page[Booking]:
    """Return a page: by visit the earliest first, else the booking made last.

    With a filter that lets few through, a page may have fewer than `limit` and still not be the
    last.
    """
    asked = listing.filter
    known: Iterable[str] | None = None
    if asked.external_id is not None:
        booking_id = index.find_external(location_id, asked.external_id)
        known = [booking_id] if booking_id else []
    elif asked.search is not None:
        known = index.find_ids(location_id, asked.search)
    if known is not None:
        return _page(lists.get_bookings(location_id, known), listing)
    wanted = Wanted(
        listing.is_by_visit,
        listing.bounds,
        listing.after,
        asked.may_allow if asked.employee_id or asked.service_id else None,
        asked.allows if asked != Filter() else None,
    )
    return lists.read_page(location_id, wanted, listing.limit)


def _page(bookings: Iterable[Booking], listing: Listing) -> Page[Booking]:
    """Return one page of some bookings."""
    places = {
        place: each
        for each in bookings
        if (place := place_in_list(each, is_by_visit=listing.is_by_visit))
        and _is_within(_at_s(each, listing), listing.bounds)
        and listing.filter.allows(each)
    }
    ordered = sorted(places, reverse=not listing.is_by_visit)
    after = listing.after
    if after is not None:
        ordered = [
            each for each in ordered if (each > after if listing.is_by_visit else each < after)
        ]
    shown = ordered[: listing.limit]
    is_last = len(ordered) <= listing.limit
    return Page([places[each] for each in shown], None if is_last else shown[-1])


def _at_s(booking: Booking, listing: Listing) -> int | None:
    return booking.starts_at_s if listing.is_by_visit else booking.created_at_s


def _is_within(at_s: int | None, bounds: tuple[int, int] | None) -> bool:
    return bounds is None or (at_s is not None and bounds[0] <= at_s < bounds[1])
