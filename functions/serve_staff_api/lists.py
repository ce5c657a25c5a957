"""Lists of bookings: newest first, a page at a time, with opaque cursors."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field

from shared.adapters.booking_store import BookingStore
from shared.adapters.month_lists import is_place
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking
from shared.domain.dates.instants import MINUTE_S
from shared.domain.locations.location import Location
from shared.entrypoints.cursors import NOT_OURS, Cursor, PageQuery, cursor_of
from shared.entrypoints.field_types import Day
from shared.entrypoints.validation import rule


class BookingsQuery(PageQuery):
    """Which bookings are listed; `from` and `to` are days of the location's, both included."""

    cursor: Annotated[Cursor, rule(is_place, NOT_OURS)] | None = None
    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None
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


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed: bookings made in `[start_s, end_s)`, behind the cursor `after`."""

    limit: int
    start_s: int
    end_s: int
    payment_status: str | None
    after: str | None

    @classmethod
    def of(cls, location: Location, asked: BookingsQuery, now_s: int) -> Self:
        """Return what is asked for as instants: the days are those on which a booking was made."""
        zone = ZoneInfo(location.timezone)
        start_s, end_s = location.created_at_s, now_s + MINUTE_S
        if asked.first:
            start_s = max(start_s, _midnight(asked.first, zone))
        if asked.last:
            end_s = min(end_s, _midnight(asked.last + timedelta(days=1), zone))
        return cls(asked.limit, start_s, end_s, asked.payment_status, asked.cursor)

    def is_wanted(self, booking: Booking) -> bool:
        """Whether a booking has the payment status that is asked for."""
        return booking.payments().payment_status == self.payment_status


def list_bookings(store: BookingStore, location: Location, query: Listing) -> dict[str, Any]:
    """Return `{items, next_cursor}`: `limit` bookings, fewer where a filter leaves out many."""
    found = store.list_bookings(
        location.location_id,
        (query.start_s, query.end_s),
        query.limit,
        query.after,
        query.is_wanted if query.payment_status else None,
    )
    items = [staff_view(booking) for booking in found.items]
    return {"items": items, "next_cursor": cursor_of(found.after) if found.after else None}


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())
