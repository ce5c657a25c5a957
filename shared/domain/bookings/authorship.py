"""Who made a change to a booking; a name or address alone could be two people's. Pure."""

from copy import replace

from msgspec import Struct

from shared.domain.bookings.booking import Booking


class Person(Struct, frozen=True):
    """A member of staff: the user pool's id identifies them, the e-mail is for the records."""

    user_id: str
    email: str


CLIENT = "client"
CANCELLED_ENTRY = "booking.cancelled"


def signed(before: Booking | None, after: Booking, person: Person) -> Booking:
    """Return the changed booking with a person's user id in their new journal entries."""
    known = {entry.entry_id for entry in before.journal} if before else set()
    journal = tuple(
        replace(entry, by_user_id=person.user_id)
        if entry.entry_id not in known and entry.by == person.email
        else entry
        for entry in after.journal
    )
    return replace(after, journal=journal)


def cancelled_by(booking: Booking) -> str:
    """Return who cancelled: `client` or `business`."""
    by = [entry.by for entry in booking.journal if entry.what == CANCELLED_ENTRY]
    return CLIENT if by and by[-1] == CLIENT else "business"
