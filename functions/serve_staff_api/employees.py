"""Employees: who works at a location, and when."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from functions.serve_staff_api.catalogue_entries import (
    authorize_here,
    delete_entry,
    expect_same_id,
    is_dry_run,
    sort_key,
    what_it_touches,
)
from functions.serve_staff_api.setting_requests import EmployeeInput
from functions.serve_staff_api.touching import DryRunQuery
from shared import environment
from shared.adapters.catalogue_store import CatalogueStore
from shared.domain.catalogue.services import Employee, OpeningHours, employee_to_dict, minute_of_day
from shared.entrypoints.caller import read_caller
from shared.entrypoints.cursors import PageQuery, page_of
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of
from shared.entrypoints.validation import read_query
from shared.workflows.staff import audit_of

router = Router()  # type: ignore[no-untyped-call]
HERE = "/v1/locations/<location_id>"


@router.get(f"{HERE}/employees")
def get_employees(location_id: str) -> dict[str, Any]:
    """List employees by name."""
    authorize_here(router, location_id, "read_catalogue", takes=PageQuery)
    employees = environment.get(CatalogueStore).list_employees(location_id)
    return page_of(
        [(sort_key(each.name, each.employee_id), employee_to_dict(each)) for each in employees],
        read_query(PageQuery, read_caller(router).query),
    )


@router.put(f"{HERE}/employees/<employee_id>")
def put_employee(location_id: str, employee_id: str) -> dict[str, Any]:
    """Make or replace an employee."""
    staff = authorize_here(router, location_id, "change_catalogue", takes=DryRunQuery)
    asked = parse(EmployeeInput, body_of(router))
    expect_same_id("employee_id", asked.employee_id, employee_id)
    hours = tuple(
        OpeningHours(each.weekday, minute_of_day(each.start), minute_of_day(each.end))
        for each in asked.hours
    )
    employee = Employee(employee_id, asked.name, hours)
    if is_dry_run(router):
        return what_it_touches(location_id, "employee_id", employee_id)
    audit = audit_of(staff, "employee.saved", employee=employee_id)
    environment.get(CatalogueStore).put_employee(location_id, employee, audit)
    return employee_to_dict(employee)


@router.delete(f"{HERE}/employees/<employee_id>")
def delete_employee(location_id: str, employee_id: str) -> Response[Any]:
    """Delete an employee; their bookings stay."""
    return delete_entry(
        router,
        location_id,
        employee_id,
        "employee",
        environment.get(CatalogueStore).delete_employee,
    )
