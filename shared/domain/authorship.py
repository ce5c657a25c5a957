"""Whose doing a change of a booking is: names alone could be two people's. Pure."""

from dataclasses import replace

from shared.domain.booking import Booking
from shared.domain.refunding import Person


def signed(before: Booking | None, after: Booking, person: Person) -> Booking:
    """Return a changed booking whose new journal entries in a person's name carry their id too."""
    known = {entry.entry_id for entry in before.journal} if before else set()
    journal = tuple(
        replace(entry, by_user_id=person.user_id)
        if entry.entry_id not in known and entry.by == person.email
        else entry
        for entry in after.journal
    )
    return replace(after, journal=journal)
