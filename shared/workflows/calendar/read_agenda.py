"""A location's days are read: its visits, who is away, and what other calendars have taken.

One query of the visits' entries, one of the catalogue, and then the bookings and the employees'
days, a hundred items with each call. However long the history is, it is not looked at.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from msgspec import Struct

from shared.adapters.agenda_store import AgendaStore, Days
from shared.adapters.booking_lists import BookingLists
from shared.adapters.catalogue_store import Catalogue, CatalogueStore
from shared.domain.activity.agenda_view import TimeOff, agenda_days
from shared.domain.calendar.intervals import Interval, merged
from shared.domain.calendar.opening import day_interval
from shared.domain.dates.instants import DAY_S
from shared.domain.errors import InvalidInput
from shared.domain.locations.location import Location
from shared.domain.mistakes import mistake

MAX_DAYS = 31
# A week of a house with three hundred employees, a month of one with ninety.
MAX_VISITS, MAX_EMPLOYEE_DAYS = 3000, 3000
# So many entries are looked through for the visits of one employee.
MAX_ENTRIES = 20_000


class AgendaSearch(Struct, frozen=True):
    """The local days from `first` to `last`, both included, of everybody or of one employee."""

    first: date
    last: date
    employee_id: str | None = None

    def days(self) -> list[date]:
        """Return the days in order."""
        number = (self.last - self.first).days + 1
        return [self.first + timedelta(days=each) for each in range(number)]

    def time(self, timezone: str) -> Interval:
        """Return the time of all the days."""
        first, last = day_interval(self.first, timezone), day_interval(self.last, timezone)
        return Interval(first.start_s, last.end_s)


def read_agenda(
    location: Location,
    search: AgendaSearch,
    *,
    lists: BookingLists,
    agendas: AgendaStore,
    catalogue: CatalogueStore,
) -> list[dict[str, Any]]:
    """Return the contract's `days`; raises `InvalidInput` `agenda_too_large`."""
    location_id, time = location.location_id, search.time(location.timezone)
    wanted = search.employee_id
    entries = lists.read_visits(location_id, (time.start_s, time.end_s), MAX_ENTRIES)
    shown = [each for each in entries if wanted in (None, each.employee_id)]
    known = catalogue.get_catalogue(location_id)
    names = {each.employee_id: each.name for each in known.employees}
    booked = {each.employee_id for each in shown if each.employee_id}
    whose = [wanted] if wanted else sorted({*names, *booked})
    around = Interval(time.start_s - DAY_S, time.end_s + DAY_S).utc_days()
    is_too_large = len(shown) > MAX_VISITS or len(whose) * len(around) > MAX_EMPLOYEE_DAYS
    if is_too_large or len(entries) == MAX_ENTRIES:
        raise _too_large()
    taken = agendas.get_days(location_id, whose, around)
    return agenda_days(
        search.days(),
        location.timezone,
        lists.get_bookings(location_id, [each.booking_id for each in shown]),
        [*_absences(known, whose), *_busy(taken)],
        {key for stored in taken.values() for key in stored.agenda.overlapping()},
        names,
    )


def _absences(known: Catalogue, whose: Iterable[str]) -> Iterator[TimeOff]:
    for each in known.closures.in_order():
        yield TimeOff("closure", each.time, None, each.absence_id, each.reason)
    for employee_id in whose:
        if employee_id in known.absences:
            for each in known.absences[employee_id].in_order():
                yield TimeOff("absence", each.time, employee_id, each.absence_id, each.reason)


def _busy(taken: Days) -> Iterator[TimeOff]:
    """Give what other calendars have taken; over UTC's midnight it is stored in two parts."""
    by_employee = sorted(taken.items(), key=lambda each: each[0])
    for employee_id, days in groupby(by_employee, key=lambda each: each[0][0]):
        for time in merged(busy for _, stored in days for busy in stored.agenda.busy):
            yield TimeOff("busy", time, employee_id)


def _too_large() -> InvalidInput:
    detail = "There is more on these days than one answer holds."
    errors = [mistake("/query/to", "ask for fewer days, or for one employee")]
    return InvalidInput(detail, code="agenda_too_large", errors=errors)
