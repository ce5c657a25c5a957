"""Lists that have a partition of the index for each month of UTC, newest first.

Each item is listed at `place(at_s, id)`, which begins with its month: `2026-11-22T09:30:00Z#bk_1`.
A place is also where one page ends and the next begins. Callers treat it as opaque (`is_place`).
"""

import re
from collections.abc import Callable
from copy import replace
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from shared.adapters.bookings_table import BookingsTable, Listed

PAGE_ITEMS = 100
# After every place of a month, and before those of the next.
_END_OF_MONTH = "-31T23:59:59Z~"
_PLACE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-\d\dT\d\d:\d\d:\d\dZ[#~]?\w{0,64}", re.ASCII)


class Page[Item](Struct, frozen=True):
    """Items of a list, and the place after which the next page begins; `None` at the end."""

    items: list[Item]
    after: str | None = None


class Span(Struct, frozen=True):
    """The places of a list that are looked at: `oldest` and `newest` included, `after` not."""

    oldest: str
    newest: str
    after: str | None = None


class MonthList[Item]:
    """One list: `partition_of` names a month's partition, `read` an item from its stored body."""

    def __init__(
        self,
        table: BookingsTable,
        partition_of: Callable[[str], str],
        read: Callable[[dict[str, Any]], Item],
    ) -> None:
        self._table, self._partition_of, self._read_item = table, partition_of, read

    def read_page(
        self,
        span: Span,
        limit: int,
        max_reads: int,
        is_wanted: Callable[[Item], bool] | None = None,
    ) -> Page[Item]:
        """Return up to `limit` items: fewer at the end, or when `max_reads` reads found no more.

        `limit` is 100 at the most. Raises `AwsUnreachable`.
        """
        found: list[Item] = []
        last_seen: str | None = None
        newest = min(span.after or span.newest, span.newest)
        for _ in range(max_reads):
            # DynamoDB refuses bounds that are the wrong way round.
            if newest < span.oldest:
                return Page(found)
            # One more than is returned, to know of a next page, and one for the place of `after`.
            most = PAGE_ITEMS if is_wanted else min(limit + 2 - len(found), PAGE_ITEMS)
            part = self._read(replace(span, newest=newest), most)
            for listed in part:
                if listed.place in (span.after, last_seen):
                    continue
                item = self._read_item(listed.body)
                if is_wanted is None or is_wanted(item):
                    if len(found) == limit:
                        return Page(found, last_seen)
                    found.append(item)
                last_seen = listed.place
            if len(part) < most:
                newest = last_seen = f"{month_before(newest[:7])}{_END_OF_MONTH}"
            else:
                newest = part[-1].place
        return Page(found, None if newest < span.oldest else last_seen)

    def _read(self, span: Span, limit: int) -> list[Listed]:
        partition = self._partition_of(span.newest[:7])
        return self._table.list_page(partition, span.oldest, span.newest, limit)


def is_place(text: str) -> bool:
    """Whether a text can be a place of such a list, and so the `after` of a page."""
    return _PLACE.fullmatch(text) is not None


def instant_place(at_s: int) -> str:
    """Return a place before all items of an instant, and after all that are older."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%SZ}"


def month_of(at_s: int) -> str:
    """Return the UTC month of an instant, such as `2026-11`."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m}"


def month_before(month: str) -> str:
    """Return the month before `2026-11`: `2026-10`."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1:04}-12" if number == 1 else f"{year:04}-{number - 1:02}"


def month_end(at_s: int) -> str:
    """Return the place after all items of an instant's month."""
    return f"{month_of(at_s)}{_END_OF_MONTH}"
