"""The location and the employee of a booking, in one call and without the rest of a catalogue."""

from shared.adapters.bookings_table import BookingsTable
from shared.adapters.catalogue_keys import employee_key
from shared.adapters.location_store import location_key
from shared.config import Config
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.locations.location import location_from_dict


class VisitHosts:
    """Who receives clients, at all locations."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def get(self, location_id: str, employee_id: str | None) -> VisitHost | None:
        """Return who receives the client of a booking, `None` without its location."""
        here = location_key(location_id)
        person = employee_key(location_id, employee_id) if employee_id else None
        found = self._table.get(here, *([person] if person else []))
        if here not in found:
            return None
        employee = found.get(person) if person else None
        name = str(employee.body["name"]) if employee else ""
        return VisitHost(location_from_dict(found[here].body), name)
