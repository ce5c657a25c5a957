"""The slots of some days at which a service can be booked online."""

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct

from shared.adapters.agenda_store import AgendaStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.domain.calendar.agenda import blocked_intervals
from shared.domain.calendar.intervals import Interval
from shared.domain.calendar.opening import day_interval, opening_intervals
from shared.domain.calendar.slots import BookingWindow, Unavailable, free_slots, time_of
from shared.domain.catalogue.services import Employee, Service
from shared.domain.errors import NotFound
from shared.domain.locations.location import Location


class SlotSearch(Struct, frozen=True):
    """What a client looks for: `days` local days from `first` on, of anybody or of one employee."""

    first: date
    days: int
    service_id: str
    employee_id: str | None


def find_free_slots(
    location: Location,
    search: SlotSearch,
    *,
    catalogue: CatalogueStore,
    agendas: AgendaStore,
    now_s: int,
) -> list[tuple[int, str]]:
    """Return `(start_s, employee_id)` of each free slot, in order; none without online booking.

    Raises `NotFound` `service_not_found` and `employee_not_found`.
    """
    found = catalogue.get_catalogue(location.location_id)
    service = next((s for s in found.services if s.service_id == search.service_id), None)
    if service is None:
        raise NotFound("There is no such service.", code="service_not_found")
    wanted = search.employee_id
    employees = [
        employee
        for employee in found.employees
        if service.is_done_by(employee.employee_id) and wanted in (None, employee.employee_id)
    ]
    if wanted and not employees:
        raise NotFound("There is no such employee for this service.", code="employee_not_found")
    if not location.online_booking_enabled:
        return []
    # Whoever does not work on these days is not looked up: a house may have 300 employees.
    working = [each for each in employees if _works(each, search, location.timezone)]
    taken = _taken(location, search, service, working, agendas)
    unavailable = {
        name: Unavailable(blocked, found.off_times(name)) for name, blocked in taken.items()
    }
    window = BookingWindow.of(location)
    return sorted(
        (slot.start_s, employee.employee_id)
        for employee in working
        for day in _days(search)
        for slot in free_slots(
            employee, day, window, service, unavailable[employee.employee_id], now_s
        )
    )


def _works(employee: Employee, search: SlotSearch, timezone: str) -> bool:
    return any(opening_intervals(employee, day, timezone) for day in _days(search))


def _days(search: SlotSearch) -> list[date]:
    return [search.first + timedelta(days=number) for number in range(search.days)]


def _taken(
    location: Location,
    search: SlotSearch,
    service: Service,
    employees: Sequence[Employee],
    agendas: AgendaStore,
) -> dict[str, list[Interval]]:
    """Return what is taken of each employee's time around the days, by `employee_id`."""
    shown = _days(search)
    start_s = day_interval(shown[0], location.timezone).start_s
    end_s = day_interval(shown[-1], location.timezone).end_s
    # From the first visit's buffer to the end of that after the last one.
    around = Interval(
        time_of(service, start_s).blocked.start_s, time_of(service, end_s).blocked.end_s
    )
    names = [employee.employee_id for employee in employees]
    days = agendas.get_days(location.location_id, names, around.utc_days())
    return {
        name: blocked_intervals(each.agenda for (who, _), each in days.items() if who == name)
        for name in names
    }
