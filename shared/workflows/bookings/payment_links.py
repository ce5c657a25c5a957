"""The tokens of a booking's payment links, each derived from the booking's id and a number."""

from collections.abc import Iterator

from shared.domain.bookings.booking import Booking
from shared.domain.link_tokens import derive_token, token_digest


def link_digest(key: str, booking: Booking, number: int) -> str:
    """Return the digest under which the table finds a link; `key` is the key of the links."""
    return token_digest(derive_token(key, booking.location_id, booking.booking_id, number))


def all_link_digests(key: str, booking: Booking) -> Iterator[str]:
    """Yield the digests of all payment links that a booking ever had."""
    for number in range(1, booking.links + 1):
        yield link_digest(key, booking, number)
