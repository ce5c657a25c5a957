"""Where the items of a location's catalogue are, for those that read few of them."""

from shared.adapters.bookings_table import Key

SERVICE, EMPLOYEE, ABSENCES, CLOSURES = "service#", "employee#", "absences#", "closures"


def catalogue_partition(location_id: str) -> str:
    """Return the partition of everything that a location offers."""
    return f"{location_id}#catalogue"


def service_key(location_id: str, service_id: str) -> Key:
    """Return where a service is."""
    return Key(catalogue_partition(location_id), f"{SERVICE}{service_id}")


def employee_key(location_id: str, employee_id: str) -> Key:
    """Return where an employee is."""
    return Key(catalogue_partition(location_id), f"{EMPLOYEE}{employee_id}")


def absences_key(location_id: str, employee_id: str | None) -> Key:
    """Return where an employee's absences are, or with `None` the location's closures."""
    sort_key = CLOSURES if employee_id is None else f"{ABSENCES}{employee_id}"
    return Key(catalogue_partition(location_id), sort_key)
