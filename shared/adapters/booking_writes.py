"""Every write that follows from a change of a booking, whoever changes it.

What follows is found by comparing the booking before and after: its messages, its places in staff's
lists, what it is found by, the time that it takes of an employee, the wait for its payment, its
client's pointers, and what is bound to it. No caller has to think of any of them.
"""

import time

from shared.adapters.agenda_store import Days, agenda_puts
from shared.adapters.bindings import Bindings, our_binding_put
from shared.adapters.booking_entries import entry_writes
from shared.adapters.booking_items import (
    StoredBooking,
    about_booking,
    action_write,
    booking_put,
)
from shared.adapters.booking_links import client_access_key
from shared.adapters.bookings_table import BookingsTable, Delete, Put
from shared.adapters.client_index import pointer_writes
from shared.adapters.hold_store import Hold, hold_key, hold_put
from shared.adapters.outbox import message_puts
from shared.adapters.subject_items import charge_puts
from shared.domain.activity.messages import messages_of
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.activity.sequence import numbered
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.charge_order import CHARGE_CARD
from shared.domain.messages.message import Message

type Writes = list[Put | Delete]


class BookingWrites:
    """Makes the writes of one change; reads what it needs for them, if anything."""

    def __init__(self, table: BookingsTable, bindings: Bindings) -> None:
        self._table, self._bindings = table, bindings

    def of_change(
        self,
        stored: StoredBooking | None,
        after: Booking,
        caused_by: str,
        *,
        days: Days | None = None,
        orders: tuple[Message, ...] = (),
        is_from_stripe: bool = False,
    ) -> tuple[StoredBooking, Writes]:
        """Return the booking as it will be stored, and all writes of the change.

        `stored` is the booking as it was read, `None` for a new one. `caused_by` names the change,
        once for each booking; without it, the version that the change makes does. `days` are as
        with `agenda_puts`, and `orders` are further messages. `is_from_stripe` says that facts were
        fetched, so that no webhook has written the booking's charges yet. Raises `Conflict`
        `slot_taken`.
        """
        before, version = (stored.booking, stored.version) if stored else (None, 0)
        now_s = int(time.time())
        after = numbered(before, after)
        cause = caused_by or f"v{version + 1}"
        messages = (*messages_of(before, after, cause, now_s), *orders)
        writes: Writes = [booking_put(after, version)]
        writes += message_puts(messages, now_s)
        has_entries = stored is not None and not stored.is_in_index
        writes += derived_writes(before, after, now_s, has_entries=has_entries)
        writes += agenda_puts(self._table, before, after, now_s, days)
        if is_from_stripe:
            writes += charge_puts(self._table, after)
            writes += self._bindings.missing_puts(after.location_id, after.booking_id, after.facts)
        if before and before.client and after.client is None:
            # Its client was erased: nobody opens its page any more.
            writes.append(Delete(client_access_key(after.booking_id)))
        return StoredBooking(after, version + 1), writes


def derived_writes(
    before: Booking | None, after: Booking, now_s: int, *, has_entries: bool
) -> Writes:
    """Return the writes of what is derived from a booking alone, where that changes.

    Its place among what staff have to look at, its entries of lists and search, what is bound to
    it, the wait for its payment, and its client's pointers. `has_entries` is false of a booking
    that an earlier release wrote without them.
    """
    return [
        *_action_writes(before, after, now_s),
        *entry_writes(before if has_entries else None, after),
        *_binding_puts(before, after),
        *_hold_writes(before, after),
        *pointer_writes(before, after),
    ]


def _action_writes(before: Booking | None, after: Booking, now_s: int) -> Writes:
    needed = booking_actions(after)
    if needed == (booking_actions(before) if before else ()):
        return []
    return [action_write(after.location_id, about_booking(after.booking_id), needed, now_s)]


def _hold_writes(before: Booking | None, after: Booking) -> Writes:
    """Return the write of the booking's hold, if how long its slot waits has changed."""
    old, new = before.waits_until_s() if before else 0, after.waits_until_s()
    if old == new:
        return []
    if not new:
        return [Delete(hold_key(after.booking_id))]
    return [hold_put(Hold(after.location_id, after.booking_id), new)]


def _binding_puts(before: Booking | None, after: Booking) -> list[Put]:
    """Return the writes that bind what Stripe made for us since `before`: a session, intents."""
    return [
        our_binding_put(after.location_id, name, after.booking_id)
        for name in made_for_us(before, after)
    ]


def made_for_us(before: Booking | None, after: Booking) -> list[str]:
    """Return the names of what Stripe made for us since `before`: a session, intents."""
    return sorted(_made_for_us(after) - (_made_for_us(before) if before else set()))


def _made_for_us(booking: Booking) -> set[str]:
    """Return the names of the session that was opened last, and of charges to a saved card."""
    names = {
        f"intent#{each.payment_intent}"
        for each in booking.charge_orders
        if each.kind == CHARGE_CARD and each.payment_intent
    }
    if booking.checkout and booking.checkout.session_id:
        names.add(f"session#{booking.checkout.session_id}")
    return names
