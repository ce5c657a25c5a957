"""How many unpaid slots an IP address holds at a location, as marks of one item of the table.

The item's key is an HMAC of the address: nobody who reads the table learns an address.
"""

import hmac
from collections.abc import Collection

from shared.adapters.mark_store import MarkStore, waiting_key
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.errors import TooManyRequests
from shared.domain.locations.location import Location
from shared.domain.locations.unpaid_booking_limits import (
    AT_VISIT_COUNTS_S,
    Mark,
    address_name,
    client_name,
    expired_marks,
    is_over,
    retry_after_s,
)

# The item is deleted a day after the last of its marks has stopped counting.
KEEP_S = 24 * 3600
TOO_MANY = "Too many slots were booked from here in a short time. Try again later."


class WaitingSlots:
    """Counts unpaid slots: one read and one write a booking, and more only near the limit."""

    def __init__(self, config: Config) -> None:
        self._store = MarkStore(config)

    def admit(self, location: Location, booking: Booking, address: str, secret: str) -> None:
        """Count a new booking's slot until its time, or raise `TooManyRequests`.

        `secret` is the key of the HMAC. Raises `AwsUnreachable`.
        """
        now_s = booking.created_at_s
        key = waiting_key(location.location_id, _digest(location.location_id, address, secret))
        mark = _mark(booking)
        marks = frozenset(map(Mark.from_text, self._store.get_marks(key)))
        if _is_over(location, marks, mark):
            gone = expired_marks(marks, now_s)
            self._store.remove_marks(key, [each.to_text() for each in gone])
            marks -= gone
        expires_at_s = max(each.until_s for each in (mark, *marks)) + KEEP_S
        if _is_over(location, marks, mark) or not self._store.add_mark(
            key, mark.to_text(), location.holds_per_address, expires_at_s
        ):
            raise TooManyRequests(TOO_MANY, retry_after_s=retry_after_s(marks, now_s))

    def forget(self, location: Location, booking: Booking, address: str, secret: str) -> None:
        """Stop counting a booking that `admit` has counted and that was not made."""
        key = waiting_key(location.location_id, _digest(location.location_id, address, secret))
        self._store.remove_marks(key, [_mark(booking).to_text()])


def _is_over(location: Location, marks: Collection[Mark], mark: Mark) -> bool:
    return is_over(marks, mark.client, location.holds_per_client, location.holds_per_address)


def _mark(booking: Booking) -> Mark:
    waits_until_s = booking.terms.hold_until_s if booking.terms else 0
    until_s = waits_until_s or booking.created_at_s + AT_VISIT_COUNTS_S
    email = booking.client.email if booking.client else ""
    return Mark(booking.booking_id, until_s, client_name(email))


def _digest(location_id: str, address: str, secret: str) -> str:
    name = f"address/{location_id}/{address_name(address)}"
    return hmac.digest(secret.encode(), name.encode(), "sha256").hex()
