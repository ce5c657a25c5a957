"""Services: what a location offers, and at which price."""

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
from functions.serve_staff_api.setting_requests import ServiceInput
from functions.serve_staff_api.touching import DryRunQuery
from shared import environment
from shared.adapters.catalogue_store import CatalogueStore
from shared.domain.catalogue.services import Service, service_to_dict
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
from shared.workflows.staff import audit_of

router = Router()  # type: ignore[no-untyped-call]
HERE = "/v1/locations/<location_id>"


@router.get(f"{HERE}/services")
def get_services(location_id: str) -> dict[str, Any]:
    """List services by position and name."""
    authorize_here(router, location_id, "read_catalogue", takes=PageQuery)
    services = environment.get(CatalogueStore).list_services(location_id)
    return page_of(
        [(_place(each), service_to_dict(each)) for each in services],
        read_query(PageQuery, read_caller(router).query),
    )


@router.put(f"{HERE}/services/<service_id>")
def put_service(location_id: str, service_id: str) -> dict[str, Any]:
    """Make or replace a service; the answer warns where its price does not fit the terms."""
    staff = authorize_here(router, location_id, "change_catalogue", takes=DryRunQuery)
    location = staff.location
    service = _service(location, service_id, parse(ServiceInput, body_of(router)))
    if is_dry_run(router):
        return what_it_touches(location_id, "service_id", service_id)
    audit = audit_of(staff, "service.saved", service=service_id)
    environment.get(CatalogueStore).put_service(location_id, service, audit)
    terms = environment.get(CatalogueStore).get_terms(location_id, location.currency)
    warnings = service_warnings(terms, service, location.settlement_currency())
    return {**service_to_dict(service), "warnings": warnings}


@router.delete(f"{HERE}/services/<service_id>")
def delete_service(location_id: str, service_id: str) -> Response[Any]:
    """Delete a service; its bookings stay."""
    return delete_entry(
        router, location_id, service_id, "service", environment.get(CatalogueStore).delete_service
    )


def _place(service: Service) -> str:
    return f"{service.position:05d}{sort_key(service.name, service.service_id)}"


def _service(location: Location, service_id: str, asked: ServiceInput) -> Service:
    expect_same_id("service_id", asked.service_id, service_id)
    if asked.currency not in (None, location.currency):
        raise InvalidInput(
            f"The location takes {location.currency}.",
            code="currency_not_supported",
            errors=[mistake("/currency", f"must be {location.currency}, the location's")],
        )
    employee_ids = None if asked.employee_ids is None else tuple(asked.employee_ids)
    price = Money(asked.price, location.currency)
    return Service(
        service_id=service_id,
        name=asked.name,
        price=price,
        duration_minutes=asked.duration_minutes,
        employee_ids=employee_ids,
        buffer_before_minutes=asked.buffer_before_minutes,
        buffer_after_minutes=asked.buffer_after_minutes,
        category=asked.category,
        description=asked.description,
        position=asked.position,
    )
