"""A client's own booking, found by its id and the token that was given to the client."""

import hmac

from shared.adapters.booking_items import StoredBooking
from shared.adapters.booking_links import ClientAccess
from shared.adapters.booking_store import BookingStore
from shared.adapters.visit_hosts import VisitHosts
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_id import is_booking_id
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.link_tokens import TOKEN, derive_return_token, token_digest


def find_location_id(booking_id: str, token: str, bookings: BookingStore) -> str:
    """Return the location of a booking, "" where the id or its client's token is wrong.

    Raises `AwsUnreachable`.
    """
    access = _find_access(booking_id, token, bookings)
    is_its_own = access and hmac.compare_digest(access.token_digest, token_digest(token))
    return access.location_id if access and is_its_own else ""


def find_own(
    booking_id: str, token: str, bookings: BookingStore, hosts: VisitHosts
) -> tuple[VisitHost, Booking] | None:
    """Return the booking and its host if the token is its client's, else `None`.

    Raises `AwsUnreachable`.
    """
    location_id = find_location_id(booking_id, token, bookings)
    found = location_id and read_with_host(location_id, booking_id, bookings, hosts)
    return (found[0], found[1].booking) if found else None


def find_returned(
    token: str, booking_id: str, key: str, bookings: BookingStore, hosts: VisitHosts
) -> tuple[VisitHost, Booking] | None:
    """Return the booking whose payment this is the way back from, and its host.

    `key` is the key of the links. Raises `AwsUnreachable`.
    """
    access = _find_access(booking_id, token, bookings)
    found = access and read_with_host(access.location_id, booking_id, bookings, hosts)
    if not found:
        return None
    host, booking = found[0], found[1].booking
    # A return URL from before the client's address was corrected leads nowhere.
    wanted = derive_return_token(key, booking_id, booking.client_access)
    return (host, booking) if hmac.compare_digest(token, wanted) else None


def read_with_host(
    location_id: str, booking_id: str, bookings: BookingStore, hosts: VisitHosts
) -> tuple[VisitHost, StoredBooking] | None:
    """Return a booking and its host, `None` where either is not there; in two calls.

    Raises `AwsUnreachable`.
    """
    stored = bookings.get_booking(location_id, booking_id)
    host = hosts.get(location_id, stored.booking.employee_id) if stored else None
    return (host, stored) if host and stored else None


def _find_access(booking_id: str, token: str, bookings: BookingStore) -> ClientAccess | None:
    if not is_booking_id(booking_id) or not TOKEN.fullmatch(token):
        return None
    return bookings.find_client_access(booking_id)
