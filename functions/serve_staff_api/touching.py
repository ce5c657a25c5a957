"""What a setting would touch before it is saved: bookings that are still to come."""

import time
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from shared.adapters.booking_store import BookingStore
from shared.domain.bookings.booking import Booking
from shared.entrypoints.field_types import TrueOrFalse

# A bounded look at the bookings made last: most visits are booked within weeks.
MONTHS, HUNDREDS_A_MONTH = 3, 1


class DryRunQuery(BaseModel):
    """With `dry_run` nothing is saved: the answer says what saving would touch."""

    dry_run: TrueOrFalse = "false"

    @property
    def is_dry(self) -> bool:
        """Whether nothing is to be saved."""
        return self.dry_run == "true"


def touches(
    store: BookingStore, location_id: str, is_touched: Callable[[Booking], bool]
) -> dict[str, Any]:
    """Return `{"touches": {"bookings_ahead": n}}`: at least so many bookings that are to come.

    Counted are those of the last three months, the newest hundred of each.
    """
    now_s = int(time.time())
    made = store.iterate_bookings(location_id, now_s, MONTHS, HUNDREDS_A_MONTH)
    found = sum(booking.is_ahead(now_s) and is_touched(booking) for booking in made)
    return {"touches": {"bookings_ahead": found}}
