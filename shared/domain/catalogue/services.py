"""What a location offers and who does it: services with prices, employees with hours. Pure."""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from msgspec import Struct
from msgspec.structs import force_setattr

from shared.domain.errors import InvalidInput
from shared.domain.mistakes import mistake
from shared.domain.money.charge_limits import MAX_PRICE_MINOR
from shared.domain.money.money import Money, granularity_minor

# A letter or digit first: `.` and `..` mean something else in a path. No `#`: it separates keys.
CATALOGUE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
MIN_DURATION_MINUTES, MAX_DURATION_MINUTES = 5, 1440
MAX_BUFFER_MINUTES = 720
MAX_CATEGORY_CHARS, MAX_DESCRIPTION_CHARS, MAX_POSITION = 60, 500, 10_000
NO_ID = "must be 1 to 64 letters, digits or any of . _ : -, a letter or digit first"
MAX_NAME_CHARS = 120
MAX_EMPLOYEES_OF_SERVICE = 300
MAX_HOURS = 50
DAYS, DAY_MINUTES = 7, 24 * 60
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


class OpeningHours(Struct, frozen=True):
    """A stretch of one weekday (0 is Monday), in minutes since local midnight, end exclusive."""

    weekday: int
    from_minute: int
    to_minute: int


class Service(Struct, frozen=True):
    """Something that can be booked; a price of 0 is free, no `employee_ids` means all of them.

    The buffers are minutes of the employee's that no client sees: to prepare, to clean. `position`
    is the place in lists, lower first. Raises `InvalidInput` with a pointer for each mistake when
    built.
    """

    service_id: str
    name: str
    price: Money
    duration_minutes: int
    employee_ids: tuple[str, ...] | None = None
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    category: str = ""
    description: str = ""
    position: int = 0

    def __post_init__(self) -> None:
        mistakes = _name_mistakes("/service_id", self.service_id, self.name)
        if not 0 <= self.price.amount_minor <= MAX_PRICE_MINOR:
            mistakes.append(mistake("/price", "must be from 0 to 12 digits of minor units"))
        elif self.price.amount_minor % granularity_minor(self.price.currency):
            step = granularity_minor(self.price.currency)
            mistakes.append(
                mistake("/price", f"must be a multiple of {step} in {self.price.currency.upper()}")
            )
        if not MIN_DURATION_MINUTES <= self.duration_minutes <= MAX_DURATION_MINUTES:
            mistakes.append(
                mistake(
                    "/duration_minutes",
                    f"must be from {MIN_DURATION_MINUTES} to {MAX_DURATION_MINUTES} minutes",
                )
            )
        mistakes += _list_mistakes(self.employee_ids or ())
        mistakes += _range_mistakes(self)
        _raise("service", mistakes)

    def is_done_by(self, employee_id: str) -> bool:
        """Whether an employee does this service."""
        return self.employee_ids is None or employee_id in self.employee_ids


class Employee(Struct, frozen=True):
    """Somebody who does services; without hours, nobody can book them online.

    `hours` are sorted. Raises `InvalidInput` with a pointer for each mistake when built.
    """

    employee_id: str
    name: str
    hours: tuple[OpeningHours, ...] = ()

    def __post_init__(self) -> None:
        mistakes = _name_mistakes("/employee_id", self.employee_id, self.name)
        mistakes += _hours_mistakes(self.hours)
        _raise("employee", mistakes)
        force_setattr(self, "hours", tuple(sorted(self.hours, key=_start)))


def service_place(service: Service) -> tuple[int, str, str]:
    """Return the place of a service in lists: by position, then by name."""
    return service.position, service.name, service.service_id


def service_to_dict(service: Service) -> dict[str, Any]:
    """Return the service in plain JSON types, as the contract has it, with its id."""
    document: dict[str, Any] = {
        "service_id": service.service_id,
        "name": service.name,
        "price": service.price.amount_minor,
        "currency": service.price.currency,
        "duration_minutes": service.duration_minutes,
        "buffer_before_minutes": service.buffer_before_minutes,
        "buffer_after_minutes": service.buffer_after_minutes,
        "category": service.category,
        "description": service.description,
        "position": service.position,
    }
    if service.employee_ids is not None:
        document["employee_ids"] = list(service.employee_ids)
    return document


def service_from_dict(document: Mapping[str, Any]) -> Service:
    """Return the service that `service_to_dict` wrote; raises as `Service` does."""
    employee_ids = document.get("employee_ids")
    return Service(
        service_id=document["service_id"],
        name=document["name"],
        price=Money(document["price"], document["currency"]),
        duration_minutes=document["duration_minutes"],
        employee_ids=None if employee_ids is None else tuple(employee_ids),
        buffer_before_minutes=document.get("buffer_before_minutes", 0),
        buffer_after_minutes=document.get("buffer_after_minutes", 0),
        category=document.get("category", ""),
        description=document.get("description", ""),
        position=document.get("position", 0),
    )


def employee_to_dict(employee: Employee) -> dict[str, Any]:
    """Return the employee in plain JSON types, as the contract has it, with its id."""
    return {
        "employee_id": employee.employee_id,
        "name": employee.name,
        "hours": [
            {"weekday": each.weekday, "from": clock(each.from_minute), "to": clock(each.to_minute)}
            for each in employee.hours
        ],
    }


def employee_from_dict(document: Mapping[str, Any]) -> Employee:
    """Return the employee that `employee_to_dict` wrote; raises as `Employee` does."""
    hours = tuple(
        OpeningHours(each["weekday"], minute_of_day(each["from"]), minute_of_day(each["to"]))
        for each in document["hours"]
    )
    return Employee(document["employee_id"], document["name"], hours)


def minute_of_day(text: str) -> int:
    """Return the minutes since midnight of a time such as `09:30`, up to `24:00`; -1 for no time.

    -1 so that `Employee` names the mistake beside all others.
    """
    if not text.isascii() or not _CLOCK.fullmatch(text):
        return -1
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def clock(minute: int) -> str:
    """Return `09:30` for 570; the end of the day is `24:00`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def is_catalogue_id(text: str) -> bool:
    """Whether a text can be the id of a service or an employee."""
    return CATALOGUE_ID.fullmatch(text) is not None


def _name_mistakes(pointer: str, own_id: str, name: str) -> list[dict[str, str]]:
    mistakes = []
    if not is_catalogue_id(own_id):
        mistakes.append(mistake(pointer, NO_ID))
    if not 1 <= len(name) <= MAX_NAME_CHARS:
        mistakes.append(mistake("/name", f"must have 1 to {MAX_NAME_CHARS} characters"))
    return mistakes


def _range_mistakes(service: Service) -> list[dict[str, str]]:
    mistakes = []
    for name, most in (
        ("buffer_before_minutes", MAX_BUFFER_MINUTES),
        ("buffer_after_minutes", MAX_BUFFER_MINUTES),
        ("position", MAX_POSITION),
    ):
        if not 0 <= getattr(service, name) <= most:
            mistakes.append(mistake(f"/{name}", f"must be from 0 to {most}"))
    for name, most in (("category", MAX_CATEGORY_CHARS), ("description", MAX_DESCRIPTION_CHARS)):
        if len(getattr(service, name)) > most:
            mistakes.append(mistake(f"/{name}", f"must have at most {most} characters"))
    return mistakes


def _list_mistakes(employee_ids: tuple[str, ...]) -> list[dict[str, str]]:
    if len(employee_ids) > MAX_EMPLOYEES_OF_SERVICE:
        return [mistake("/employee_ids", f"must have at most {MAX_EMPLOYEES_OF_SERVICE} entries")]
    mistakes = []
    for at, each in enumerate(employee_ids):
        if not is_catalogue_id(each):
            mistakes.append(mistake(f"/employee_ids/{at}", NO_ID))
        elif each in employee_ids[:at]:
            mistakes.append(mistake(f"/employee_ids/{at}", "stands in the list already"))
    return mistakes


def _hours_mistakes(hours: tuple[OpeningHours, ...]) -> list[dict[str, str]]:
    if len(hours) > MAX_HOURS:
        return [mistake("/hours", f"must have at most {MAX_HOURS} entries")]
    mistakes = []
    for at, each in enumerate(hours):
        if not 0 <= each.weekday < DAYS:
            mistakes.append(
                mistake(f"/hours/{at}/weekday", "must be from 0 (Monday) to 6 (Sunday)")
            )
        if not 0 <= each.from_minute < DAY_MINUTES:
            mistakes.append(mistake(f"/hours/{at}/from", "must be a time from 00:00 to 23:59"))
        if not 0 < each.to_minute <= DAY_MINUTES:
            mistakes.append(mistake(f"/hours/{at}/to", "must be a time from 00:01 to 24:00"))
        elif each.to_minute <= each.from_minute:
            mistakes.append(
                mistake(f"/hours/{at}/to", "must be after the start: split what goes over midnight")
            )
    if not mistakes:
        # Sorted by start, an overlap is always between two neighbours.
        ordered = sorted(range(len(hours)), key=lambda at: _start(hours[at]))
        for before, after in pairwise(ordered):
            first, second = hours[before], hours[after]
            if first.weekday == second.weekday and second.from_minute < first.to_minute:
                mistakes.append(mistake(f"/hours/{after}", f"overlaps with entry {before}"))
    return mistakes


def _start(hours: OpeningHours) -> tuple[int, int]:
    return hours.weekday, hours.from_minute


def _raise(what: str, mistakes: Iterable[dict[str, str]]) -> None:
    if found := list(mistakes):
        raise InvalidInput(f"Some fields of the {what} are not valid.", errors=found)
