"""What leads to a booking from outside: its payment links, and its own id."""

from shared.adapters.bookings_table import Key, Put
from shared.domain.bookings.booking import Booking
from shared.domain.stored_record import StoredRecord


class ClientAccess(StoredRecord, frozen=True):
    """Where a booking's id leads: its location, and the SHA-256 of its client's token."""

    location_id: str
    token_digest: str


def link_key(token_digest: str) -> Key:
    """Return the key of a payment link, by its token's digest."""
    return Key(f"link#{token_digest}", "link")


def client_access_key(booking_id: str) -> Key:
    """Return the key of what is known of a booking by its id alone."""
    return Key(f"booking#{booking_id}", "pointer")


def client_access_put(booking: Booking, token_digest: str, *, is_new: bool = True) -> Put:
    """Return the write that lets a client reach a booking by its id and their token.

    One that is not new replaces the token that was valid until now.
    """
    body = {"location_id": booking.location_id, "token_digest": token_digest}
    return Put(client_access_key(booking.booking_id), body, 0 if is_new else None)


def link_put(booking: Booking, digest: str) -> Put:
    """Return the write of a payment link that leads to a booking."""
    body = {"location_id": booking.location_id, "booking_id": booking.booking_id}
    return Put(link_key(digest), body)
