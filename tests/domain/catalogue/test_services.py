"""Services and employees: what they may be."""

from typing import Any

import pytest

from shared.domain.catalogue.services import (
    Employee,
    OpeningHours,
    Service,
    clock,
    employee_from_dict,
    employee_to_dict,
    minute_of_day,
    service_from_dict,
    service_to_dict,
)
from shared.domain.errors import InvalidInput
from shared.domain.money.money import Money


def service(**changed: Any) -> Service:
    fields: dict[str, Any] = {"service_id": "cut", "name": "Haircut", "price": Money(4500, "eur")}
    return Service(**({**fields, "duration_minutes": 60} | changed))


def employee(
    *hours: tuple[int, str, str], employee_id: str = "anna", name: str = "Anna"
) -> Employee:
    read = tuple(OpeningHours(day, minute_of_day(a), minute_of_day(b)) for day, a, b in hours)
    return Employee(employee_id, name, read)


def pointers(refused: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [each["pointer"] for each in refused.value.errors]


def test_a_service_is_written_and_read_back() -> None:
    described = {"category": "Hair", "description": "With a wash.", "position": 3}
    buffers = {"buffer_before_minutes": 5, "buffer_after_minutes": 10}
    for each in (
        service(**described, **buffers),
        service(employee_ids=("anna", "ben")),
        service(employee_ids=()),
    ):
        assert service_from_dict(service_to_dict(each)) == each


def test_an_employee_is_written_and_read_back_with_hours_in_order() -> None:
    made = employee((1, "13:00", "24:00"), (0, "09:00", "18:00"), (1, "00:00", "13:00"))
    assert employee_to_dict(made)["hours"] == [
        {"weekday": 0, "from": "09:00", "to": "18:00"},
        {"weekday": 1, "from": "00:00", "to": "13:00"},
        {"weekday": 1, "from": "13:00", "to": "24:00"},
    ]
    assert employee_from_dict(employee_to_dict(made)) == made


def test_all_employees_do_a_service_that_names_none() -> None:
    assert service().is_done_by("anna")
    assert service(employee_ids=("anna",)).is_done_by("anna")
    assert not service(employee_ids=("anna",)).is_done_by("ben")
    assert not service(employee_ids=()).is_done_by("anna")


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"service_id": ""}, "/service_id"),
        ({"service_id": ".."}, "/service_id"),
        ({"service_id": "a#b"}, "/service_id"),
        ({"service_id": "a" * 65}, "/service_id"),
        ({"service_id": "cut\n"}, "/service_id"),
        ({"name": ""}, "/name"),
        ({"name": "n" * 121}, "/name"),
        ({"price": Money(-1, "eur")}, "/price"),
        ({"price": Money(10**12, "eur")}, "/price"),
        ({"price": Money(150, "isk")}, "/price"),
        ({"price": Money(5124, "kwd")}, "/price"),
        ({"duration_minutes": 4}, "/duration_minutes"),
        ({"duration_minutes": 1441}, "/duration_minutes"),
        ({"employee_ids": ("anna", "#")}, "/employee_ids/1"),
        ({"employee_ids": ("anna", "ben", "anna")}, "/employee_ids/2"),
        ({"employee_ids": tuple(f"e{at}" for at in range(301))}, "/employee_ids"),
    ],
)
def test_a_wrong_field_of_a_service_is_named(changed: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        service(**changed)
    assert pointers(refused) == [pointer]


def test_all_mistakes_of_a_service_are_named_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        service(name="", duration_minutes=0, price=Money(-1, "eur"))
    assert pointers(refused) == ["/name", "/price", "/duration_minutes"]


def test_a_service_may_be_free_and_as_short_or_long_as_the_bounds() -> None:
    assert service(price=Money(0, "eur"), duration_minutes=5)
    assert service(duration_minutes=1440, service_id="a" * 64)


@pytest.mark.parametrize(
    ("hours", "pointer"),
    [
        ([(7, "09:00", "18:00")], "/hours/0/weekday"),
        ([(-1, "09:00", "18:00")], "/hours/0/weekday"),
        ([(0, "24:00", "24:00")], "/hours/0/from"),
        ([(0, "9:00", "18:00")], "/hours/0/from"),
        ([(0, "09:60", "18:00")], "/hours/0/from"),
        ([(0, "09:00", "24:01")], "/hours/0/to"),
        ([(0, "09:00", "18:00\n")], "/hours/0/to"),
        ([(0, "09:00", "\u0660\u0669:\u0660\u0660")], "/hours/0/to"),
        ([(0, "09:00", "09:00")], "/hours/0/to"),
        ([(0, "22:00", "02:00")], "/hours/0/to"),
        ([(0, "09:00", "13:00"), (0, "12:59", "18:00")], "/hours/1"),
        ([(0, "12:00", "18:00"), (0, "09:00", "12:01")], "/hours/0"),
        ([(0, "09:00", "18:00"), (0, "09:00", "18:00")], "/hours/1"),
        ([(0, "00:00", "24:00"), (1, "09:00", "10:00"), (0, "23:59", "24:00")], "/hours/2"),
    ],
)
def test_hours_that_cannot_be_are_named(hours: list[tuple[int, str, str]], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        employee(*hours)
    assert pointer in pointers(refused)


def test_hours_may_touch_and_an_employee_may_have_none() -> None:
    assert employee((0, "09:00", "12:00"), (0, "12:00", "18:00"), (1, "09:00", "12:00"))
    assert employee().hours == ()


def test_more_than_fifty_entries_are_refused() -> None:
    quarters = [(day, clock(15 * at), clock(15 * at + 15)) for day in range(2) for at in range(25)]
    assert len(employee(*quarters).hours) == 50
    with pytest.raises(InvalidInput) as refused:
        employee(*quarters, (6, "09:00", "10:00"))
    assert pointers(refused) == ["/hours"]


def test_times_of_day() -> None:
    assert [minute_of_day(each) for each in ("00:00", "09:30", "23:59", "24:00")] == [
        0,
        570,
        1439,
        1440,
    ]
    assert [clock(each) for each in (0, 570, 1440)] == ["00:00", "09:30", "24:00"]
    assert minute_of_day("24:30") == minute_of_day("morning") == minute_of_day("") == -1
