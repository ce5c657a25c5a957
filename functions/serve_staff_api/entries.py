"""What the routes of services, employees and terms share."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from functions.serve_staff_api.touching import DryRunQuery, touches
from shared import environment
from shared.adapters.booking_lists import BookingLists
from shared.adapters.bookings_table import Put
from shared.domain.catalogue.services import is_catalogue_id
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.mistakes import mistake
from shared.entrypoints.caller import Parameters, authorize, read_caller
from shared.entrypoints.staff_api import json_response
from shared.entrypoints.validation import read_query
from shared.workflows.staff import Staff, audit_of

type View = dict[str, Any]


def authorize_here(
    router: Router, location_id: str, action: str, takes: Parameters = None
) -> Staff:
    """Return the caller of the request under way, as `authorize` does."""
    return authorize(read_caller(router), location_id, action, takes=takes)


def expect_same_id(name: str, written: str | None, own_id: str) -> None:
    """Raise `InvalidInput` where the body's field `name` has another id than the address."""
    if written not in (None, own_id):
        raise InvalidInput(
            "The body names another id than the address.",
            errors=[mistake(f"/{name}", "must be that of the address, or left out")],
        )


def find_entry[Kept](
    own_id: str, kind: str, get: Callable[[str, str], Kept | None], location_id: str
) -> Kept:
    """Return a service or an employee; raises `NotFound`."""
    found = get(location_id, own_id) if is_catalogue_id(own_id) else None
    if found is None:
        raise NotFound(f"There is no such {kind} here.", code=f"{kind}_not_found")
    return found


def put_entry(
    router: Router,
    staff: Staff,
    kind: str,
    own_id: str,
    save: Callable[[Put], View],
) -> View:
    """Save a service or an employee with its audit, or answer what that would touch."""
    if _is_dry_run(router):
        return _what_it_touches(staff, kind, own_id)
    return save(audit_of(staff, f"{kind}.saved", **{kind: own_id}))


def delete_entry(
    router: Router,
    location_id: str,
    own_id: str,
    kind: str,
    delete: Callable[[str, str, Put], None],
) -> Response[Any]:
    """Delete a service or an employee, or answer what that would touch."""
    staff = authorize_here(router, location_id, "change_catalogue", takes=DryRunQuery)
    if _is_dry_run(router):
        return json_response(200, _what_it_touches(staff, kind, own_id))
    if is_catalogue_id(own_id):
        delete(location_id, own_id, audit_of(staff, f"{kind}.deleted", **{kind: own_id}))
    return Response(204, body="")


def _is_dry_run(router: Router) -> bool:
    """Whether the request under way asks what saving would touch, and saves nothing."""
    return read_query(DryRunQuery, read_caller(router).query).is_dry


def _what_it_touches(staff: Staff, kind: str, own_id: str) -> View:
    """Return the answer to a dry run: the bookings of the service or employee."""
    return touches(
        environment.get(BookingLists),
        staff.location.location_id,
        lambda booking: getattr(booking, f"{kind}_id") == own_id,
    )
