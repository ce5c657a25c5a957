"""One booking of a location, by an id that came from outside."""

from shared.adapters.booking_items import StoredBooking
from shared.adapters.booking_store import BookingStore
from shared.domain.bookings.booking_id import require_booking_id
from shared.domain.errors import NotFound


def find_booking(store: BookingStore, location_id: str, booking_id: str) -> StoredBooking:
    """Return a booking of a location; raises `NotFound` `booking_not_found`."""
    return _found(store.get_booking(location_id, require_booking_id(booking_id)))


def find_whole_booking(store: BookingStore, location_id: str, booking_id: str) -> StoredBooking:
    """Return a booking with its whole timeline (`BookingStore.get_whole`); raises as above."""
    return _found(store.get_whole(location_id, require_booking_id(booking_id)))


def _found(stored: StoredBooking | None) -> StoredBooking:
    if stored is None:
        raise NotFound("There is no such booking here.", code="booking_not_found")
    return stored
