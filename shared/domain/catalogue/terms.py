"""Payment terms: what a client pays online for a service, when, and which rule says so. Pure.

The lists `services` and `employees` say what can be paid online at all; within them, the most
specific override wins: service and employee, then service, then employee, then the default.
A list is stronger than an override: taking a service off the list is how it is switched off.
"""

from collections.abc import Mapping
from typing import Literal, get_args

from msgspec import Struct, field
from msgspec.structs import force_setattr

from shared.domain.catalogue.cancellation_policy import (
    MAX_HOURS_BEFORE,
    Cancellation,
    check_percent_and_amount,
    share_of,
)
from shared.domain.errors import InvalidFacts
from shared.domain.money.charge_limits import check_chargeable
from shared.domain.money.money import Money

PrepaymentType = Literal["none", "full", "deposit", "hold", "card_on_file"]
Won = Literal[
    "override_service_and_employee",
    "override_service",
    "override_employee",
    "default",
    "not_listed",
]
Mode = Literal["pay", "hold", "save_card", "at_visit"]
DueReason = Literal[
    "full",
    "deposit_percent",
    "deposit_fixed",
    "deposit_capped_at_price",
    "hold",
    "hold_would_lapse",
    "card_on_file",
    "no_prepayment",
    "not_listed",
    "free",
    "client_pays_at_visit",
    "below_minimum",
    "above_maximum",
    "too_fine",
    "not_above_threshold",
]
RescheduleFee = Literal["none", "as_cancelling"]
MIN_HOLD_MINUTES, MAX_HOLD_MINUTES, DEFAULT_HOLD_MINUTES = 5, 1430, 30


class Prepayment(Struct, frozen=True):
    """What is asked for when booking; a deposit has either a `percent` or an `amount_minor`.

    Where it is not `required`, the client may choose to pay at the visit. With `above_minor` it is
    asked for only where the price is higher. Raises `InvalidFacts`.
    """

    type: PrepaymentType
    required: bool = True
    percent: int | None = None
    amount_minor: int | None = None
    above_minor: int | None = None

    def __post_init__(self) -> None:
        if self.type not in get_args(PrepaymentType):
            raise InvalidFacts("/type: no type of a prepayment")
        check_percent_and_amount(self.percent, self.amount_minor)
        check_percent_and_amount(None, self.above_minor)


NO_PREPAYMENT = Prepayment("none")


class Override(Struct, frozen=True):
    """Another prepayment for a service, an employee, or a service with an employee."""

    prepayment: Prepayment
    service_id: str | None = None
    employee_id: str | None = None


class Reschedule(Struct, frozen=True):
    """Until how many hours before a visit its client may move it, and for which fee.

    With `client_until_hours` `None` clients do not move visits; staff always may. `as_cancelling`
    charges what cancelling would have cost. Raises `InvalidFacts`.
    """

    client_until_hours: int | None = None
    fee: RescheduleFee = "none"

    def __post_init__(self) -> None:
        hours = self.client_until_hours
        if hours is not None and (type(hours) is not int or not 0 <= hours <= MAX_HOURS_BEFORE):
            raise InvalidFacts("/client_until_hours: no number of hours from 0 to 720")
        if self.fee not in get_args(RescheduleFee):
            raise InvalidFacts("/fee: neither none nor as_cancelling")


NO_RESCHEDULE = Reschedule()


class Terms(Struct, frozen=True):
    """A location's payment terms; `services` and `employees` are `None` for all of them.

    `hold_minutes` is how long a slot waits for its payment. Built by `terms_document`, which checks
    what holds between the fields; the default, nothing online, is what a location has before it
    saved any. `by_scope` are the overrides by their `(service_id, employee_id)`, and
    made from them.
    """

    prepayment: Prepayment = NO_PREPAYMENT
    services: tuple[str, ...] | None = None
    employees: tuple[str, ...] | None = None
    overrides: tuple[Override, ...] = ()
    hold_minutes: int = DEFAULT_HOLD_MINUTES
    cancellation: Cancellation = field(default_factory=Cancellation)
    reschedule: Reschedule = NO_RESCHEDULE
    by_scope: Mapping[tuple[str | None, str | None], Prepayment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not MIN_HOLD_MINUTES <= self.hold_minutes <= MAX_HOLD_MINUTES:
            raise InvalidFacts("/hold_minutes: out of bounds")
        found = {(each.service_id, each.employee_id): each.prepayment for each in self.overrides}
        force_setattr(self, "by_scope", found)

    def is_listed(self, service_id: str | None, employee_id: str | None) -> bool:
        """Whether online payment exists for both; what is not chosen yet is in no list's way."""
        return (service_id is None or self.services is None or service_id in self.services) and (
            employee_id is None or self.employees is None or employee_id in self.employees
        )


class Rule(Struct, frozen=True):
    """The prepayment that applies, and which rule won."""

    prepayment: Prepayment
    won: Won

    @property
    def required(self) -> bool:
        """Whether the client has no choice; never where nothing is asked for."""
        return self.prepayment.type != "none" and self.prepayment.required


class Due(Struct, frozen=True):
    """What a client does when booking; `now` and `remaining` always add up to the price.

    `now` is what is taken (`pay`) or authorised (`hold`); the rest is paid at the visit. Saving a
    card and paying at the visit take nothing now. `reason` says why it is so, and `limit` is the
    limit of Stripe's that is in the way, if one is.
    """

    mode: Mode
    now: Money
    remaining: Money
    reason: DueReason
    limit: Money | None = None


def rule_for(terms: Terms, service_id: str | None, employee_id: str | None) -> Rule:
    """Return the rule for a service and an employee; `None` for one that is not chosen yet."""
    if not terms.is_listed(service_id, employee_id):
        return Rule(NO_PREPAYMENT, "not_listed")
    scopes: list[tuple[Won, str | None, str | None]] = []
    if service_id and employee_id:
        scopes.append(("override_service_and_employee", service_id, employee_id))
    if service_id:
        scopes.append(("override_service", service_id, None))
    if employee_id:
        scopes.append(("override_employee", None, employee_id))
    for won, service, employee in scopes:
        if (service, employee) in terms.by_scope:
            return Rule(terms.by_scope[service, employee], won)
    return Rule(terms.prepayment, "default")


def amounts_due(
    rule: Rule,
    price: Money,
    settlement_currency: str,
    *,
    pay_now: bool = True,
    can_hold: bool = True,
) -> Due:
    """Return what is to be paid, held or saved now; `pay_now` counts only where it is optional.

    What Stripe does not charge (too little, too much) is paid at the visit, and never an error;
    so is a percentage that comes to less than the minimum, for a client is not asked for more
    than the terms say. A fixed deposit above the price is the price. A hold is for all of it; where
    it would lapse before the visit is over (not `can_hold`), the card is saved instead.
    """
    prepayment = rule.prepayment
    if reason := _why_nothing_now(rule, price, pay_now=pay_now):
        return _at_visit(price, reason)
    if prepayment.type == "card_on_file":
        return Due("save_card", Money(0, price.currency), price, "card_on_file")
    now, kind = _asked_for(prepayment, price)
    if problem := check_chargeable(now, settlement_currency):
        return _at_visit(price, problem.reason, problem.limit)
    if prepayment.type == "hold" and not can_hold:
        return Due("save_card", Money(0, price.currency), price, "hold_would_lapse")
    mode: Mode = "hold" if prepayment.type == "hold" else "pay"
    return Due(mode, now, price - now, kind)


def amount_asked_for(prepayment: Prepayment, price: Money) -> Money:
    """Return what terms ask for before Stripe's limits are looked at: to warn, not to charge."""
    is_asked_for = price.amount_minor > (prepayment.above_minor or 0)
    if prepayment.type in ("none", "card_on_file") or not is_asked_for:
        return Money(0, price.currency)
    return _asked_for(prepayment, price)[0]


def _why_nothing_now(rule: Rule, price: Money, *, pay_now: bool) -> DueReason | None:
    if rule.won == "not_listed":
        return "not_listed"
    if rule.prepayment.type == "none":
        return "no_prepayment"
    if price.amount_minor == 0:
        return "free"
    if price.amount_minor <= (rule.prepayment.above_minor or 0):
        return "not_above_threshold"
    return None if rule.required or pay_now else "client_pays_at_visit"


def _asked_for(prepayment: Prepayment, price: Money) -> tuple[Money, DueReason]:
    if prepayment.type == "hold":
        return price, "hold"
    if prepayment.type == "full":
        return price, "full"
    if prepayment.percent is not None:
        return share_of(price, prepayment.percent), "deposit_percent"
    deposit = Money(prepayment.amount_minor or 0, price.currency)
    return (price, "deposit_capped_at_price") if deposit > price else (deposit, "deposit_fixed")


def _at_visit(price: Money, reason: DueReason, limit: Money | None = None) -> Due:
    return Due("at_visit", Money(0, price.currency), price, reason, limit)
