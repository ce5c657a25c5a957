"""What the tests of moved visits share: a salon, its services, and ways to move a visit there."""

from copy import replace
from typing import Any

from shared.domain.bookings.authorship import Person
from shared.domain.bookings.booking import Booking
from shared.domain.catalogue.services import Employee, OpeningHours, Service
from shared.domain.dates.instants import DAY_S, HOUR_S
from shared.domain.money.money import Money
from shared.domain.refunds.approval import UNLIMITED, Allowance
from shared.domain.visits.move_visit import move_for_client, move_for_staff
from shared.domain.visits.new_time import NewTime, Place
from tests.domain.builders import NOW_S
from tests.domain.money_world import PRICE_MINOR, World, booked
from tests.surroundings.demo_location import DEMO

CLERK = Person("u_1", "desk@x.de")
# A whole quarter of an hour, in which anybody works who works always.
LATER_S = (NOW_S + 10 * DAY_S) // HOUR_S * HOUR_S
ALWAYS = tuple(OpeningHours(day, 0, 24 * 60) for day in range(7))
EMPLOYEES = {name: Employee(name, name.title(), ALWAYS) for name in ("anna", "ben")}
SERVICES = {
    name: Service(name, name.title(), Money(price_minor, "eur"), 60)
    for name, price_minor in {
        "colour": PRICE_MINOR, "cut": 4_000, "perm": 13_000, "tip": 40, "gift": 0,
    }.items()
}  # fmt: skip
FREELY = {"client_until_hours": 0, "fee": "none"}
AT_A_COST = {"client_until_hours": 0, "fee": "as_cancelling"}


def visit(*, mode: str = "pay", rule: Any = None, due_minor: int | None = None, **more: Any) -> Any:
    """A confirmed visit in thirty hours that takes Anna's time; cancelling it costs a half."""
    found = booked(
        mode=mode,
        charge=more.pop("charge", "automatic"),
        service_id="colour",
        employee_id="anna",
        **more,
    )
    assert found.terms
    terms = replace(found.terms, reschedule=rule or {})
    if due_minor is not None:
        terms = replace(terms, due_minor=due_minor, due_reason="deposit_fixed", purpose="deposit")
    return replace(found, terms=terms)


def place_of(booking: Booking, asked: NewTime) -> Place:
    """Return what the salon has for the visit as it is to be."""
    service = SERVICES.get(asked.service_id or booking.service_id or "")
    employee = EMPLOYEES.get(asked.employee_id or booking.employee_id or "")
    return Place(DEMO, service, employee)


def by_staff(
    booking: Booking,
    starts_at_s: int = LATER_S,
    *,
    at_s: int = NOW_S,
    allowance: Allowance = UNLIMITED,
    **to: Any,
) -> Booking:
    asked = NewTime(starts_at_s, **to)
    return move_for_staff(
        booking, asked, place_of(booking, asked), CLERK, at_s, allowance=allowance
    )


def by_client(
    booking: Booking,
    starts_at_s: int = LATER_S,
    *,
    at_s: int = NOW_S,
    accepts: int | None = None,
    **to: Any,
) -> Booking:
    asked = NewTime(starts_at_s, **to)
    place = place_of(booking, asked)
    return move_for_client(booking, asked, place, at_s, accepted_fee_minor=accepts)


def settle(world: World, *, card: str = "good") -> None:
    """Carry out what was ordered and hear of it, until nothing is left to do."""
    for _ in range(3):
        world.carry_out(card=card)
        world.listen()


def kept_minor(booking: Booking) -> int:
    """Return what the business has of a booking once all is settled."""
    summary = booking.payments()
    assert summary.amount_refund_pending == 0
    return summary.amount_captured - summary.amount_refunded


def fees_of(booking: Booking) -> list[tuple[str, str, int, int]]:
    """Return the kind, status, amount and what is owed of each fee."""
    states = booking.fee_states()
    return [
        (each.kind, states[each.fee_id].status, each.amount_minor, states[each.fee_id].owed_minor)
        for each in booking.fees
    ]
