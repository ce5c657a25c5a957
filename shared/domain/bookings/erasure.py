"""A client's personal data: found by a digest of the e-mail address, and taken out. Pure.

What stays is about money: amounts, Stripe's ids, when and by whom at the location something was
done. The law asks a business to keep that for years, and none of it names the client.
"""

import hashlib
import re
from dataclasses import replace
from typing import Final

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.journal import JournalEntry

CLIENT_ID = re.compile(r"cl_[0-9a-f]{32}")
ERASED: Final = "client.erased"


def client_id(location_id: str, email: str) -> str:
    """Return what a client is called at one location: a digest, other at every location."""
    text = f"{location_id}\0{email.strip().lower()}"
    return f"cl_{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def is_erased(booking: Booking) -> bool:
    """Whether a booking had a client whose data was taken out: none of theirs is told again."""
    return any(entry.what == ERASED for entry in booking.journal)


def without_client(booking: Booking, own_id: str, at_s: int, by: str) -> Booking:
    """Return the booking without its client, if it is this one's, and with a note of that.

    With the client goes what staff wrote about them, and the address that they booked from. Of an
    address that the booking had by mistake, that address alone.
    """
    client = booking.client
    kept = tuple(
        each
        for each in booking.former_emails
        if client_id(booking.location_id, each.email) != own_id
    )
    if client is None or client_id(booking.location_id, client.email) != own_id:
        return replace(booking, former_emails=kept)
    note = JournalEntry(f"{booking.booking_id}-{ERASED}-{at_s}", at_s, ERASED, by)
    return replace(
        booking,
        client=None,
        note="",
        metadata={},
        former_emails=(),
        undelivered=(),
        settled=tuple(replace(each, reason="") for each in booking.settled),
        online=replace(booking.online, accepted_from="") if booking.online else None,
        journal=(*booking.journal, note),
    )
