"""The entries by which a booking is listed and found."""

from shared.adapters.booking_lists import list_writes
from shared.adapters.bookings_table import Delete, Put
from shared.adapters.search_index import search_writes
from shared.domain.bookings.booking import Booking


def entry_writes(before: Booking | None, after: Booking) -> list[Put | Delete]:
    """Return the writes of a booking's entries, where they change."""
    return [*list_writes(before, after), *search_writes(before, after)]
