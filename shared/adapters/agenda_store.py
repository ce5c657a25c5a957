"""Employees' days: an item for each UTC day, with the time of every visit on it.

An agenda's item is written on the condition that it has not changed since it was read: of two
clients who want the same time, one gets it; the other is refused, and nothing of theirs is kept.
Visits are written with their bookings (`BookingStore`); here days are read, and what another
calendar has taken on them is written.
"""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from shared.adapters.bookings_table import BookingsTable, Key, Put
from shared.adapters.retry_write import retry_write
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.calendar.agenda import Agenda


class StoredAgenda(Struct, frozen=True):
    """A day of an employee's, and the version under which it was read, 0 if nothing is on it."""

    agenda: Agenda
    version: int


# By employee and UTC day, such as `("ben", "2026-11-22")`.
type Days = Mapping[tuple[str, str], StoredAgenda]


class AgendaStore:
    """The agendas of all locations."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def get_days(self, location_id: str, employee_ids: Iterable[str], days: Iterable[str]) -> Days:
        """Return employees' days of UTC, empty ones too."""
        wanted = [(employee_id, day) for employee_id in employee_ids for day in days]
        return read_days(self._table, location_id, wanted)

    def days_of(self, booking: Booking) -> Days:
        """Return the days on which a booking takes an employee's time; usually none or one."""
        return read_days(self._table, booking.location_id, _names(booking))

    def change_days(
        self,
        location_id: str,
        employee_id: str,
        days: Iterable[str],
        change: Callable[[str, Agenda], Agenda],
    ) -> dict[str, Agenda]:
        """Change days of one employee's, each by itself, and return them as they are then.

        What `change` leaves as it was is not written. Raises `WriteConflict` where a day changed
        each time; those before it are written.
        """
        wanted = list(days)
        known = self.get_days(location_id, [employee_id], wanted)
        return {
            day: self._change_day(location_id, employee_id, day, change, known[employee_id, day])
            for day in wanted
        }

    def _change_day(
        self,
        location_id: str,
        employee_id: str,
        day: str,
        change: Callable[[str, Agenda], Agenda],
        first: StoredAgenda,
    ) -> Agenda:
        known: StoredAgenda | None = first

        def write() -> Agenda:
            nonlocal known
            stored = known or self.get_days(location_id, [employee_id], [day])[employee_id, day]
            known = None
            agenda = change(day, stored.agenda)
            if agenda != stored.agenda:
                key = _key(location_id, employee_id, day)
                self._table.put([Put(key, agenda.to_dict(), stored.version)])
            return agenda

        return retry_write(write)


def read_days(table: BookingsTable, location_id: str, names: Iterable[tuple[str, str]]) -> Days:
    """Return the days of these employees and UTC days, empty ones too, in one call."""
    keys = {name: _key(location_id, *name) for name in names}
    found = table.get(*keys.values()) if keys else {}
    return {
        name: StoredAgenda(Agenda.from_dict(found[key].body), found[key].version)
        if key in found
        else StoredAgenda(Agenda(), 0)
        for name, key in keys.items()
    }


def agenda_puts(
    table: BookingsTable, before: Booking | None, after: Booking, now_s: int, days: Days | None
) -> list[Put]:
    """Return the writes of a booking's time in the agendas, as it follows from the change.

    `days` are those that the booking takes, if they were read already. Raises `Conflict`
    `slot_taken` if somebody else has the time.
    """
    old, new = _names(before) if before else (), _names(after)
    if before and (old == new and before.held_time() == after.held_time()):
        return []
    time = after.held_time()
    if before and not old and time and time.blocked.end_s <= now_s:
        # All of its time has passed: nobody else can book it any more.
        return []
    names = dict.fromkeys((*old, *new))
    known = days if days is not None and not old else read_days(table, after.location_id, names)
    puts = []
    for (employee_id, day), stored in known.items():
        agenda = stored.agenda.release(after.booking_id)
        if time and (employee_id, day) in new:
            agenda = agenda.take(after.booking_id, time, allow_overlap=after.may_overlap)
        if agenda != stored.agenda:
            key = _key(after.location_id, employee_id, day)
            puts.append(Put(key, agenda.to_dict(), stored.version))
    return puts


def _names(booking: Booking) -> tuple[tuple[str, str], ...]:
    time = booking.held_time()
    if time is None or not booking.employee_id:
        return ()
    return tuple((booking.employee_id, day) for day in time.blocked.utc_days())


def _key(location_id: str, employee_id: str, day: str) -> Key:
    return Key(f"{location_id}#agenda#{employee_id}", day)
