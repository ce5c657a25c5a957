"""The booking of a visit page, found by its id and its client's token."""

import hmac
from dataclasses import dataclass

from shared.adapters.booking_items import StoredBooking
from shared.adapters.booking_store import BookingStore
from shared.adapters.slot_store import SlotStore
from shared.domain.bookings.booking_id import is_booking_id
from shared.domain.link_tokens import TOKEN, token_digest
from shared.domain.locations.location import Location


@dataclass(frozen=True, slots=True)
class VisitStores:
    """The stores that find a booking."""

    bookings: BookingStore
    slots: SlotStore


@dataclass(frozen=True, slots=True)
class Found:
    """A booking that its own client asks for, and its location."""

    location: Location
    stored: StoredBooking


def find(booking_id: str, token: str, stores: VisitStores) -> Found | None:
    """Return the booking if the token is its client's; `None` for a wrong token or id.

    Raises `AwsUnreachable`.
    """
    if not is_booking_id(booking_id) or not TOKEN.fullmatch(token):
        return None
    access = stores.slots.find_client_access(booking_id)
    if access is None or not hmac.compare_digest(access.token_digest, token_digest(token)):
        return None
    location, stored = stores.bookings.get_location_and_booking(access.location_id, booking_id)
    return Found(location, stored) if location and stored else None
