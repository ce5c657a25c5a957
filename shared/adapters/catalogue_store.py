"""What a location offers and on which terms: services, employees and terms, as items of the table.

Bookings carry what they need of these (price, description): deleting a service touches none.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from shared.adapters.bookings_table import BookingsTable, Delete, Found, Key, Put, Stored
from shared.adapters.catalogue_keys import (
    ABSENCES,
    CLOSURES,
    EMPLOYEE,
    SERVICE,
    absences_key,
    catalogue_partition,
    employee_key,
    service_key,
)
from shared.adapters.location_store import location_key
from shared.adapters.retry_write import retry_write
from shared.config import Config
from shared.domain.calendar.absences import NONE, Absences
from shared.domain.calendar.intervals import Interval
from shared.domain.catalogue.services import (
    Employee,
    Service,
    employee_from_dict,
    employee_to_dict,
    service_from_dict,
    service_place,
    service_to_dict,
)
from shared.domain.catalogue.terms import Terms
from shared.domain.catalogue.terms_document import terms_from_dict, terms_to_dict
from shared.domain.errors import Conflict, InvalidFacts, InvalidInput
from shared.domain.locations.location import Location, location_from_dict

# Of each kind; a catalogue is read as a whole to list it by name, and for the widget.
MAX_SERVICES, MAX_EMPLOYEES = 200, 300
# Every employee may have absences, and the location closures.
MAX_ITEMS = MAX_SERVICES + 2 * MAX_EMPLOYEES + 1


class Catalogue(Struct, frozen=True):
    """All services and employees of a location, each in the order of their lists.

    `absences` are by employee id, for those who have any.
    """

    services: tuple[Service, ...]
    employees: tuple[Employee, ...]
    absences: Mapping[str, Absences]
    closures: Absences

    def off_times(self, employee_id: str) -> tuple[Interval, ...]:
        """Return when an employee is away, or the location closed."""
        return off_times(self.absences.get(employee_id, NONE), self.closures)

    def names(self) -> dict[str, str]:
        """Return the names of services and employees by id."""
        return {
            **{each.service_id: each.name for each in self.services},
            **{each.employee_id: each.name for each in self.employees},
        }


def off_times(absences: Absences, closures: Absences) -> tuple[Interval, ...]:
    """Return the time in which nobody can be booked, whoever is away."""
    return (*absences.times(), *closures.times())


class OfferItems(Struct, frozen=True):
    """What a location has for one service by one employee; `None` for what is not there."""

    location: Location
    terms: Terms
    service: Service | None
    employee: Employee | None
    off: tuple[Interval, ...]


class CatalogueStore:
    """The catalogues and terms of all locations; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def get_catalogue(self, location_id: str) -> Catalogue:
        """Return everything that a location offers, in a few pages of one query."""
        found = self._table.query_partition(catalogue_partition(location_id), "", MAX_ITEMS)
        services = [_service(each.stored) for each in found if each.sk.startswith(SERVICE)]
        employees = [_employee(each.stored) for each in found if each.sk.startswith(EMPLOYEE)]
        return Catalogue(
            tuple(sorted(services, key=service_place)),
            tuple(sorted(employees, key=lambda each: (each.name, each.employee_id))),
            {
                each.sk.removeprefix(ABSENCES): _absences(each.stored)
                for each in found
                if each.sk.startswith(ABSENCES)
            },
            next((_absences(each.stored) for each in found if each.sk == CLOSURES), NONE),
        )

    def list_services(self, location_id: str) -> list[Service]:
        """Return all services in the order of their lists."""
        found = [_service(each.stored) for each in self._list(location_id, SERVICE, MAX_SERVICES)]
        return sorted(found, key=service_place)

    def list_employees(self, location_id: str) -> list[Employee]:
        """Return all employees by name and then id."""
        listed = self._list(location_id, EMPLOYEE, MAX_EMPLOYEES)
        found = [_employee(each.stored) for each in listed]
        return sorted(found, key=lambda each: (each.name, each.employee_id))

    def get_service(self, location_id: str, service_id: str) -> Service | None:
        """Return a service, or `None`."""
        stored = self._get(service_key(location_id, service_id))
        return _service(stored) if stored else None

    def get_employee(self, location_id: str, employee_id: str) -> Employee | None:
        """Return an employee, or `None`."""
        stored = self._get(employee_key(location_id, employee_id))
        return _employee(stored) if stored else None

    def put_service(self, location_id: str, service: Service, audit: Put | None = None) -> None:
        """Write a service over what is there; raises `Conflict` `catalogue_full`."""
        key = service_key(location_id, service.service_id)
        self._put(key, service_to_dict(service), audit, SERVICE, MAX_SERVICES)

    def put_employee(self, location_id: str, employee: Employee, audit: Put | None = None) -> None:
        """Write an employee over what is there; raises `Conflict` `catalogue_full`."""
        key = employee_key(location_id, employee.employee_id)
        self._put(key, employee_to_dict(employee), audit, EMPLOYEE, MAX_EMPLOYEES)

    def delete_service(self, location_id: str, service_id: str, audit: Put) -> None:
        """Take a service away, if it is there; its bookings stay as they are."""
        self._table.put([Delete(service_key(location_id, service_id)), audit])

    def delete_employee(self, location_id: str, employee_id: str, audit: Put) -> None:
        """Take an employee and their absences away; their bookings stay as they are."""
        keys = (employee_key(location_id, employee_id), absences_key(location_id, employee_id))
        self._table.put([*map(Delete, keys), audit])

    def get_absences(self, location_id: str, employee_id: str | None) -> Absences:
        """Return an employee's absences, or with `None` the location's closures."""
        return _absences(self._get(absences_key(location_id, employee_id)))

    def get_off_times(self, location_id: str, employee_id: str) -> tuple[Interval, ...]:
        """Return when an employee is away or the location closed, in one call."""
        away, closed = absences_key(location_id, employee_id), absences_key(location_id, None)
        found = self._table.get(away, closed)
        return off_times(_absences(found.get(away)), _absences(found.get(closed)))

    def change_absences(
        self,
        location_id: str,
        employee_id: str | None,
        change: Callable[[Absences], Absences],
        audit: Put,
    ) -> Absences:
        """Write an employee's absences, or the closures, as `change` makes them; return them.

        What `change` leaves as it was is not written. Raises what it raises.
        """
        key = absences_key(location_id, employee_id)

        def write() -> Absences:
            stored = self._get(key)
            known = _absences(stored)
            changed = change(known)
            if changed != known:
                put = Put(key, changed.to_dict(), stored.version if stored else 0)
                self._table.put([put, audit])
            return changed

        return retry_write(write)

    def get_terms(self, location_id: str, currency: str) -> Terms:
        """Return a location's terms, or those of one that has saved none: nothing online."""
        stored = self._get(_terms_key(location_id))
        return _terms(stored, currency)

    def put_terms(self, location_id: str, terms: Terms, audit: Put | None = None) -> None:
        """Write a location's terms over what is there."""
        self._put(_terms_key(location_id), terms_to_dict(terms), audit)

    def get_location_and_terms(self, location_id: str) -> tuple[Location, Terms] | None:
        """Return a location with its terms, in one call, or `None`."""
        here, terms = location_key(location_id), _terms_key(location_id)
        found = self._table.get(here, terms)
        if here not in found:
            return None
        location = location_from_dict(found[here].body)
        return location, _terms(found.get(terms), location.currency)

    def get_offer(self, location_id: str, service_id: str, employee_id: str) -> OfferItems | None:
        """Return all that one visit is booked by, in one call; `None` without the location."""
        here, terms = location_key(location_id), _terms_key(location_id)
        service, employee = (
            service_key(location_id, service_id),
            employee_key(location_id, employee_id),
        )
        away, closed = absences_key(location_id, employee_id), absences_key(location_id, None)
        found = self._table.get(here, terms, service, employee, away, closed)
        if here not in found:
            return None
        location = location_from_dict(found[here].body)
        return OfferItems(
            location,
            _terms(found.get(terms), location.currency),
            _service(found[service]) if service in found else None,
            _employee(found[employee]) if employee in found else None,
            off_times(_absences(found.get(away)), _absences(found.get(closed))),
        )

    def _get(self, key: Key) -> Stored | None:
        return self._table.get(key).get(key)

    def _list(self, location_id: str, kind: str, limit: int) -> list[Found]:
        return self._table.query_partition(catalogue_partition(location_id), kind, limit)

    def _put(
        self, key: Key, body: Mapping[str, Any], audit: Put | None, kind: str = "", limit: int = 0
    ) -> None:
        """Replace an item as a whole: the last write wins."""

        def write() -> None:
            stored = self._get(key)
            if limit and stored is None and self._count(key.pk, kind, limit) >= limit:
                raise Conflict(f"A location has at most {limit} of these.", code="catalogue_full")
            put = Put(key, body, stored.version if stored else 0)
            self._table.put([put, audit] if audit else [put])

        retry_write(write)

    def _count(self, partition: str, kind: str, limit: int) -> int:
        return len(self._table.query_partition(partition, kind, limit))


def _terms_key(location_id: str) -> Key:
    return Key(f"{location_id}#terms", "terms")


def _service(stored: Stored) -> Service:
    return _read(lambda: service_from_dict(stored.body))


def _employee(stored: Stored) -> Employee:
    return _read(lambda: employee_from_dict(stored.body))


def _absences(stored: Stored | None) -> Absences:
    return _read(lambda: Absences.from_dict(stored.body)) if stored else NONE


def _terms(stored: Stored | None, currency: str) -> Terms:
    return _read(lambda: terms_from_dict(stored.body, currency)) if stored else Terms()


def _read[Kept](read: Callable[[], Kept]) -> Kept:
    """Read what was stored: an error in it is ours, not the caller's."""
    try:
        return read()
    except InvalidInput as error:
        pointers = ", ".join(each["pointer"] for each in error.errors)
        raise InvalidFacts(f"an item of the catalogue is not valid: {pointers}") from error
