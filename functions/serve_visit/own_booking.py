"""The booking whose client asks."""

from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.visit_hosts import VisitHosts
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.visit_host import VisitHost
from shared.observability import logger
from shared.workflows.bookings.client_access import find_own


def find(booking_id: str, token: str) -> tuple[VisitHost, Booking] | None:
    """Return a booking and its host if the token is its client's, else `None`."""
    found = find_own(booking_id, token, environment.get(BookingStore), environment.get(VisitHosts))
    if found:
        _, booking = found
        logger.append_keys(location_id=booking.location_id, booking_id=booking.booking_id)
    return found
