"""Lists of bookings: newest first, a page at a time, with opaque cursors."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from shared.adapters.booking_store import BookingStore
from shared.domain.booking import Booking
from shared.domain.booking_payments import PAYMENT_STATUSES
from shared.domain.booking_view import staff_view
from shared.domain.errors import InvalidInput
from shared.domain.location import Location

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
# A filter that leaves out nearly all makes a page of this many looks at the index at the most;
# a cursor then leads on.
MAX_LOOKS = 20
MINUTE_S = 60
# Behind every place of a month, and before those of the next.
END_OF_MONTH = "-31T23:59:59Z~"
LIMIT = re.compile(r"[0-9]{1,3}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FIRST_YEAR, LAST_YEAR = 1970, 9998
PLACE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-\d\dT\d\d:\d\d:\d\dZ[#~]?\w{0,64}")


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What is asked for; `oldest` and `newest` bound the list's places, `after` is left out."""

    limit: int
    oldest: str
    newest: str
    payment_status: str | None
    after: str | None

    @classmethod
    def read(cls, location: Location, query: Mapping[str, str], now_s: int) -> Self:
        """Read the query; `from` and `to` are days of the location's on which a booking was made.

        Raises `InvalidInput`.
        """
        zone = ZoneInfo(location.timezone)
        status = query.get("payment_status")
        if status is not None and status not in PAYMENT_STATUSES:
            raise query_mistake("payment_status", "is not one of the contract's")
        first, last = _day(query, "from"), _day(query, "to")
        oldest = _place(datetime.fromtimestamp(location.created_at_s, UTC))
        newest = _place(datetime.fromtimestamp(now_s + MINUTE_S, UTC))
        if first:
            oldest = max(oldest, _midnight(first, zone))
        if last:
            newest = min(newest, _midnight(last + timedelta(days=1), zone))
        return cls(
            limit=read_limit(query.get("limit")),
            oldest=oldest,
            newest=newest,
            payment_status=status,
            after=_read_cursor(query.get("cursor")),
        )


def list_bookings(store: BookingStore, location: Location, query: ListQuery) -> dict[str, Any]:
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
    cursor = base64.urlsafe_b64encode(after.encode()).decode() if after else None
    return {"items": [staff_view(booking) for booking in found], "next_cursor": cursor}


def _read_cursor(cursor: str | None) -> str | None:
    """Return the place of the last item that was shown; it is no secret, and bounds one list."""
    if cursor is None:
        return None
    try:
        after = base64.urlsafe_b64decode(cursor.encode()).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise query_mistake("cursor", "is not one that this list gave out") from error
    if not PLACE.fullmatch(after):
        raise query_mistake("cursor", "is not one that this list gave out")
    return after


def read_limit(text: str | None) -> int:
    """Return the query's `limit`; raises `InvalidInput`."""
    if text is None:
        return DEFAULT_LIMIT
    if not LIMIT.fullmatch(text) or not 1 <= int(text) <= MAX_LIMIT:
        raise query_mistake("limit", f"is a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def _day(query: Mapping[str, str], name: str) -> date | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        # Python reads other forms too, such as 20261122 and 2026-W47-7.
        day = date.fromisoformat(text if DAY.fullmatch(text) else "")
    except ValueError as error:
        raise query_mistake(name, "is a day such as 2026-11-22") from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise query_mistake(name, f"is a day from {FIRST_YEAR} to {LAST_YEAR}")
    return day


def query_mistake(name: str, what: str) -> InvalidInput:
    """Return the refusal of one parameter of a query."""
    return InvalidInput(
        f"`{name}` {what}.", errors=[{"pointer": f"/query/{name}", "detail": f"{name} {what}"}]
    )


def _month_before(month: str) -> str:
    first = datetime.strptime(f"{month}-01", "%Y-%m-%d").replace(tzinfo=UTC)
    return f"{first - timedelta(days=1):%Y-%m}"


def _midnight(day: date, zone: ZoneInfo) -> str:
    return _place(datetime.combine(day, time(), zone))


def _place(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
