"""Services, employees and payment terms: what staff set, and what follows from it."""

from collections.abc import Callable
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import BaseModel, BeforeValidator

from functions.serve_staff_api.setting_requests import EmployeeInput, ServiceInput
from functions.serve_staff_api.terms_request import TermsInput
from functions.serve_staff_api.touching import DryRunQuery, touches
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import Put
from shared.adapters.catalogue_store import Catalogue, CatalogueStore
from shared.domain.catalogue.authorization_window import HOLD_DAYS
from shared.domain.catalogue.policy_text import policy_text
from shared.domain.catalogue.services import (
    Employee,
    OpeningHours,
    Service,
    employee_to_dict,
    is_catalogue_id,
    minute_of_day,
    service_to_dict,
)
from shared.domain.catalogue.terms import Due, Terms, amounts_due, rule_for
from shared.domain.catalogue.terms_document import (
    prepayment_to_dict,
    terms_from_dict,
    terms_to_dict,
)
from shared.domain.catalogue.terms_warnings import service_warnings, terms_warnings
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.locations.location import Location
from shared.domain.mistakes import mistake
from shared.domain.money.money import Money
from shared.entrypoints.caller import Parameters, authorize, read_caller
from shared.entrypoints.cursors import PageQuery, page_of
from shared.entrypoints.field_types import or_none
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of
from shared.entrypoints.validation import read_query
from shared.workflows.staff import Staff, audit_of

router = Router()  # type: ignore[no-untyped-call]
HERE = "/v1/locations/<location_id>"


class ExplainQuery(BaseModel):
    """A service, and an employee if one is chosen."""

    service_id: str
    employee_id: Annotated[str | None, BeforeValidator(or_none)] = None


class PreviewQuery(BaseModel):
    """An employee, if one is chosen."""

    employee_id: Annotated[str | None, BeforeValidator(or_none)] = None


# ------------------------------------------------------------------ services


@router.get(f"{HERE}/services")
def get_services(location_id: str) -> dict[str, Any]:
    """List services by name."""
    _authorize(location_id, "read_catalogue", takes=PageQuery)
    services = environment.get(CatalogueStore).list_services(location_id)
    return page_of(
        [(_sort_key(each.name, each.service_id), service_to_dict(each)) for each in services],
        _query(PageQuery),
    )


@router.put(f"{HERE}/services/<service_id>")
def put_service(location_id: str, service_id: str) -> dict[str, Any]:
    """Make or replace a service; the answer warns where its price does not fit the terms."""
    staff = _authorize(location_id, "change_catalogue", takes=DryRunQuery)
    location = staff.location
    service = _service(location, service_id, parse(ServiceInput, _body()))
    if _query(DryRunQuery).is_dry:
        return _touches(location_id, "service_id", service_id)
    audit = audit_of(staff, "service.saved", service=service_id)
    environment.get(CatalogueStore).put_service(location_id, service, audit)
    terms = environment.get(CatalogueStore).get_terms(location_id, location.currency)
    warnings = service_warnings(terms, service, location.currency)
    return {**service_to_dict(service), "warnings": warnings}


@router.delete(f"{HERE}/services/<service_id>")
def delete_service(location_id: str, service_id: str) -> Response[Any]:
    """Take a service away; its bookings stay."""
    return _delete(
        location_id, service_id, "service", environment.get(CatalogueStore).delete_service
    )


# ------------------------------------------------------------------ employees


@router.get(f"{HERE}/employees")
def get_employees(location_id: str) -> dict[str, Any]:
    """List employees by name."""
    _authorize(location_id, "read_catalogue", takes=PageQuery)
    employees = environment.get(CatalogueStore).list_employees(location_id)
    return page_of(
        [(_sort_key(each.name, each.employee_id), employee_to_dict(each)) for each in employees],
        _query(PageQuery),
    )


@router.put(f"{HERE}/employees/<employee_id>")
def put_employee(location_id: str, employee_id: str) -> dict[str, Any]:
    """Make or replace an employee."""
    staff = _authorize(location_id, "change_catalogue", takes=DryRunQuery)
    asked = parse(EmployeeInput, _body())
    _expect_same_id("employee_id", asked.employee_id, employee_id)
    hours = tuple(
        OpeningHours(each.weekday, minute_of_day(each.start), minute_of_day(each.end))
        for each in asked.hours
    )
    employee = Employee(employee_id, asked.name, hours)
    if _query(DryRunQuery).is_dry:
        return _touches(location_id, "employee_id", employee_id)
    audit = audit_of(staff, "employee.saved", employee=employee_id)
    environment.get(CatalogueStore).put_employee(location_id, employee, audit)
    return employee_to_dict(employee)


@router.delete(f"{HERE}/employees/<employee_id>")
def delete_employee(location_id: str, employee_id: str) -> Response[Any]:
    """Take an employee away; their bookings stay."""
    return _delete(
        location_id, employee_id, "employee", environment.get(CatalogueStore).delete_employee
    )


# ------------------------------------------------------------------ terms


@router.get(f"{HERE}/terms")
def get_terms(location_id: str) -> dict[str, Any]:
    """Show the payment terms; before any were saved: nothing online."""
    location = _authorize(location_id, "read_terms").location
    return terms_to_dict(environment.get(CatalogueStore).get_terms(location_id, location.currency))


@router.put(f"{HERE}/terms")
def put_terms(location_id: str) -> dict[str, Any]:
    """Replace the payment terms; the answer warns of what their owner may not expect."""
    staff = _authorize(location_id, "change_terms")
    location = staff.location
    catalogue, terms = _read_terms(location)
    environment.get(CatalogueStore).put_terms(location_id, terms, audit_of(staff, "terms.saved"))
    warnings = terms_warnings(terms, catalogue.services, catalogue.employees, location.currency)
    return {**terms_to_dict(terms), "warnings": warnings}


@router.get(f"{HERE}/terms/explain")
def explain_terms(location_id: str) -> dict[str, Any]:
    """Show which rule wins for a service and an employee, and what is due by it."""
    location = _authorize(location_id, "read_terms", takes=ExplainQuery).location
    asked = _query(ExplainQuery)
    service = _found(
        asked.service_id, "service", environment.get(CatalogueStore).get_service, location_id
    )
    if asked.employee_id:
        _found(
            asked.employee_id, "employee", environment.get(CatalogueStore).get_employee, location_id
        )
    terms = environment.get(CatalogueStore).get_terms(location_id, location.currency)
    return _explanation(location, terms, service, asked.employee_id)


@router.post(f"{HERE}/terms/preview")
def preview_terms(location_id: str) -> dict[str, Any]:
    """Show what terms that are not saved would ask of clients, service by service."""
    location = _authorize(location_id, "change_terms", takes=PreviewQuery).location
    catalogue, terms = _read_terms(location)
    employee_id = _query(PreviewQuery).employee_id
    return {
        "items": [
            {**_explanation(location, terms, each, employee_id), "name": each.name}
            for each in catalogue.services
        ],
        "terms_text": policy_text(terms.cancellation, location),
        "warnings": terms_warnings(
            terms, catalogue.services, catalogue.employees, location.currency
        ),
    }


def _read_terms(location: Location) -> tuple[Catalogue, Terms]:
    """Return the terms of the body, and the catalogue that they were held against."""
    asked = parse(TermsInput, _body())
    catalogue = environment.get(CatalogueStore).get_catalogue(location.location_id)
    prices = {each.service_id: each.price for each in catalogue.services}
    return catalogue, terms_from_dict(asked.document(), location.currency, prices)


def _explanation(
    location: Location, terms: Terms, service: Service, employee_id: str | None
) -> dict[str, Any]:
    rule = rule_for(terms, service.service_id, employee_id)
    due = amounts_due(rule, service.price, location.currency)
    later = amounts_due(rule, service.price, location.currency, pay_now=False)
    document = {
        "service_id": service.service_id,
        "employee_id": employee_id,
        "won": rule.won,
        "prepayment": prepayment_to_dict(rule.prepayment),
        "required": rule.required,
        "price": service.price.amount_minor,
        "currency": service.price.currency,
        "due": _due(due),
    }
    far_ahead = amounts_due(rule, service.price, location.currency, can_hold=False)
    if far_ahead != due:
        # Only for a hold, which lapses before a visit that is so far ahead.
        document["due_later"] = {"beyond_days": HOLD_DAYS, **_due(far_ahead)}
    # Only where a client may choose.
    return document if later == due else {**document, "due_if_not_now": _due(later)}


def _due(due: Due) -> dict[str, Any]:
    return {
        "mode": due.mode,
        "amount_now": due.now.amount_minor,
        "amount_remaining": due.remaining.amount_minor,
        "reason": due.reason,
    }


# ------------------------------------------------------------------ what they share


def _touches(location_id: str, field: str, own_id: str) -> dict[str, Any]:
    return touches(
        environment.get(BookingStore),
        location_id,
        lambda booking: getattr(booking, field) == own_id,
    )


def _authorize(location_id: str, action: str, takes: Parameters = None) -> Staff:
    return authorize(
        environment.get(BookingStore), read_caller(router), location_id, action, takes=takes
    )


def _body() -> str | None:
    return body_of(router)


def _query[Asked: BaseModel](model: type[Asked]) -> Asked:
    return read_query(model, read_caller(router).query)


def _sort_key(name: str, own_id: str) -> str:
    # No name has a control character in it.
    return f"{name}\0{own_id}"


def _service(location: Location, service_id: str, asked: ServiceInput) -> Service:
    _expect_same_id("service_id", asked.service_id, service_id)
    if asked.currency not in (None, location.currency):
        raise InvalidInput(
            f"The location takes {location.currency}.",
            code="currency_not_supported",
            errors=[mistake("/currency", f"must be {location.currency}, the location's")],
        )
    employee_ids = None if asked.employee_ids is None else tuple(asked.employee_ids)
    price = Money(asked.price, location.currency)
    return Service(service_id, asked.name, price, asked.duration_minutes, employee_ids)


def _expect_same_id(name: str, written: str | None, own_id: str) -> None:
    if written not in (None, own_id):
        raise InvalidInput(
            "The body names another id than the address.",
            errors=[mistake(f"/{name}", "must be that of the address, or left out")],
        )


def _found[Kept](
    own_id: str, kind: str, get: Callable[[str, str], Kept | None], location_id: str
) -> Kept:
    found = get(location_id, own_id) if is_catalogue_id(own_id) else None
    if found is None:
        raise NotFound(f"There is no such {kind} here.", code=f"{kind}_not_found")
    return found


def _delete(
    location_id: str, own_id: str, kind: str, delete: Callable[[str, str, Put], None]
) -> Response[Any]:
    staff = _authorize(location_id, "change_catalogue", takes=DryRunQuery)
    if _query(DryRunQuery).is_dry:
        return Response(200, "application/json", _touches(location_id, f"{kind}_id", own_id))
    if is_catalogue_id(own_id):
        delete(location_id, own_id, audit_of(staff, f"{kind}.deleted", **{kind: own_id}))
    return Response(204, body="")
