"""A booking as items of the table: itself, its messages, and its entry in staff's list.

Every change of a booking is one transaction with the messages that follow from it (the outbox) and
with its entry in staff's list: every writer of a booking writes `change_puts`.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.adapters.bindings import our_binding_put
from shared.adapters.bookings_table import Delete, Key, Put, Stored, place
from shared.adapters.outbox import message_puts
from shared.domain.activity.messages import messages_of
from shared.domain.activity.needed_action import NeededAction
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.activity.sequence import numbered
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict, booking_to_dict
from shared.domain.bookings.charge_order import CHARGE_CARD

_ABOUT_BOOKING = "booking#"


@dataclass(frozen=True, slots=True)
class StoredBooking:
    """A booking and the version under which it was read."""

    booking: Booking
    version: int


def booking_key(location_id: str, booking_id: str) -> Key:
    """Return where a booking is."""
    return Key(f"{location_id}#booking#{booking_id}", "booking")


def booking_put(booking: Booking, version: int) -> Put:
    """Return the write of a booking over the version that was read, 0 for a new one."""
    made = f"{datetime.fromtimestamp(booking.created_at_s, UTC):%Y-%m}"
    return Put(
        booking_key(booking.location_id, booking.booking_id),
        booking_to_dict(booking),
        version,
        listed=(
            list_partition(booking.location_id, made),
            place(booking.created_at_s, booking.booking_id),
        ),
    )


def change_puts(
    before: StoredBooking | None, after: Booking, caused_by: str = ""
) -> list[Put | Delete]:
    """Return every write of a change: the booking, its messages, and its place in staff's list.

    `before` is the booking as it was read, `None` for a new one. `caused_by` names the change, once
    for each booking; without it, the version that the change makes does.
    """
    version = before.version if before else 0
    known, now_s = before.booking if before else None, int(time.time())
    after = numbered(known, after)
    messages = messages_of(known, after, caused_by or f"v{version + 1}", now_s)
    puts: list[Put | Delete] = [booking_put(after, version), *_card_binding_puts(known, after)]
    puts += message_puts(messages, now_s)
    needed = booking_actions(after)
    if needed != (booking_actions(known) if known else ()):
        puts.append(action_write(after.location_id, about_booking(after.booking_id), needed, now_s))
    return puts


def as_written(before: StoredBooking | None, after: Booking) -> StoredBooking:
    """Return a booking as it is stored once `change_puts` is written."""
    known, version = (before.booking, before.version) if before else (None, 0)
    return StoredBooking(numbered(known, after), version + 1)


def session_binding_puts(booking: Booking) -> list[Put]:
    """Return the write that binds the session which was opened for a booking, if one was."""
    if booking.checkout is None or not booking.checkout.session_id:
        return []
    name = f"session#{booking.checkout.session_id}"
    return [our_binding_put(booking.location_id, name, booking.booking_id)]


def _card_binding_puts(before: Booking | None, after: Booking) -> list[Put]:
    """Return the writes that bind the intents by which we charged a saved card since `before`."""
    known = {each.payment_intent for each in before.charge_orders} if before else set()
    return [
        our_binding_put(after.location_id, f"intent#{each.payment_intent}", after.booking_id)
        for each in after.charge_orders
        if each.kind == CHARGE_CARD and each.payment_intent and each.payment_intent not in known
    ]


def list_partition(location_id: str, month: str) -> str:
    """Return the index partition of the bookings made in a month of UTC."""
    return f"{location_id}#bookings#{month}"


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
    return StoredBooking(booking_from_dict(stored.body), stored.version) if stored else None
