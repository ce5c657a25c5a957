"""A client's request that is sent again under its Idempotency-Key: it makes one booking."""

import hmac

from msgspec import Struct

from shared.adapters.booking_items import StoredBooking
from shared.adapters.booking_store import BookingStore
from shared.adapters.first_answers import FirstAnswer
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.erasure import is_erased
from shared.domain.errors import NotFound
from shared.domain.locations.unpaid_booking_limits import address_name
from shared.domain.visits.corrections import has_other_reader
from shared.workflows.repeated_requests import Repeatable, RequestKey, read_answered


class Earlier(Struct, frozen=True):
    """What the same request has made before, and whether it came from the same address then."""

    repeatable: Repeatable
    asker: str
    stored: StoredBooking | None = None
    is_same_asker: bool = True

    def first_answer(self, booking: Booking) -> FirstAnswer | None:
        """Return what is kept of a new booking for a repetition; `None` without a key."""
        return self.repeatable.first_answer({"booking_id": booking.booking_id, "asker": self.asker})


def asker_of(location_id: str, address: str, secret: str) -> str:
    """Return what an IP address is recognised by: an HMAC under `secret`, in hex."""
    name = f"asker/{location_id}/{address_name(address)}"
    return hmac.digest(secret.encode(), name.encode(), "sha256").hex()


def find_earlier(
    location_id: str, key: RequestKey, asker: str, store: BookingStore, now_s: int
) -> Earlier:
    """Return what the same request has made before.

    Raises `Conflict` `idempotency_key_reused` and `NotFound`.
    """
    repeatable = read_answered(store, location_id, key, now_s)
    kept = repeatable.kept()
    if kept is None:
        return Earlier(repeatable, asker)
    stored = store.get_booking(location_id, kept["booking_id"])
    if stored is None or is_erased(stored.booking) or has_other_reader(stored.booking):
        raise NotFound("The booking is gone.", code="booking_not_found")
    is_same = hmac.compare_digest(kept.get("asker", ""), asker)
    return Earlier(repeatable, asker, stored, is_same)
