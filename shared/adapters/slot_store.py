"""Slots and the bookings that take them: each change is one transaction over both.

An agenda's item is written on the condition that it has not changed since it was read: of two
clients who want the same slot, one gets it; the other is refused, and nothing of theirs is kept.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.adapters.bindings import Bindings
from shared.adapters.booking_items import StoredBooking, booking_key, change_puts, read_booking
from shared.adapters.booking_links import (
    ClientAccess,
    client_access_key,
    client_access_put,
    link_put,
)
from shared.adapters.booking_updates import count_nothing, update, write_nothing_else
from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put
from shared.adapters.client_index import client_puts
from shared.adapters.first_answers import FirstAnswer, answer_put, idempotency_key
from shared.adapters.hold_store import Hold, hold_key, hold_put
from shared.adapters.subject_items import charge_puts
from shared.config import Config
from shared.domain.activity.apply_event import with_facts
from shared.domain.bookings.booking import AWAITING_PAYMENT, WAITING_STATUSES, Booking
from shared.domain.bookings.proved_address import confirm_address
from shared.domain.calendar.agenda import Agenda
from shared.domain.stripe_facts.payment_facts import Facts
from shared.domain.visits.reopening import takes_slot_again


@dataclass(frozen=True, slots=True)
class StoredAgenda:
    """A day of an employee's, and the version under which it was read."""

    agenda: Agenda
    version: int


class SlotStore:
    """The agendas of all locations, and the bookings that clients make themselves."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)
        self._bindings = Bindings(config)

    def get_days(
        self, location_id: str, employee_ids: Iterable[str], days: Iterable[str]
    ) -> dict[tuple[str, str], StoredAgenda]:
        """Return employees' days of UTC (`2026-11-22`) by `(employee_id, day)`, empty ones too."""
        keys = {
            (employee_id, day): _agenda_key(location_id, employee_id, day)
            for employee_id in employee_ids
            for day in days
        }
        found = self._table.get(*keys.values()) if keys else {}
        return {
            name: StoredAgenda(Agenda.from_dict(found[key].body), found[key].version)
            if key in found
            else StoredAgenda(Agenda(), 0)
            for name, key in keys.items()
        }

    def take_slot(
        self,
        booking: Booking,
        days: Mapping[str, StoredAgenda],
        *,
        token_digest: str,
        link_digest: str,
        answer: FirstAnswer | None,
    ) -> None:
        """Write a new booking together with its slot in `days`, its links and its first answer.

        Raises `Conflict` `slot_taken`, or `WriteConflict` when a day has changed since it was read,
        or the same request is being answered.
        """
        puts: list[Put | Delete] = [
            *change_puts(None, booking),
            client_access_put(booking, token_digest),
            link_put(booking, link_digest),
            *client_puts(booking),
        ]
        puts += self._taking(booking, days)
        if booking.online and booking.online.hold_until_s:
            hold = Hold(booking.location_id, booking.booking_id)
            puts.append(hold_put(hold, booking.online.hold_until_s))
        if answer:
            puts.append(answer_put(booking.location_id, answer))
        self._table.put(puts)

    def release_slot(
        self,
        stored: StoredBooking,
        changed: Booking,
        days: Mapping[str, StoredAgenda],
        *,
        forget_answer: str = "",
        also: Sequence[Put] = (),
    ) -> None:
        """Write a booking that has ended, its freed slot, and `also`.

        `forget_answer` is the digest of an idempotency key whose request failed after all. Raises
        `WriteConflict` when the booking or a day has changed since it was read.
        """
        puts = change_puts(stored, changed)
        puts += [*also, Delete(hold_key(changed.booking_id))]
        if forget_answer:
            puts.append(Delete(idempotency_key(changed.location_id, forget_answer)))
        puts += [
            self._agenda_put(changed, day, each.agenda.release(changed.booking_id), each)
            for day, each in days.items()
        ]
        self._table.put(puts)

    def retake_slot(
        self,
        stored: StoredBooking,
        changed: Booking,
        days: Mapping[str, StoredAgenda],
    ) -> None:
        """Write a booking that has its slot again, together with the slot.

        Raises `Conflict` `slot_taken`, or `WriteConflict` when the booking or a day has changed
        since it was read.
        """
        self._table.put([*change_puts(stored, changed), *self._taking(changed, days)])

    def reopen_visit(
        self,
        stored: StoredBooking,
        changed: Booking,
        now_s: int,
        *,
        answer: FirstAnswer | None = None,
        also: Sequence[Put] = (),
    ) -> None:
        """Write a booking whose end is undone, and take its slot again if it is still ahead.

        `answer` and `also` are as with `BookingStore.change_booking`. Raises `Conflict`
        `slot_taken`, or `WriteConflict` when the booking or a day has changed since it was read, or
        the same request is being answered.
        """
        puts = [*change_puts(stored, changed), *also]
        if answer:
            puts.append(answer_put(changed.location_id, answer))
        if takes_slot_again(stored.booking, changed, now_s):
            puts += self._taking(changed, self.days_of(changed))
        self._table.put(puts)

    def _taking(self, booking: Booking, days: Mapping[str, StoredAgenda]) -> list[Put]:
        time = booking.taken_time()
        if time is None:
            return []
        return [
            self._agenda_put(booking, day, each.agenda.take(booking.booking_id, time), each)
            for day, each in days.items()
        ]

    def days_of(self, booking: Booking) -> dict[str, StoredAgenda]:
        """Return the UTC days on which a booking takes an employee's time; usually none or one."""
        time = booking.taken_time()
        if time is None:
            return {}
        names, days = [booking.employee_id or ""], time.blocked.utc_days()
        found = self.get_days(booking.location_id, names, days)
        return {day: agenda for (_, day), agenda in found.items()}

    def end_visit(
        self,
        location_id: str,
        booking_id: str,
        change: Callable[[Booking], Booking],
        also: Callable[[Booking, Booking], Sequence[Put]] = write_nothing_else,
        *,
        written: Callable[[], None] = count_nothing,
    ) -> Booking:
        """Read a booking, end it by `change`, and write it with its freed slot.

        `also` and `written` are as with `BookingStore.update_booking`. Returns the booking as it is
        then; what `change` leaves as it was is not written. Raises `NotFound` `booking_not_found`,
        `WriteConflict` after ten lost races, and what `change` raises.
        """

        def write(stored: StoredBooking, changed: Booking) -> None:
            more = also(stored.booking, changed)
            self.release_slot(stored, changed, self.days_of(changed), also=more)

        return update(
            lambda: self.get_booking(location_id, booking_id), change, write, written=written
        )

    def end_hold(self, stored: StoredBooking, changed: Booking, caused_by: str = "") -> None:
        """Write a booking whose slot no longer waits; raises `WriteConflict` if it has changed.

        `caused_by` names the change, as in `change_puts`. Its charges are written under their own
        keys too, as later refunds and disputes name no booking; its intents are bound to it.
        """
        puts = change_puts(stored, changed, caused_by)
        puts.append(Delete(hold_key(changed.booking_id)))
        self._table.put([*puts, *self._charge_puts(changed)])

    def ours(self, booking: Booking, asked: Facts) -> Facts:
        """Return facts that were fetched from Stripe without those of other bookings."""
        return self._bindings.ours(booking.location_id, booking.booking_id, asked)

    def keep_or_end_hold(self, stored: StoredBooking, changed: Booking) -> None:
        """Write a booking that needs no payment now; raises `WriteConflict` if it has changed.

        Its slot no longer waits, or waits for its client's confirmation instead.
        """
        if changed.status not in WAITING_STATUSES or changed.online is None:
            self.end_hold(stored, changed)
            return
        hold = Hold(changed.location_id, changed.booking_id)
        self._table.put(
            [*change_puts(stored, changed), hold_put(hold, changed.online.hold_until_s)]
        )

    def confirm_address(
        self,
        location_id: str,
        booking_id: str,
        now_s: int,
        *,
        written: Callable[[], None] = count_nothing,
    ) -> Booking:
        """Confirm a booking whose client followed the link in their mail.

        `written` is as with `BookingStore.update_booking`. Returns the booking as it is then.
        Raises `NotFound` `booking_not_found`, `WriteConflict` after ten lost races, and `Conflict`
        as `proved_address.confirm_address` does.
        """
        return update(
            lambda: self.get_booking(location_id, booking_id),
            lambda booking: confirm_address(booking, now_s),
            self.end_hold,
            written=written,
        )

    def record_asked(self, stored: StoredBooking, changed: Booking, caused_by: str) -> None:
        """Write what Stripe answered about a booking; its slot waits as before.

        Its charges are written under their own keys too, and it raises, as with `end_hold`.
        """
        puts = change_puts(stored, changed, caused_by)
        self._table.put([*puts, *self._charge_puts(changed)])

    def take_up(self, location_id: str, booking_id: str, asked: Facts, now_s: int) -> Booking:
        """Record facts that were fetched from Stripe about a booking, and return the booking.

        Facts of other bookings are left out, and nothing is written if all was known.
        Raises `NotFound` `booking_not_found`, and `WriteConflict` after ten lost races.
        """

        def write(stored: StoredBooking, changed: Booking) -> None:
            waits_no_more = stored.booking.status == AWAITING_PAYMENT != changed.status
            record = self.end_hold if waits_no_more else self.record_asked
            record(stored, changed, "")

        return update(
            lambda: self.get_booking(location_id, booking_id),
            lambda known: with_facts(known, self.ours(known, asked), now_s),
            write,
        )

    def _charge_puts(self, booking: Booking) -> list[Put]:
        names = (booking.location_id, booking.booking_id, booking.facts)
        return [*charge_puts(self._table, booking), *self._bindings.missing_puts(*names)]

    def find_client_access(self, booking_id: str) -> ClientAccess | None:
        """Return where a booking's id leads, or `None`."""
        key = client_access_key(booking_id)
        stored = self._table.get(key).get(key)
        return ClientAccess(**stored.body) if stored else None

    def get_booking(self, location_id: str, booking_id: str) -> StoredBooking | None:
        """Return a booking of this location, or `None`."""
        key = booking_key(location_id, booking_id)
        return read_booking(self._table.get(key).get(key))

    @staticmethod
    def _agenda_put(booking: Booking, day: str, agenda: Agenda, stored: StoredAgenda) -> Put:
        key = _agenda_key(booking.location_id, booking.employee_id or "", day)
        return Put(key, agenda.to_dict(), stored.version)


def _agenda_key(location_id: str, employee_id: str, day: str) -> Key:
    return Key(f"{location_id}#agenda#{employee_id}", day)
