"""What saved terms do that their owner may not expect: warnings, never refusals. Pure."""

from collections.abc import Iterable
from typing import Any

from shared.domain.catalogue.cancellation_policy import fee_minor
from shared.domain.catalogue.services import Employee, Service
from shared.domain.catalogue.terms import Terms, amount_asked_for, amounts_due, rule_for
from shared.domain.money.charge_limits import check_chargeable
from shared.domain.money.money import Money
from shared.domain.money.written import written

# A list of hundreds is no help.
MAX_WARNINGS = 50
_WORDS = {"below_minimum": "takes at least", "above_maximum": "takes at most"}


def terms_warnings(
    terms: Terms,
    services: Iterable[Service],
    employees: Iterable[Employee],
    settlement_currency: str,
) -> list[dict[str, Any]]:
    """Return up to `MAX_WARNINGS` warnings, each `{code, detail}` and what it is about.

    `below_minimum` and `above_maximum` name the amount and Stripe's limit, with which clients pay
    at the visit; `deposit_above_price` a fixed deposit that is the whole price;
    `fee_below_minimum` a fee, or what a deposit leaves of it, that no client is asked for by link;
    `unknown_service` and `unknown_employee` names that the catalogue has not;
    `override_without_effect` an override for what is on no list.
    """
    offered = list(services)
    found = _unknown_names(
        terms,
        {each.service_id for each in offered},
        {each.employee_id for each in employees},
    )
    for service in offered:
        found += service_warnings(terms, service, settlement_currency)
        found += _fee_warnings(terms, service, settlement_currency)
    return found[:MAX_WARNINGS]


def service_warnings(
    terms: Terms, service: Service, settlement_currency: str
) -> list[dict[str, Any]]:
    """Return the warnings about one service: with any employee, and with those of overrides."""
    named = {each.employee_id for each in terms.overrides} - {None}
    found: list[dict[str, Any]] = []
    for employee_id in (None, *sorted(filter(None, named))):
        if employee_id is not None and not service.is_done_by(employee_id):
            continue
        warning = _warning(terms, service, employee_id, settlement_currency)
        # A warning that holds for everybody is not repeated for each.
        if warning and (not found or _code_and_amount(warning) != _code_and_amount(found[0])):
            found.append(warning)
    return found


def _warning(
    terms: Terms, service: Service, employee_id: str | None, settlement_currency: str
) -> dict[str, Any] | None:
    rule = rule_for(terms, service.service_id, employee_id)
    due = amounts_due(rule, service.price, settlement_currency)
    asked = amount_asked_for(rule.prepayment, service.price)
    about: dict[str, Any] = {"service_id": service.service_id, "amount": asked.amount_minor}
    if employee_id is not None:
        about["employee_id"] = employee_id
    price = written(service.price)
    if due.limit:
        return {
            "code": due.reason,
            "detail": f"{service.name}: {written(asked)} online, but Stripe "
            f"{_WORDS.get(due.reason, 'takes steps of')} {written(due.limit)}. "
            "Clients pay at the visit.",
            **about,
            "limit": due.limit.amount_minor,
            "currency": due.limit.currency,
        }
    if due.reason == "deposit_capped_at_price":
        deposit = written(Money(rule.prepayment.amount_minor or 0, service.price.currency))
        return {
            "code": "deposit_above_price",
            "detail": f"{service.name}: the deposit of {deposit} is above the price of {price}. "
            "Clients pay the price.",
            **about,
            "limit": service.price.amount_minor,
            "currency": service.price.currency,
        }
    return None


def _fee_warnings(terms: Terms, service: Service, settlement_currency: str) -> list[dict[str, Any]]:
    """Return a warning if Stripe would not charge a fee, or what is left of it, to a card."""
    policy, price = terms.cancellation, service.price
    rule = rule_for(terms, service.service_id, None)
    paid_minor = amounts_due(rule, price, settlement_currency).now.amount_minor
    fees = {fee_minor(each, price) for each in (*(s.fee for s in policy.steps), policy.no_show_fee)}
    rests = [Money(max(0, fee - paid_minor), price.currency) for fee in sorted(fees)]
    for rest in rests:
        problem = check_chargeable(rest, settlement_currency)
        if not rest.amount_minor or problem is None or problem.reason != "below_minimum":
            continue
        return [
            {
                "code": "fee_below_minimum",
                "detail": f"{service.name}: {written(rest)} of a fee would be left to pay, "
                f"but Stripe takes at least {written(problem.limit)}. The hold is released.",
                "service_id": service.service_id,
                "amount": rest.amount_minor,
                "limit": problem.limit.amount_minor,
                "currency": price.currency,
            }
        ]
    return []


def _code_and_amount(warning: dict[str, Any]) -> tuple[Any, ...]:
    return warning["code"], warning["amount"]


def _unknown_names(terms: Terms, services: set[str], employees: set[str]) -> list[dict[str, Any]]:
    found = []
    overridden = [(each.service_id, each.employee_id) for each in terms.overrides]
    named_services = {*(terms.services or ()), *(service for service, _ in overridden)} - {None}
    named_employees = {*(terms.employees or ()), *(person for _, person in overridden)} - {None}
    for code, kind, missing in (
        ("unknown_service", "service", named_services - services),
        ("unknown_employee", "employee", named_employees - employees),
    ):
        found += [
            {
                "code": code,
                "detail": f"The catalogue has no {kind} {each}.",
                f"{kind}_id": each,
            }
            for each in sorted(filter(None, missing))
        ]
    for service, employee in overridden:
        if not terms.is_listed(service, employee):
            named = {"service_id": service, "employee_id": employee}
            found.append(
                {
                    "code": "override_without_effect",
                    "detail": "The lists leave out what this override is for: no online payment.",
                    **{name: value for name, value in named.items() if value},
                }
            )
    return found
