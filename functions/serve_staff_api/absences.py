"""Time off: absences of employees, and closures of the location. Nobody can be booked in them."""

import time
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from functions.serve_staff_api.entries import authorize_here, find_entry
from shared import environment
from shared.adapters.agenda_store import AgendaStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.domain.calendar.absences import MAX_REASON_CHARS, Absence, Absences
from shared.domain.calendar.intervals import Interval
from shared.domain.catalogue.services import NO_ID, is_catalogue_id
from shared.domain.dates.instants import rfc3339
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.mistakes import mistake
from shared.entrypoints.field_types import Instant
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of
from shared.entrypoints.validation import Body
from shared.workflows.calendar.conflicts import Conflicts, find_conflicts
from shared.workflows.staff import Staff, audit_of

router = Router()  # type: ignore[no-untyped-call]
HERE = "/v1/locations/<location_id>"
ABSENCES = f"{HERE}/employees/<employee_id>/absences"
CLOSURES = f"{HERE}/closures"


class TimeOffInput(Body):
    """From when to when nobody can be booked; the reason is for staff alone."""

    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]
    reason: Annotated[str, Field(max_length=MAX_REASON_CHARS)] = ""


@router.get(ABSENCES)
def get_absences(location_id: str, employee_id: str) -> dict[str, Any]:
    """List an employee's absences by time."""
    _authorized(location_id, "read_calendar", employee_id)
    return _listed(location_id, employee_id)


@router.get(f"{ABSENCES}/<absence_id>")
def get_absence(location_id: str, employee_id: str, absence_id: str) -> dict[str, Any]:
    """Show an absence, and the visits that it meets."""
    _authorized(location_id, "read_calendar", employee_id)
    return _shown(location_id, employee_id, absence_id)


@router.put(f"{ABSENCES}/<absence_id>")
def put_absence(location_id: str, employee_id: str, absence_id: str) -> dict[str, Any]:
    """Enter or change an absence; visits that are there already stay, and are told."""
    staff = _authorized(location_id, "change_calendar", employee_id)
    return _saved(staff, employee_id, absence_id)


@router.delete(f"{ABSENCES}/<absence_id>")
def delete_absence(location_id: str, employee_id: str, absence_id: str) -> Response[Any]:
    """Take an absence away."""
    staff = _authorized(location_id, "change_calendar", employee_id)
    return _deleted(staff, employee_id, absence_id)


@router.get(CLOSURES)
def get_closures(location_id: str) -> dict[str, Any]:
    """List the location's closures by time."""
    _authorized(location_id, "read_calendar")
    return _listed(location_id, None)


@router.get(f"{CLOSURES}/<closure_id>")
def get_closure(location_id: str, closure_id: str) -> dict[str, Any]:
    """Show a closure, and the visits that it meets."""
    _authorized(location_id, "read_calendar")
    return _shown(location_id, None, closure_id)


@router.put(f"{CLOSURES}/<closure_id>")
def put_closure(location_id: str, closure_id: str) -> dict[str, Any]:
    """Enter or change a closure; visits that are there already stay, and are told."""
    return _saved(_authorized(location_id, "change_calendar"), None, closure_id)


@router.delete(f"{CLOSURES}/<closure_id>")
def delete_closure(location_id: str, closure_id: str) -> Response[Any]:
    """Take a closure away."""
    return _deleted(_authorized(location_id, "change_calendar"), None, closure_id)


def _authorized(location_id: str, action: str, employee_id: str | None = None) -> Staff:
    """Return the caller, who asks for an employee that is there."""
    staff = authorize_here(router, location_id, action)
    if employee_id is not None:
        get = environment.get(CatalogueStore).get_employee
        find_entry(employee_id, "employee", get, location_id)
    return staff


def _listed(location_id: str, employee_id: str | None) -> dict[str, Any]:
    absences = environment.get(CatalogueStore).get_absences(location_id, employee_id)
    return {"items": [_view(each, employee_id) for each in absences.in_order()]}


def _shown(location_id: str, employee_id: str | None, own_id: str) -> dict[str, Any]:
    absences = environment.get(CatalogueStore).get_absences(location_id, employee_id)
    found = absences.by_id.get(own_id)
    if found is None:
        code = "closure_not_found" if employee_id is None else "absence_not_found"
        raise NotFound("There is no such time off.", code=code)
    return _with_conflicts(location_id, found, employee_id)


def _saved(staff: Staff, employee_id: str | None, own_id: str) -> dict[str, Any]:
    asked = parse(TimeOffInput, body_of(router))
    if not is_catalogue_id(own_id):
        errors = [mistake(f"/{_kind(employee_id)}_id", NO_ID)]
        raise InvalidInput("Give it another name.", errors=errors)
    off = Interval(int(asked.start.timestamp()), int(asked.end.timestamp()))
    absence = Absence(own_id, off, asked.reason)
    location_id, now_s = staff.location.location_id, int(time.time())
    environment.get(CatalogueStore).change_absences(
        location_id,
        employee_id,
        lambda known: known.put(absence, now_s),
        audit_of(staff, f"{_kind(employee_id)}.saved", **_ids(employee_id, own_id)),
    )
    return _with_conflicts(location_id, absence, employee_id)


def _deleted(staff: Staff, employee_id: str | None, own_id: str) -> Response[Any]:
    def without(known: Absences) -> Absences:
        return known.delete(own_id)

    environment.get(CatalogueStore).change_absences(
        staff.location.location_id,
        employee_id,
        without,
        audit_of(staff, f"{_kind(employee_id)}.deleted", **_ids(employee_id, own_id)),
    )
    return Response(204, body="")


def _kind(employee_id: str | None) -> str:
    return "closure" if employee_id is None else "absence"


def _ids(employee_id: str | None, own_id: str) -> dict[str, str]:
    whose = {} if employee_id is None else {"employee": employee_id}
    return {**whose, _kind(employee_id): own_id}


def _view(absence: Absence, employee_id: str | None) -> dict[str, Any]:
    return {
        f"{_kind(employee_id)}_id": absence.absence_id,
        "from": rfc3339(absence.time.start_s),
        "to": rfc3339(absence.time.end_s),
        "reason": absence.reason,
    }


def _with_conflicts(location_id: str, absence: Absence, employee_id: str | None) -> dict[str, Any]:
    """Return time off with the visits that it meets, looked for after it was written."""
    whose = [employee_id] if employee_id is not None else _employees(location_id)
    found = find_conflicts(
        location_id, whose, absence.time, environment.get(AgendaStore), int(time.time())
    )
    return {**_view(absence, employee_id), **conflicts_view(found)}


def _employees(location_id: str) -> list[str]:
    employees = environment.get(CatalogueStore).list_employees(location_id)
    return [each.employee_id for each in employees]


def conflicts_view(conflicts: Conflicts) -> dict[str, Any]:
    """Return the visits that time off meets, as the contract has them."""
    return {
        "conflicts": [
            {
                "booking_id": each.booking_id,
                "employee_id": each.employee_id,
                "starts_at": rfc3339(each.visit.start_s),
                "ends_at": rfc3339(each.visit.end_s),
            }
            for each in conflicts.found
        ],
        "conflicts_complete": conflicts.complete,
    }
