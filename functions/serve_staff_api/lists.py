"""Lists of bookings: newest first, a page at a time, with opaque cursors."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field

from shared.adapters.booking_store import BookingStore
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking
from shared.domain.dates.instants import MINUTE_S
from shared.domain.locations.location import Location
from shared.entrypoints.cursors import MAX_LIMIT, NOT_OURS, Cursor, PageQuery, cursor_of
from shared.entrypoints.field_types import Day
from shared.entrypoints.validation import rule

# A filter that leaves out nearly all makes a page of this many looks at the index at the most;
# a cursor then leads on.
MAX_LOOKS = 20
# Behind every place of a month, and before those of the next.
END_OF_MONTH = "-31T23:59:59Z~"
PLACE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-\d\dT\d\d:\d\d:\d\dZ[#~]?\w{0,64}", re.ASCII)


class BookingsQuery(PageQuery):
    """Which bookings are listed; `from` and `to` are days of the location's, both included."""

    cursor: (
        Annotated[Cursor, rule(lambda place: PLACE.fullmatch(place) is not None, NOT_OURS)] | None
    ) = None
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
    """What is listed; `oldest` and `newest` bound the list's places, `after` is left out."""

    limit: int
    oldest: str
    newest: str
    payment_status: str | None
    after: str | None

    @classmethod
    def of(cls, location: Location, asked: BookingsQuery, now_s: int) -> Self:
        """Return what is asked for as places: the days are those on which a booking was made."""
        zone = ZoneInfo(location.timezone)
        oldest = _place(datetime.fromtimestamp(location.created_at_s, UTC))
        newest = _place(datetime.fromtimestamp(now_s + MINUTE_S, UTC))
        if asked.first:
            oldest = max(oldest, _midnight(asked.first, zone))
        if asked.last:
            newest = min(newest, _midnight(asked.last + timedelta(days=1), zone))
        return cls(asked.limit, oldest, newest, asked.payment_status, asked.cursor)


def list_bookings(store: BookingStore, location: Location, query: Listing) -> dict[str, Any]:
    """Return `{items, next_cursor}`: `limit` bookings, fewer where a filter leaves out many."""
    found: list[Booking] = []
    newest = min(query.after or query.newest, query.newest)
    last_seen: str | None = None
    month = newest[:7]
    for _ in range(MAX_LOOKS):
        # DynamoDB refuses bounds that are the wrong way round.
        if newest < query.oldest:
            return _page(found, None)
        wanted = MAX_LIMIT if query.payment_status else query.limit + 2 - len(found)
        part = store.list_bookings(
            location.location_id, month, query.oldest, newest, min(wanted, MAX_LIMIT)
        )
        for place, booking in part:
            if place in (query.after, last_seen):
                continue
            if query.payment_status not in (None, booking.payments().payment_status):
                last_seen = place
                continue
            if len(found) == query.limit:
                return _page(found, last_seen)
            found.append(booking)
            last_seen = place
        if len(part) < min(wanted, MAX_LIMIT):
            month = _month_before(month)
            newest = last_seen = f"{month}{END_OF_MONTH}"
        else:
            newest = part[-1][0]
    return _page(found, last_seen)


def _page(found: list[Booking], after: str | None) -> dict[str, Any]:
    items = [staff_view(booking) for booking in found]
    return {"items": items, "next_cursor": cursor_of(after) if after else None}


def _month_before(month: str) -> str:
    first = datetime.strptime(f"{month}-01", "%Y-%m-%d").replace(tzinfo=UTC)
    return f"{first - timedelta(days=1):%Y-%m}"


def _midnight(day: date, zone: ZoneInfo) -> str:
    return _place(datetime.combine(day, time(), zone))


def _place(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
