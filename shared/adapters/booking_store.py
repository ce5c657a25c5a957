"""The bookings, and what is read together with one: its location, and what leads to it.

There is one way to write a booking: `create` and `write`, each one transaction with all that
follows from the change (`booking_writes`). `change` reads, writes, and tries again.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from copy import replace

from shared.adapters.activity_marks import ActivityMarks
from shared.adapters.agenda_store import Days
from shared.adapters.bindings import Bindings
from shared.adapters.booking_items import StoredBooking, booking_key, read_booking
from shared.adapters.booking_links import (
    ClientAccess,
    client_access_key,
    client_access_put,
    link_key,
    link_put,
)
from shared.adapters.booking_writes import BookingWrites, made_for_us
from shared.adapters.bookings_table import BookingsTable, Delete, Put, PutRefused
from shared.adapters.first_answers import (
    Answered,
    FirstAnswer,
    answer_put,
    idempotency_key,
    read_answer,
)
from shared.adapters.retry_write import retry_write
from shared.adapters.search_index import external_key
from shared.adapters.subject_items import known_charges
from shared.config import Config
from shared.domain.activity.apply_event import with_facts
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict
from shared.domain.errors import Conflict, NotFound
from shared.domain.messages.message import Message
from shared.domain.stored_record import read_record
from shared.domain.stripe_facts.payment_facts import Facts, merge


def write_nothing_else(_before: Booking, _after: Booking) -> Sequence[Put]:
    """Return no further writes."""
    return ()


def count_nothing() -> None:
    """Do nothing when a write succeeds."""


class BookingStore:
    """The bookings of all locations; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)
        self._bindings = Bindings(config)
        self._writes = BookingWrites(self._table, self._bindings)
        self._activity = ActivityMarks(self._table)

    # ------------------------------------------------------------------ bookings

    def get_booking(self, location_id: str, booking_id: str) -> StoredBooking | None:
        """Return a booking of this location, or `None`."""
        key = booking_key(location_id, booking_id)
        return read_booking(self._table.get(key).get(key))

    def get_whole(self, location_id: str, booking_id: str) -> StoredBooking | None:
        """Return a booking with all that is known of its charges, for its whole timeline.

        What says nothing new of a booking is kept with its charge alone. In two calls.
        """
        stored = self.get_booking(location_id, booking_id)
        if stored is None:
            return None
        facts = merge(stored.booking.facts, known_charges(self._table, stored.booking))
        return replace(stored, booking=replace(stored.booking, facts=facts))

    def get_bookings(self, location_id: str, booking_ids: Iterable[str]) -> list[Booking]:
        """Return those of the bookings that are there, in no order."""
        keys = [booking_key(location_id, booking_id) for booking_id in booking_ids]
        found = self._table.get(*keys) if keys else {}
        return [booking_from_dict(stored.body) for stored in found.values()]

    # ------------------------------------------------------------------ what leads to a booking

    def find_client_access(self, booking_id: str) -> ClientAccess | None:
        """Return where a booking's id leads, or `None`."""
        key = client_access_key(booking_id)
        stored = self._table.get(key).get(key)
        return read_record(ClientAccess, stored.body) if stored else None

    def find_link(self, token_digest: str) -> tuple[str, str] | None:
        """Return the `(location_id, booking_id)` that a payment link's digest leads to."""
        key = link_key(token_digest)
        stored = self._table.get(key).get(key)
        return (stored.body["location_id"], stored.body["booking_id"]) if stored else None

    def get_answer(self, location_id: str, digest: str, now_s: int) -> Answered:
        """Return what is kept under an idempotency key, if it has not expired."""
        key = idempotency_key(location_id, digest)
        return read_answer(self._table.get(key).get(key), now_s)

    # ------------------------------------------------------------------ writing

    def create(
        self,
        booking: Booking,
        *,
        client_digest: str,
        link_digest: str,
        answer: FirstAnswer | None,
        days: Days | None = None,
        orders: tuple[Message, ...] = (),
    ) -> StoredBooking:
        """Write a new booking, what leads to it, and the answer to the request that made it.

        The digests are the SHA-256 of the client's token and of the first payment link's. `days`
        are the employee's days that the booking takes, if they were read already; `orders` are as
        with `write`. Raises `Conflict`
        `external_id_in_use` or `slot_taken`, or `WriteConflict` when a day has changed since it was
        read, or the same request is being answered or was.
        """
        stored, writes = self._writes.of_change(None, booking, "", days=days, orders=orders)
        writes += [client_access_put(booking, client_digest), link_put(booking, link_digest)]
        external = None
        if booking.external_id:
            external = external_key(booking.location_id, booking.external_id)
            writes.append(Put(external, {"booking_id": booking.booking_id}))
        if answer:
            writes.append(answer_put(booking.location_id, answer))
        try:
            self._table.put(writes)
        except PutRefused as refused:
            if refused.refused == {external}:
                raise Conflict(
                    "Another booking has this external_id.", code="external_id_in_use"
                ) from refused
            raise
        return stored

    def write(
        self,
        stored: StoredBooking,
        changed: Booking,
        *,
        caused_by: str = "",
        answer: FirstAnswer | None = None,
        orders: tuple[Message, ...] = (),
        also: Sequence[Put | Delete] = (),
        is_from_stripe: bool = False,
    ) -> StoredBooking:
        """Write a change of a booking with all that follows from it, and return it as stored.

        What follows is derived (`booking_writes`). `answer` is kept for a repetition of its
        request; `orders` are further messages, such as of a mail that somebody asks for; `also` is
        what else belongs to the change, such as its audit entry. `caused_by` and `is_from_stripe`
        are as with `BookingWrites.of_change`. Raises `WriteConflict` if the
        booking, or a day of its employee, has changed since it was read, or the same request is
        being answered or was; and `Conflict` `slot_taken`.
        """
        written, writes = self._writes.of_change(
            stored, changed, caused_by, orders=orders, is_from_stripe=is_from_stripe
        )
        if answer:
            writes.append(answer_put(changed.location_id, answer))
        if is_from_stripe or made_for_us(stored.booking, changed):
            # Whether or not a webhook will tell what comes of it.
            self._activity.note(changed.location_id, int(time.time()))
        self._table.put([*writes, *also])
        return written

    def change(
        self,
        location_id: str,
        booking_id: str,
        change: Callable[[Booking], Booking],
        also: Callable[[Booking, Booking], Sequence[Put]] = write_nothing_else,
        *,
        written: Callable[[], None] = count_nothing,
        is_from_stripe: bool = False,
    ) -> Booking:
        """Read a booking, change it and write it; again if somebody else wrote in between.

        `also` returns what else a change of one booking into another writes, in its transaction;
        `written` is called after a write, so not when a repeated request changes nothing.
        Returns the booking as it is then; one that `change` leaves unchanged is not written. Raises
        `NotFound` `booking_not_found`, `WriteConflict` as `retry_write`, and all else that `change`
        and `write` raise.
        """

        def write_once() -> Booking:
            stored = self.get_booking(location_id, booking_id)
            if stored is None:
                raise NotFound("There is no such booking here.", code="booking_not_found")
            changed = change(stored.booking)
            if changed == stored.booking:
                return changed
            more = also(stored.booking, changed)
            self.write(stored, changed, also=more, is_from_stripe=is_from_stripe)
            written()
            return changed

        return retry_write(write_once)

    def take_up(self, location_id: str, booking_id: str, asked: Facts, now_s: int) -> Booking:
        """Record facts that were fetched from Stripe about a booking, and return the booking.

        Facts of other bookings are left out, and nothing is written if all was known. Raises as
        `change` does.
        """
        return self.change(
            location_id,
            booking_id,
            lambda known: with_facts(known, self.ours(known, asked), now_s),
            is_from_stripe=True,
        )

    def ours(self, booking: Booking, asked: Facts) -> Facts:
        """Return facts that were fetched from Stripe without those of other bookings."""
        return self._bindings.ours(booking.location_id, booking.booking_id, asked)
