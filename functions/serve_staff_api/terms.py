"""Payment terms: saved, explained, and previewed before they are saved."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import BeforeValidator

from functions.serve_staff_api.entries import authorize_here, find_entry
from functions.serve_staff_api.terms_request import TermsInput
from shared import environment
from shared.adapters.catalogue_store import Catalogue, CatalogueStore
from shared.domain.catalogue.authorization_window import HOLD_DAYS
from shared.domain.catalogue.policy_text import policy_text
from shared.domain.catalogue.services import Service
from shared.domain.catalogue.terms import Due, Terms, amounts_due, rule_for
from shared.domain.catalogue.terms_document import (
    prepayment_to_dict,
    terms_from_dict,
    terms_to_dict,
)
from shared.domain.catalogue.terms_warnings import terms_warnings
from shared.domain.locations.location import Location
from shared.entrypoints.caller import read_caller
from shared.entrypoints.field_types import or_none
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of
from shared.entrypoints.validation import Query, read_query
from shared.workflows.staff import audit_of

router = Router()  # type: ignore[no-untyped-call]
HERE = "/v1/locations/<location_id>"


class ExplainQuery(Query):
    """A service, and an employee if one is chosen."""

    service_id: str
    employee_id: Annotated[str | None, BeforeValidator(or_none)] = None


class PreviewQuery(Query):
    """An employee, if one is chosen."""

    employee_id: Annotated[str | None, BeforeValidator(or_none)] = None


@router.get(f"{HERE}/terms")
def get_terms(location_id: str) -> dict[str, Any]:
    """Show the payment terms; before any were saved: nothing online."""
    location = authorize_here(router, location_id, "read_terms").location
    return terms_to_dict(environment.get(CatalogueStore).get_terms(location_id, location.currency))


@router.put(f"{HERE}/terms")
def put_terms(location_id: str) -> dict[str, Any]:
    """Replace the payment terms; the answer warns of effects that an owner may not expect."""
    staff = authorize_here(router, location_id, "change_terms")
    location = staff.location
    catalogue, terms = _read_terms(location)
    environment.get(CatalogueStore).put_terms(location_id, terms, audit_of(staff, "terms.saved"))
    warnings = terms_warnings(
        terms, catalogue.services, catalogue.employees, location.settlement_currency()
    )
    return {**terms_to_dict(terms), "warnings": warnings}


@router.get(f"{HERE}/terms/explain")
def explain_terms(location_id: str) -> dict[str, Any]:
    """Show which rule applies to a service and an employee, and what is due under it."""
    location = authorize_here(router, location_id, "read_terms", takes=ExplainQuery).location
    asked = read_query(ExplainQuery, read_caller(router).query)
    service = find_entry(
        asked.service_id, "service", environment.get(CatalogueStore).get_service, location_id
    )
    if asked.employee_id:
        find_entry(
            asked.employee_id, "employee", environment.get(CatalogueStore).get_employee, location_id
        )
    terms = environment.get(CatalogueStore).get_terms(location_id, location.currency)
    return explanation(location, terms, service, asked.employee_id)


@router.post(f"{HERE}/terms/preview")
def preview_terms(location_id: str) -> dict[str, Any]:
    """Show what unsaved terms would ask of clients, service by service."""
    location = authorize_here(router, location_id, "change_terms", takes=PreviewQuery).location
    catalogue, terms = _read_terms(location)
    employee_id = read_query(PreviewQuery, read_caller(router).query).employee_id
    return {
        "items": [
            {**explanation(location, terms, each, employee_id), "name": each.name}
            for each in catalogue.services
        ],
        "terms_text": policy_text(terms, location),
        "warnings": terms_warnings(
            terms, catalogue.services, catalogue.employees, location.settlement_currency()
        ),
    }


def _read_terms(location: Location) -> tuple[Catalogue, Terms]:
    """Return the terms of the body, and the catalogue that they were checked against."""
    asked = parse(TermsInput, body_of(router))
    catalogue = environment.get(CatalogueStore).get_catalogue(location.location_id)
    prices = {each.service_id: each.price for each in catalogue.services}
    return catalogue, terms_from_dict(asked.document(), location.currency, prices)


def explanation(
    location: Location, terms: Terms, service: Service, employee_id: str | None
) -> dict[str, Any]:
    """Return the contract's explanation of the terms for one service, and for one employee."""
    rule = rule_for(terms, service.service_id, employee_id)
    settled = location.settlement_currency()
    due = amounts_due(rule, service.price, settled)
    later = amounts_due(rule, service.price, settled, pay_now=False)
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
    far_ahead = amounts_due(rule, service.price, settled, can_hold=False)
    if far_ahead != due:
        # Only for a hold, which would expire before a visit so far ahead.
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
