"""A request that comes again under its Idempotency-Key: it has made one booking."""

import hashlib
import hmac
import json
from dataclasses import dataclass

from shared.adapters.booking_items import StoredBooking
from shared.adapters.booking_store import BookingStore
from shared.adapters.first_answers import FirstAnswer
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.erasure import is_erased
from shared.domain.errors import Conflict, InvalidInput, NotFound
from shared.domain.locations.unpaid_booking_limits import address_name
from shared.domain.visits.corrections import has_other_reader

IDEMPOTENCY_S = 24 * 3600
MAX_KEY_CHARS = 255


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What a request is known by if it comes again: its key's digest, "" without one, and hash.

    `asker` is an HMAC of the address that it came from.
    """

    location_id: str
    digest: str
    request_hash: str
    asker: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the same request has made before, and whether the same address has asked then.

    `version` is that under which a first answer is written.
    """

    stored: StoredBooking | None = None
    is_same_asker: bool = True
    version: int = 0


def read_asked(
    location_id: str, key: str | None, body: str | None, address: str, secret: str
) -> RequestKey:
    """Return what a request is known by; raises `InvalidInput` for a key that is none.

    `address` is the IP address that asks, hidden with `secret`.
    """
    if key is None:
        return RequestKey(location_id, "", "", "")
    if not 1 <= len(key) <= MAX_KEY_CHARS:
        raise InvalidInput("The Idempotency-Key has 1 to 255 characters.")
    digest = hashlib.sha256(json.dumps(["public bookings", key]).encode()).hexdigest()
    document = json.loads(body or "{}")
    request_hash = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    name = f"asker/{location_id}/{address_name(address)}"
    asker = hmac.digest(secret.encode(), name.encode(), "sha256").hex()
    return RequestKey(location_id, digest, request_hash, asker)


def find_earlier(asked: RequestKey, store: BookingStore, now_s: int) -> Earlier:
    """Return what the same request has made before.

    Raises `Conflict` `idempotency_key_reused` and `NotFound`.
    """
    if not asked.digest:
        return Earlier()
    answered = store.get_answer(asked.location_id, asked.digest, now_s)
    if answered.body is None:
        return Earlier(version=answered.version)
    if answered.request_hash != asked.request_hash:
        raise Conflict(
            "This Idempotency-Key was used with another body.", code="idempotency_key_reused"
        )
    stored = store.get_booking(asked.location_id, answered.body["booking_id"])
    if stored is None or is_erased(stored.booking) or has_other_reader(stored.booking):
        raise NotFound("The booking is gone.", code="booking_not_found")
    is_same = hmac.compare_digest(answered.body.get("asker", ""), asked.asker)
    return Earlier(stored, is_same, answered.version)


def first_answer(
    asked: RequestKey, booking: Booking, version: int, now_s: int
) -> FirstAnswer | None:
    """Return what is kept of a new booking for a repetition, `None` for a request without a key."""
    if not asked.digest:
        return None
    kept = {"booking_id": booking.booking_id, "asker": asked.asker}
    until_s = now_s + IDEMPOTENCY_S
    return FirstAnswer(asked.digest, asked.request_hash, kept, version, until_s)
