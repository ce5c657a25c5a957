"""Read a booking, change it and write it; retry if somebody else wrote it in between."""

from collections.abc import Callable, Sequence

from shared.adapters.booking_items import StoredBooking
from shared.adapters.bookings_table import Put
from shared.adapters.retry_write import retry_write
from shared.domain.bookings.booking import Booking
from shared.domain.errors import NotFound


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
) -> Booking:
    """Read a booking, change it and write it, and return it as it is then.

    A booking that `change` leaves unchanged is not written, and `written`, which is called after a
    write, is not called. Raises `NotFound` `booking_not_found`, `WriteConflict` as `retry_write`,
    and what `change` raises.
    """

    def write_once() -> Booking:
        stored = read()
        if stored is None:
            raise NotFound("There is no such booking here.", code="booking_not_found")
        changed = change(stored.booking)
        if changed == stored.booking:
            return changed
        write(stored, changed)
        written()
        return changed

    return retry_write(write_once)
