"""Lists of bookings: a page at a time, with opaque cursors."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from shared import environment
from shared.adapters.booking_lists import BookingLists
from shared.adapters.month_lists import is_place
from shared.adapters.search_index import SearchIndex
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.search_words import Search
from shared.domain.calendar.opening import day_interval
from shared.domain.locations.location import Location
from shared.entrypoints.cursors import PageQuery, bound_cursor, place_after
from shared.entrypoints.field_types import Day, ForeignId, Id, OneLine
from shared.entrypoints.query_strings import QueryString
from shared.entrypoints.validation import read_query
from shared.workflows.bookings.list_bookings import Filter, Listing, list_bookings

MAX_SEARCH_CHARS = 200
# Instants from 1970 to the end of 9998: of days, no other can be written.
EVER = (0, 253_370_764_800)


class BookingsQuery(PageQuery):
    """Which bookings are listed; days are the location's, and both are included.

    `from` and `to` are days on which bookings were made, `visit_from` and `visit_to` those of
    visits.
    """

    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None
    visit_from: Day | None = None
    visit_to: Day | None = None
    sort: Literal["created", "visit"] | None = None
    status: (
        Literal[
            "awaiting_payment",
            "awaiting_confirmation",
            "confirmed",
            "expired",
            "cancelled",
            "no_show",
            "completed",
        ]
        | None
    ) = None
    payment_status: (
        Literal[
            "not_required",
            "unpaid",
            "card_saved",
            "authorized",
            "paid",
            "partially_refunded",
            "refunded",
            "disputed",
            "failed",
        ]
        | None
    ) = None
    employee_id: Id | None = None
    service_id: Id | None = None
    external_id: ForeignId | None = None
    q: (
        Annotated[
            str,
            StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_SEARCH_CHARS),
            OneLine,
        ]
        | None
    ) = None


def answer_list(location: Location, query: QueryString) -> dict[str, Any]:
    """Return `{items, next_cursor}`: `limit` bookings, fewer where a filter leaves out many."""
    asked = read_query(BookingsQuery, query)
    after = place_after(asked.cursor, query, is_place)
    listing = _listing(location, asked, after)
    lists, index = environment.get(BookingLists), environment.get(SearchIndex)
    found = list_bookings(location.location_id, listing, lists, index)
    items = [staff_view(booking) for booking in found.items]
    return {"items": items, "next_cursor": found.after and bound_cursor(found.after, query)}


def _listing(location: Location, asked: BookingsQuery, after: str | None) -> Listing:
    made = _bounds(location, asked.first, asked.last)
    visit = _bounds(location, asked.visit_from, asked.visit_to)
    # Whoever asks for days of visits wants them in their order.
    is_by_visit = asked.sort == "visit" or (asked.sort is None and visit is not None)
    wanted = Filter(
        made=made if is_by_visit else None,
        visit=None if is_by_visit else visit,
        status=asked.status,
        payment_status=asked.payment_status,
        employee_id=asked.employee_id,
        service_id=asked.service_id,
        external_id=asked.external_id,
        search=Search.of(asked.q) if asked.q else None,
    )
    bounds = visit if is_by_visit else made
    return Listing(is_by_visit, bounds or EVER, wanted, asked.limit, after)


def _bounds(location: Location, first: date | None, last: date | None) -> tuple[int, int] | None:
    """Return local days, both included, as instants `[start_s, end_s)`; `None` without any."""
    if first is None and last is None:
        return None
    start_s = day_interval(first, location.timezone).start_s if first else EVER[0]
    end_s = day_interval(last, location.timezone).end_s if last else EVER[1]
    return max(start_s, EVER[0]), end_s
