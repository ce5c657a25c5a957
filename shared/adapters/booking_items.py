"""A booking as items of the table: itself, and its entry in the list of needed actions.

How they are written together: `booking_writes`.
"""

from msgspec import Struct

from shared.adapters.bookings_table import Delete, Key, Put, Stored, place
from shared.domain.activity.needed_action import NeededAction
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict, booking_to_dict
from shared.domain.bookings.known_words import expect_known_words

_ABOUT_BOOKING = "booking#"


class StoredBooking(Struct, frozen=True):
    """A booking and the version under which it was read.

    `is_in_index` says that an earlier release wrote it: its place in the index by creation, and no
    entries of lists and search (`booking_lists`, `search_index`). Its next write makes them.
    """

    booking: Booking
    version: int
    is_in_index: bool = False


def booking_key(location_id: str, booking_id: str) -> Key:
    """Return where a booking is."""
    return Key(f"{location_id}#booking#{booking_id}", "booking")


def booking_put(booking: Booking, version: int) -> Put:
    """Return the write of a booking over the version that was read, 0 for a new one.

    Raises `NewerRelease` for one that has a word which this release does not know.
    """
    expect_known_words(booking)
    key = booking_key(booking.location_id, booking.booking_id)
    return Put(key, booking_to_dict(booking), version)


def action_partition(location_id: str) -> str:
    """Return the index partition of what staff have to look at."""
    return f"{location_id}#actions"


def about_booking(booking_id: str) -> str:
    """Return what a booking is called among what staff have to look at."""
    return f"{_ABOUT_BOOKING}{booking_id}"


def booking_asked_about(about: str) -> str | None:
    """Return the booking of what is called so, `None` for a charge or an event."""
    return about.removeprefix(_ABOUT_BOOKING) if about.startswith(_ABOUT_BOOKING) else None


def action_write(
    location_id: str, about: str, actions: tuple[NeededAction, ...], at_s: int
) -> Put | Delete:
    """Return the write of what something asks of staff: over what is there, or gone."""
    key = Key(f"{location_id}#action#{about}", "action")
    if not actions:
        return Delete(key)
    body = {"about": about, "at_s": at_s, "actions": [action.to_dict() for action in actions]}
    listed = (action_partition(location_id), place(at_s, about))
    return Put(key, body, version=None, listed=listed)


def read_booking(stored: Stored | None) -> StoredBooking | None:
    """Return the booking that an item holds, with its version."""
    if stored is None:
        return None
    return StoredBooking(booking_from_dict(stored.body), stored.version, stored.is_listed)
