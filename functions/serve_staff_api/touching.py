"""What a setting would touch before it is saved: bookings that are still to come."""

import time
from collections.abc import Callable
from typing import Any

from shared.adapters.booking_lists import BookingLists, Wanted
from shared.domain.bookings.booking import Booking
from shared.domain.dates.instants import DAY_S
from shared.entrypoints.field_types import TrueOrFalse
from shared.entrypoints.validation import Query

# A bounded look at the visits to come, the next ones first. Nobody books further ahead.
MAX_PAGES, PAGE = 3, 100
AHEAD_S = 100 * 365 * DAY_S


class DryRunQuery(Query):
    """With `dry_run` nothing is saved: the answer says what saving would touch."""

    dry_run: TrueOrFalse = "false"

    @property
    def is_dry(self) -> bool:
        """Whether nothing is to be saved."""
        return self.dry_run == "true"


def touches(
    lists: BookingLists, location_id: str, is_touched: Callable[[Booking], bool]
) -> dict[str, Any]:
    """Return `{"touches": {"bookings_ahead": n, "complete": all}}`: bookings that are to come.

    `complete` is false where there are more of them than were looked at, so that `n` is the least.
    """
    now_s, found, after = int(time.time()), 0, None
    for _ in range(MAX_PAGES):
        ahead = Wanted(
            is_by_visit=True,
            bounds=(now_s, now_s + AHEAD_S),
            after=after,
            is_wanted=lambda booking: booking.is_ahead(now_s) and is_touched(booking),
        )
        page = lists.read_page(location_id, ahead, PAGE)
        found, after = found + len(page.items), page.after
        if after is None:
            break
    return {"touches": {"bookings_ahead": found, "complete": after is None}}
