"""Read a booking, change it and write it; retry if somebody else wrote it in between."""

import time
from collections.abc import Callable, Sequence

from shared.adapters.back_off import back_off
from shared.adapters.booking_items import StoredBooking
from shared.adapters.bookings_table import Put
from shared.domain.bookings.booking import Booking
from shared.domain.errors import NotFound, WriteConflict

ATTEMPTS = 10
BACK_OFF_S, MAX_BACK_OFF_S = 0.02, 0.64


def write_nothing_else(_before: Booking, _after: Booking) -> Sequence[Put]:
    """Return no further writes."""
    return ()


def count_nothing() -> None:
    """Do nothing when a write succeeds."""


def update(
    read: Callable[[], StoredBooking | None],
    change: Callable[[Booking], Booking],
    write: Callable[[StoredBooking, Booking], None],
    *,
    written: Callable[[], None] = count_nothing,
    sleep: Callable[[float], None] = time.sleep,
) -> Booking:
    """Read a booking, change it and write it, and return it as it is then.

    A booking that `change` leaves unchanged is not written, and `written`, which is called after a
    write, is not called. Raises `NotFound` `booking_not_found`, `WriteConflict`
    after ten lost races, and what `change` raises.
    """
    for attempt in range(ATTEMPTS):
        back_off(attempt, sleep, BACK_OFF_S, MAX_BACK_OFF_S)
        stored = read()
        if stored is None:
            raise NotFound("There is no such booking here.", code="booking_not_found")
        changed = change(stored.booking)
        if changed == stored.booking:
            return changed
        try:
            write(stored, changed)
        except WriteConflict:
            continue
        written()
        return changed
    raise WriteConflict("the booking changed each time it was to be written")
