"""The public view of a location: what can be booked online, and what is due for it. Pure."""

from collections.abc import Sequence
from typing import Any

from shared.domain.catalogue.authorization_window import HOLD_DAYS
from shared.domain.catalogue.policy_text import accepted_terms, policy_text, terms_hash
from shared.domain.catalogue.services import Employee, Service
from shared.domain.catalogue.terms import Due, Rule, Terms, amounts_due, rule_for
from shared.domain.catalogue.terms_document import cancellation_to_dict, prepayment_to_dict
from shared.domain.locations.location import CONTACT_FIELDS, WINDOW_FIELDS, Location


def public_location(
    location: Location,
    terms: Terms,
    services: Sequence[Service],
    employees: Sequence[Employee],
) -> dict[str, Any]:
    """Return the contract's PublicLocation; nothing of it is a secret.

    `amount_due` is what is paid or authorised when booking, before an employee is chosen; an
    employee with whom it differs stands in the service's `employee_terms`. Where that is a hold,
    `due_later` says what is done instead for visits that end too many days ahead. While online
    booking is switched off there are no services and no employees.
    """
    offered = services if location.online_booking_enabled else ()
    people = employees if location.online_booking_enabled else ()
    return {
        "location_id": location.location_id,
        "name": location.name,
        "timezone": location.timezone,
        **{name: getattr(location, name) for name in (*WINDOW_FIELDS, *CONTACT_FIELDS)},
        "map_url": location.map_url(),
        "locale": location.locale,
        "country": location.country,
        "currency": location.currency,
        "mode": location.mode,
        "online_booking_enabled": location.online_booking_enabled,
        "services": [_service(location, terms, each, people) for each in offered],
        "employees": [{"employee_id": each.employee_id, "name": each.name} for each in people],
        "cancellation": cancellation_to_dict(terms.cancellation),
        "terms_text": policy_text(terms, location),
        "terms_hash": location_terms_hash(location, terms),
    }


def location_terms_hash(location: Location, terms: Terms) -> str:
    """Return the `terms_hash` that the widget shows and a booking's `accepted_terms` names."""
    return terms_hash(accepted_terms(terms, location))


def _service(
    location: Location, terms: Terms, service: Service, employees: Sequence[Employee]
) -> dict[str, Any]:
    rule = rule_for(terms, service.service_id, None)
    document = {
        "service_id": service.service_id,
        "name": service.name,
        "price": service.price.amount_minor,
        "currency": service.price.currency,
        "duration_minutes": service.duration_minutes,
        "category": service.category,
        "description": service.description,
        "position": service.position,
        **_due(location, rule, service),
    }
    if service.employee_ids is not None:
        document["employee_ids"] = list(service.employee_ids)
    others = []
    for each in employees:
        own = rule_for(terms, service.service_id, each.employee_id)
        if own.prepayment != rule.prepayment and service.is_done_by(each.employee_id):
            others.append({"employee_id": each.employee_id, **_due(location, own, service)})
    return {**document, "employee_terms": others} if others else document


def _due(location: Location, rule: Rule, service: Service) -> dict[str, Any]:
    settled = location.settlement_currency()
    due = amounts_due(rule, service.price, settled)
    later = amounts_due(rule, service.price, settled, can_hold=False)
    document = {"prepayment": prepayment_to_dict(rule.prepayment), **_due_to_dict(due)}
    if later == due:
        return document
    return {**document, "due_later": {"beyond_days": HOLD_DAYS, **_due_to_dict(later)}}


def _due_to_dict(due: Due) -> dict[str, Any]:
    return {
        "amount_due": due.now.amount_minor,
        "due_mode": due.mode,
        "due_reason": due.reason,
    }
