"""A client's personal data is found by a digest of the e-mail address, and erased. Pure.

What stays is about money: amounts, Stripe's ids, and what was done when and by whom at the
location. The law requires a business to keep that for years, and none of it names the client.
"""

import hashlib
import re
from copy import replace
from typing import Final

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.journal import JournalEntry

CLIENT_ID = re.compile(r"cl_[0-9a-f]{32}")
ERASED: Final = "client.erased"


def client_id(location_id: str, email: str) -> str:
    """Return the id of a client at one location: a digest, different at every location."""
    text = f"{location_id}\0{email.strip().lower()}"
    return f"cl_{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def is_erased(booking: Booking) -> bool:
    """Whether the booking's client was erased: nothing may bring their data back."""
    return any(entry.what == ERASED for entry in booking.journal)


def without_client(booking: Booking, own_id: str, at_s: int, by: str) -> Booking:
    """Return the booking without its client, if that is who `own_id` names, and a journal entry.

    What staff wrote about the client is erased too, and so is the IP address they booked from. If
    `own_id` is only a former address of the booking, that address alone is erased.
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
        outside_payments=tuple(
            replace(each, note="", void_note="") for each in booking.outside_payments
        ),
        settled=tuple(replace(each, reason="") for each in booking.settled),
        terms=replace(booking.terms, accepted_from="", newer={}) if booking.terms else None,
        journal=(*booking.journal, note),
        # Nobody here knows whether it names the client.
        newer={},
    )
