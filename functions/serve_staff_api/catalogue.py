"""The catalogue: the services that a location offers, and the employees who give them."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from functions.serve_staff_api.entries import (
    View,
    authorize_here,
    delete_entry,
    expect_same_id,
    put_entry,
)
from functions.serve_staff_api.setting_requests import EmployeeInput, ServiceInput
from functions.serve_staff_api.touching import DryRunQuery
from shared import environment
from shared.adapters.bookings_table import Put
from shared.adapters.catalogue_store import CatalogueStore
from shared.domain.catalogue.services import (
    Employee,
    OpeningHours,
    Service,
    employee_to_dict,
    minute_of_day,
    service_to_dict,
)
from shared.domain.catalogue.terms_warnings import service_warnings
from shared.domain.errors import InvalidInput
from shared.domain.locations.location import Location
from shared.domain.mistakes import mistake
from shared.domain.money.money import Money
from shared.entrypoints.caller import read_caller
from shared.entrypoints.cursors import PageQuery, page_of
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of
from shared.entrypoints.validation import read_query

router = Router()  # type: ignore[no-untyped-call]
SERVICES = "/v1/locations/<location_id>/services"
EMPLOYEES = "/v1/locations/<location_id>/employees"


@router.get(SERVICES)
def get_services(location_id: str) -> View:
    """List services by position and name."""
    authorize_here(router, location_id, "read_catalogue", takes=PageQuery)
    services = environment.get(CatalogueStore).list_services(location_id)
    return _page(
        [
            (f"{each.position:05d}{_sort_key(each.name, each.service_id)}", service_to_dict(each))
            for each in services
        ]
    )


@router.put(f"{SERVICES}/<service_id>")
def put_service(location_id: str, service_id: str) -> View:
    """Make or replace a service; the answer warns where its price does not fit the terms."""
    staff = authorize_here(router, location_id, "change_catalogue", takes=DryRunQuery)
    location, store = staff.location, environment.get(CatalogueStore)
    service = _service(location, service_id, parse(ServiceInput, body_of(router)))

    def save(audit: Put) -> View:
        store.put_service(location_id, service, audit)
        terms = store.get_terms(location_id, location.currency)
        warnings = service_warnings(terms, service, location.settlement_currency())
        return {**service_to_dict(service), "warnings": warnings}

    return put_entry(router, staff, "service", service_id, save)


@router.delete(f"{SERVICES}/<service_id>")
def delete_service(location_id: str, service_id: str) -> Response[Any]:
    """Delete a service; its bookings stay."""
    delete = environment.get(CatalogueStore).delete_service
    return delete_entry(router, location_id, service_id, "service", delete)


@router.get(EMPLOYEES)
def get_employees(location_id: str) -> View:
    """List employees by name."""
    authorize_here(router, location_id, "read_catalogue", takes=PageQuery)
    employees = environment.get(CatalogueStore).list_employees(location_id)
    return _page(
        [(_sort_key(each.name, each.employee_id), employee_to_dict(each)) for each in employees]
    )


@router.put(f"{EMPLOYEES}/<employee_id>")
def put_employee(location_id: str, employee_id: str) -> View:
    """Make or replace an employee."""
    staff = authorize_here(router, location_id, "change_catalogue", takes=DryRunQuery)
    employee = _employee(employee_id, parse(EmployeeInput, body_of(router)))

    def save(audit: Put) -> View:
        environment.get(CatalogueStore).put_employee(location_id, employee, audit)
        return employee_to_dict(employee)

    return put_entry(router, staff, "employee", employee_id, save)


@router.delete(f"{EMPLOYEES}/<employee_id>")
def delete_employee(location_id: str, employee_id: str) -> Response[Any]:
    """Delete an employee; their bookings stay."""
    delete = environment.get(CatalogueStore).delete_employee
    return delete_entry(router, location_id, employee_id, "employee", delete)


def _page(listed: list[tuple[str, View]]) -> View:
    return page_of(listed, read_query(PageQuery, read_caller(router).query))


def _sort_key(name: str, own_id: str) -> str:
    """Return the place in a list by name; the id decides between equal names."""
    # No name has a control character in it.
    return f"{name}\0{own_id}"


def _employee(employee_id: str, asked: EmployeeInput) -> Employee:
    expect_same_id("employee_id", asked.employee_id, employee_id)
    hours = tuple(
        OpeningHours(each.weekday, minute_of_day(each.start), minute_of_day(each.end))
        for each in asked.hours
    )
    return Employee(employee_id, asked.name, hours)


def _service(location: Location, service_id: str, asked: ServiceInput) -> Service:
    expect_same_id("service_id", asked.service_id, service_id)
    if asked.currency not in (None, location.currency):
        raise InvalidInput(
            f"The location takes {location.currency}.",
            code="currency_not_supported",
            errors=[mistake("/currency", f"must be {location.currency}, the location's")],
        )
    return Service(
        service_id=service_id,
        name=asked.name,
        price=Money(asked.price, location.currency),
        duration_minutes=asked.duration_minutes,
        employee_ids=None if asked.employee_ids is None else tuple(asked.employee_ids),
        buffer_before_minutes=asked.buffer_before_minutes,
        buffer_after_minutes=asked.buffer_after_minutes,
        category=asked.category,
        description=asked.description,
        position=asked.position,
    )
