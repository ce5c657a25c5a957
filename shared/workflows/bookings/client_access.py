"""A client's own booking, found by its id and the token that was given to the client."""

import hmac

from shared.adapters.booking_links import ClientAccess
from shared.adapters.booking_store import BookingStore
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_id import is_booking_id
from shared.domain.link_tokens import TOKEN, derive_return_token, token_digest
from shared.domain.locations.location import Location


def find_location_id(booking_id: str, token: str, bookings: BookingStore) -> str:
    """Return the location of a booking, "" where the id or its client's token is wrong.

    Raises `AwsUnreachable`.
    """
    access = _find_access(booking_id, token, bookings)
    is_its_own = access and hmac.compare_digest(access.token_digest, token_digest(token))
    return access.location_id if access and is_its_own else ""


def find_own(
    booking_id: str, token: str, bookings: BookingStore
) -> tuple[Location, Booking] | None:
    """Return the booking and its location if the token is its client's, else `None`.

    Raises `AwsUnreachable`.
    """
    location_id = find_location_id(booking_id, token, bookings)
    return _read(location_id, booking_id, bookings) if location_id else None


def find_returned(
    token: str, booking_id: str, key: str, bookings: BookingStore
) -> tuple[Location, Booking] | None:
    """Return the booking whose payment this is the way back from, and its location.

    `key` is the key of the links. Raises `AwsUnreachable`.
    """
    access = _find_access(booking_id, token, bookings)
    found = access and _read(access.location_id, booking_id, bookings)
    if not found:
        return None
    # A return URL from before the client's address was corrected leads nowhere.
    wanted = derive_return_token(key, booking_id, found[1].client_access)
    return found if hmac.compare_digest(token, wanted) else None


def _find_access(booking_id: str, token: str, bookings: BookingStore) -> ClientAccess | None:
    if not is_booking_id(booking_id) or not TOKEN.fullmatch(token):
        return None
    return bookings.find_client_access(booking_id)


def _read(
    location_id: str, booking_id: str, bookings: BookingStore
) -> tuple[Location, Booking] | None:
    location, stored = bookings.get_location_and_booking(location_id, booking_id)
    return (location, stored.booking) if location and stored else None
