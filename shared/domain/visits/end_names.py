"""Names for what follows from one end of a visit: after a reopening the next end has its own. Pure.

Ids are derived from these names, so repeating an end finds what it has already done.
"""

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.journal import REOPENED


def times_reopened(booking: Booking) -> int:
    """Return how many ends of the visit were undone."""
    return sum(entry.what == REOPENED for entry in booking.journal)


def numbered(booking: Booking, *parts: str) -> tuple[str, ...]:
    """Return the parts of a name for the visit's present end; the first end has no number."""
    number = times_reopened(booking)
    return (*parts, str(number)) if number else parts
