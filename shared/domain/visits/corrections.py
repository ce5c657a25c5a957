"""What staff correct in a booking: its client, and their own notes. Pure."""

from collections.abc import Mapping
from copy import replace
from typing import Final

from msgspec import Struct

from shared.domain.bookings.booking import Booking, Client
from shared.domain.bookings.client_addresses import FormerEmail
from shared.domain.bookings.erasure import is_erased
from shared.domain.bookings.journal import JournalEntry
from shared.domain.errors import Conflict
from shared.domain.visits.order_charges import without_session

CHANGED: Final = "client.changed"
# Each correction ends links and keeps an address on record; past this, make a new booking.
MAX_FORMER_EMAILS = 20


class BookingChanges(Struct, frozen=True):
    """What to change; `None` leaves a field as it is."""

    client: Client | None = None
    note: str | None = None
    metadata: Mapping[str, str] | None = None


def with_changes(
    booking: Booking, changes: BookingChanges, at_s: int, by: str, audit_place: str
) -> Booking:
    """Return the booking with what staff changed at `at_s` (seconds since 1970).

    A new e-mail address means another reader: the former reader's page, links and open Checkout
    Session end, a new link and a new token for the page replace them, and the former address stays
    on record, as it does in the audit entry at `audit_place`. Raises `Conflict` `client_erased` or
    `too_many_changes`.
    """
    note = booking.note if changes.note is None else changes.note
    metadata = booking.metadata if changes.metadata is None else dict(changes.metadata)
    noted = replace(booking, note=note, metadata=metadata)
    if noted != booking and is_erased(booking):
        raise Conflict("This client's data was erased.", code="client_erased")
    client = changes.client
    if client is None or client == booking.client:
        return noted
    if is_erased(booking):
        raise Conflict("This client's data was erased.", code="client_erased")
    entry_id = f"{booking.booking_id}-{CHANGED}-{len(booking.journal)}"
    journal = (*booking.journal, JournalEntry(entry_id, at_s, CHANGED, by))
    changed = replace(noted, client=client, journal=journal)
    if not has_new_reader(booking, changed):
        return changed
    if len(booking.former_emails) >= MAX_FORMER_EMAILS:
        raise Conflict("The address was changed too often.", code="too_many_changes")
    former: tuple[FormerEmail, ...] = ()
    if booking.client:
        former = (FormerEmail(booking.client.email, at_s, by, audit_place),)
    return without_session(
        replace(
            changed,
            former_emails=(*booking.former_emails, *former),
            links=booking.links + 1,
            client_access=booking.client_access + 1,
        ),
        at_s,
    )


def has_new_reader(before: Booking, after: Booking) -> bool:
    """Whether a booking's mails go to another address than before."""
    return after.client is not None and (
        before.client is None or before.client.email != after.client.email
    )


def has_other_reader(booking: Booking) -> bool:
    """Whether a booking has been given to another reader than it was made for."""
    return booking.client_access > 1
