"""The bookings, and what is read together with one: its location, and who may see it.

Each change of a booking is one transaction with all that follows from it (`booking_items`).
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from shared.adapters.booking_items import (
    StoredBooking,
    booking_key,
    booking_put,
    change_puts,
    list_partition,
    read_booking,
    session_binding_puts,
)
from shared.adapters.booking_links import client_access_put, link_key, link_put
from shared.adapters.booking_updates import count_nothing, update, write_nothing_else
from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put, PutRefused, Stored
from shared.adapters.client_index import client_puts
from shared.adapters.first_answers import (
    Answered,
    FirstAnswer,
    answer_put,
    idempotency_key,
    read_answer,
)
from shared.adapters.location_store import location_key
from shared.adapters.mail_stops import go_on_delete
from shared.adapters.month_lists import MonthList, Page, Span, instant_place
from shared.adapters.outbox import message_puts
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict
from shared.domain.errors import Conflict
from shared.domain.locations.location import Location, location_from_dict
from shared.domain.messages.mail_orders import SendMailAgain, SendPaymentLink

# A page makes at most this many reads of the index, however few items a filter lets through.
MAX_READS = 20


class BookingStore:
    """The bookings of all locations; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    # ------------------------------------------------------------------ bookings

    def get_booking(self, location_id: str, booking_id: str) -> StoredBooking | None:
        """Return a booking of this location, or `None`."""
        key = booking_key(location_id, booking_id)
        return read_booking(self._table.get(key).get(key))

    def get_bookings(self, location_id: str, booking_ids: Iterable[str]) -> list[Booking]:
        """Return those of the bookings that are there, in no order."""
        keys = [booking_key(location_id, booking_id) for booking_id in booking_ids]
        found = self._table.get(*keys) if keys else {}
        return [booking_from_dict(stored.body) for stored in found.values()]

    def put_booking(self, booking: Booking, version: int) -> None:
        """Replace a booking read at `version`; raises `WriteConflict` if it has changed.

        Only for what causes no message, such as a checkout attempt; otherwise use `change_booking`.
        The session that was opened is bound to the booking from then on.
        """
        self._table.put([booking_put(booking, version), *session_binding_puts(booking)])

    def change_booking(
        self,
        stored: StoredBooking,
        changed: Booking,
        *,
        caused_by: str = "",
        answer: FirstAnswer | None = None,
        also: Sequence[Put | Delete] = (),
    ) -> None:
        """Write a change of a booking with its messages, and the answer to its request.

        `also` is what else belongs to the change, such as its audit entry.
        Raises `WriteConflict` if the booking has changed since it was read, or the same request is
        being answered or was.
        """
        puts = change_puts(stored, changed, caused_by)
        if answer:
            puts.append(answer_put(changed.location_id, answer))
        self._table.put([*puts, *also])

    def change_reader(
        self,
        stored: StoredBooking,
        changed: Booking,
        *,
        client_digest: str,
        link_digest: str,
        also: Sequence[Put],
    ) -> None:
        """Write a booking whose client has a new address, which another person may read.

        The digests are of the new tokens, which lead to the booking from now on; the client's
        replaces the former one. Mails to the new address are allowed again, if they were stopped.
        Raises as `change_booking` does.
        """
        writes: list[Put | Delete] = [
            *also,
            client_access_put(changed, client_digest, is_new=False),
            link_put(changed, link_digest),
            *client_puts(changed),
        ]
        if changed.client:
            writes.append(go_on_delete(changed.location_id, changed.client.email))
        self.change_booking(stored, changed, also=writes)

    def send_again(
        self, stored: StoredBooking, order: SendMailAgain, answer: FirstAnswer | None, audit: Put
    ) -> None:
        """Order one more mail to a client, and allow mails to their address if they were stopped.

        Raises as `change_booking` does.
        """
        booking, now_s = stored.booking, int(time.time())
        also: list[Put | Delete] = [*message_puts([order], now_s)]
        if booking.client:
            also.append(go_on_delete(booking.location_id, booking.client.email))
        self.change_booking(stored, booking, answer=answer, also=[*also, audit])

    def update_booking(
        self,
        location_id: str,
        booking_id: str,
        change: Callable[[Booking], Booking],
        also: Callable[[Booking, Booking], Sequence[Put]] = write_nothing_else,
        *,
        written: Callable[[], None] = count_nothing,
    ) -> Booking:
        """Read a booking, change it and write it; retry if somebody else wrote in between.

        `also` returns what else a change of one booking into another writes, in its transaction;
        `written` is called after a write, so not when a repeated request changes nothing.
        Returns the booking as it is then; one that `change` leaves unchanged is not written. Raises
        `NotFound` `booking_not_found`, `WriteConflict` after ten lost races, and what `change`
        raises.
        """

        def write(stored: StoredBooking, changed: Booking) -> None:
            self.change_booking(stored, changed, also=also(stored.booking, changed))

        return update(
            lambda: self.get_booking(location_id, booking_id),
            change,
            write,
            written=written,
        )

    def create_booking(
        self,
        booking: Booking,
        link_digests: tuple[str, ...],
        answer: FirstAnswer | None,
        client_digest: str = "",
    ) -> None:
        """Write a new booking, its payment links, and the answer to the request that made it.

        `client_digest` is the SHA-256 of a token by which the client can open the booking's page.

        Raises `Conflict` `external_id_in_use`, or `WriteConflict` when the same request is being
        answered or was answered already.
        """
        puts = [booking_put(booking, 0)]
        puts += [link_put(booking, digest) for digest in link_digests]
        puts += client_puts(booking)
        if client_digest:
            puts.append(client_access_put(booking, client_digest))
        external = None
        if booking.external_id:
            external = Key(f"{booking.location_id}#external#{booking.external_id}", "external")
            puts.append(Put(external, {"booking_id": booking.booking_id}))
        if answer:
            puts.append(answer_put(booking.location_id, answer))
        try:
            self._table.put(puts)
        except PutRefused as refused:
            if refused.refused == {external}:
                raise Conflict(
                    "Another booking has this external_id.", code="external_id_in_use"
                ) from refused
            raise

    def add_link(
        self,
        stored: StoredBooking,
        changed: Booking,
        link_digest: str,
        orders: Sequence[SendPaymentLink] = (),
        answer: FirstAnswer | None = None,
        also: Sequence[Put] = (),
    ) -> None:
        """Write one more payment link of a booking, orders for its mail, the answer, and `also`.

        Raises `WriteConflict` if the booking has changed, or the same request is being answered or
        was.
        """
        puts = [*change_puts(stored, changed), link_put(changed, link_digest)]
        if answer:
            puts.append(answer_put(changed.location_id, answer))
        puts += message_puts(orders, int(time.time()))
        self._table.put([*puts, *also])

    def list_bookings(
        self,
        location_id: str,
        made: tuple[int, int],
        limit: int,
        after: str | None = None,
        is_wanted: Callable[[Booking], bool] | None = None,
    ) -> Page[Booking]:
        """Return up to `limit` (100 at the most) bookings made in `[start_s, end_s)`, newest first.

        `after` is where an earlier page ended. With a filter that lets few
        through, a page may have fewer than `limit` and still not be the last.
        """
        start_s, end_s = made
        if end_s <= start_s:
            return Page([])
        span = Span(instant_place(start_s), instant_place(end_s), after)
        return self._list(location_id).read_page(span, limit, MAX_READS, is_wanted)

    def iterate_bookings(self, location_id: str, until_s: int, months: int) -> Iterator[Booking]:
        """Yield the bookings made in the last `months` UTC months, newest first."""
        return self._list(location_id).iterate(until_s, months)

    def _list(self, location_id: str) -> MonthList[Booking]:
        return MonthList(self._table, partial(list_partition, location_id), booking_from_dict)

    # ------------------------------------------------------------------ what leads to a booking

    def find_link(self, token_digest: str) -> tuple[str, str] | None:
        """Return the `(location_id, booking_id)` that a payment link's digest leads to."""
        key = link_key(token_digest)
        stored = self._table.get(key).get(key)
        return (stored.body["location_id"], stored.body["booking_id"]) if stored else None

    def get_location_and_booking(
        self, location_id: str, booking_id: str
    ) -> tuple[Location | None, StoredBooking | None]:
        """Return a location and one of its bookings in one call."""
        place, key = location_key(location_id), booking_key(location_id, booking_id)
        found = self._table.get(place, key)
        return _location(found.get(place)), read_booking(found.get(key))

    def get_answer(self, location_id: str, digest: str, now_s: int) -> Answered:
        """Return what is kept under an idempotency key, if it has not expired."""
        key = idempotency_key(location_id, digest)
        return read_answer(self._table.get(key).get(key), now_s)


def _location(stored: Stored | None) -> Location | None:
    return location_from_dict(stored.body) if stored else None
