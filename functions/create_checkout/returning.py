"""Clients return from Stripe's page, to a URL that everybody with access to the Dashboard sees.

It shows how the payment stands. It links to the booking's open session, if there is one, which is
in the Dashboard too, and opens none: for that a client needs the payment link.
"""

import hmac
import time

from functions.create_checkout import pages
from shared.adapters.booking_store import BookingStore
from shared.adapters.slot_store import SlotStore
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_id import is_booking_id
from shared.domain.bookings.checkout_attempts import current_attempt
from shared.domain.link_tokens import TOKEN, derive_return_token
from shared.domain.locations.location import Location

# How a client returns: after paying, or without.
PAID, LEFT = "paid", "left"


def find_returned(
    token: str, booking_id: str, key: str, bookings: BookingStore, slots: SlotStore
) -> tuple[Location, Booking] | None:
    """Return the booking whose payment this is the way back from, and its location.

    `key` is the key of the links. Raises `AwsUnreachable`.
    """
    if not is_booking_id(booking_id) or not TOKEN.fullmatch(token):
        return None
    access = slots.find_client_access(booking_id)
    if access is None:
        return None
    location, stored = bookings.get_location_and_booking(access.location_id, booking_id)
    if location is None or stored is None:
        return None
    # A return URL from before the client's address was corrected leads nowhere.
    wanted = derive_return_token(key, booking_id, stored.booking.client_access)
    return (location, stored.booking) if hmac.compare_digest(token, wanted) else None


def open_session_url(location: Location, booking: Booking) -> str:
    """Return the URL of the session that can still be paid, "" where there is none."""
    attempt = current_attempt(booking, int(time.time()), location)
    return attempt.url if attempt else ""


def outcome_page(location: Location, booking: Booking, again: str, *, is_paid: bool) -> str:
    """Return the page for a client who returns; `again` is where to pay after all, or ""."""
    if not booking.wants_checkout():
        return pages.settled(location, booking)
    if not is_paid:
        return pages.not_paid(location, booking, again)
    if booking.is_checkout_complete():
        return pages.rest_at_visit(location, booking)
    return pages.processing(location, booking)
