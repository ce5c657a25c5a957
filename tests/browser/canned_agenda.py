"""The agenda of a salon on paper, and a client of many visits: real objects, real functions."""

from collections.abc import Callable
from copy import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from shared.domain.activity.agenda_view import TimeOff, agenda_days
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking, Client
from shared.domain.bookings.lifecycle import COMPLETED, CONFIRMED
from shared.domain.calendar.intervals import Interval
from shared.domain.calendar.opening import day_interval
from shared.domain.catalogue.services import Employee, OpeningHours
from tests.browser.clock import BERLIN, NOW
from tests.browser.world import MIRA, NAMES, booked, paid

WORKING = tuple(OpeningHours(day, 9 * 60, 18 * 60) for day in range(7))
TEAM = [Employee(name.lower(), name, WORKING) for name in ("Anna", "Ben", "Cleo")]
TOMORROW = (NOW + timedelta(days=1)).date()
NAMED = [
    "Mira Lindqvist",
    "Jonas Weber",
    "Aylin Kaya",
    "Siobhán O'Brien-Featherston",
    "Li Wei",
]


def at(day: date, clock: str) -> int:
    """Return an instant of the salon's clock, in seconds."""
    hour, minute = map(int, clock.split(":"))
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN).timestamp())


def visit(
    number: int,
    clock: str,
    minutes: int,
    employee_id: str | None = "anna",
    *,
    day: date = TOMORROW,
    is_paid: bool = True,
    **changed: Any,
) -> Booking:
    """Return a visit of a day, paid online or still to be paid."""
    made = booked(f"bk_{number:024x}", days=3)
    made = paid(made) if is_paid else replace(made, status=CONFIRMED)
    starts_at_s = at(day, clock)
    return replace(
        made,
        starts_at_s=starts_at_s,
        ends_at_s=starts_at_s + 60 * minutes,
        employee_id=employee_id,
        client=Client(NAMED[number % len(NAMED)], f"client{number}@example.com", MIRA.phone),
        **changed,
    )


VISITS = [
    visit(1, "09:00", 60),
    visit(2, "10:30", 120, "ben", is_paid=False),
    visit(3, "11:00", 15, note="Asks for the window seat"),
    visit(4, "11:15", 45, is_paid=False),
    visit(5, "13:00", 90, "ben", status=COMPLETED),
    visit(6, "14:00", 30, None, is_paid=False),
    visit(7, "15:00", 60, "anna"),
    visit(8, "15:30", 60, "anna", may_overlap=True),
]
_AFTERNOON = Interval(at(TOMORROW, "14:00"), at(TOMORROW, "18:00"))
OFF = [
    TimeOff("absence", _AFTERNOON, "ben", "ab_1", "Dentist"),
    TimeOff("absence", day_interval(TOMORROW, "Europe/Berlin"), "cleo", "ab_2", "Holiday"),
]


def agenda_of(
    visits: list[Booking], off: list[TimeOff] | None = None
) -> Callable[[str], dict[str, Any]]:
    """Return what answers `GET agenda` for the days and the employee of its query."""

    def answer(query: str) -> dict[str, Any]:
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        first, last = (date.fromisoformat(asked[name]) for name in ("from", "to"))
        wanted = asked.get("employee_id")
        days = [first + timedelta(days=each) for each in range((last - first).days + 1)]
        shown = [each for each in visits if wanted in (None, each.employee_id)]
        away = [each for each in off or [] if wanted is None or each.employee_id in (None, wanted)]
        overlapping = {f"bk_{7:024x}", f"bk_{8:024x}"}
        return {"days": agenda_days(days, "Europe/Berlin", shown, away, overlapping, NAMES)}

    return answer


def client_page(bookings: list[Booking]) -> dict[str, Any]:
    """Return a `ClientPage` of Mira's."""
    views = [staff_view(replace(each, client=MIRA)) for each in bookings]
    sums = {
        name: sum(each[name] for each in views)
        for name in ("amount_captured", "amount_refunded", "amount_due")
    }
    return {
        "client_id": views[0]["client_id"],
        "name": MIRA.name,
        "email": MIRA.email,
        "phone": MIRA.phone,
        "bookings": views,
        "by_status": {"confirmed": len(views)},
        "money": [{"currency": "eur", **sums}],
        "complete": True,
    }
