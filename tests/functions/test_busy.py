"""Another calendar's busy times keep clients away, day by day, and move no visit."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.serve_staff_api import handler as staff_function
from shared.adapters.booking_store import BookingStore
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.salon import Salon, moment
from tests.surroundings.staff_calls import StaffCalls, forget_stores, pointers

pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("salon")]
ANNAS = "/v1/locations/demo/employees/anna/busy"


@pytest.fixture
def staff(store: BookingStore, context: Any) -> Iterator[StaffCalls]:
    forget_stores()
    yield StaffCalls(context, store, staff_function.handler)
    forget_stores()


def day(days: int = 5) -> str:
    return moment(12, days=days)[:10]


def push(staff: StaffCalls, *intervals: tuple[str, str], days: int = 1) -> tuple[int, Any]:
    body = {"intervals": [{"from": first, "to": last} for first, last in intervals]}
    return staff("PUT", ANNAS, body, **{"from": day(), "to": day(4 + days)})


def test_nobody_is_booked_in_busy_time_until_it_is_replaced(
    salon: Salon, staff: StaffCalls
) -> None:
    nothing = {"conflicts": [], "conflicts_complete": True}
    assert push(staff, (moment(10), moment(11))) == (200, nothing)
    assert not salon.is_free(moment(10))
    status, problem = salon.book("cut", moment(10))
    assert (status, problem["code"]) == (409, "slot_taken")
    assert salon.is_free(moment(11))
    assert salon.is_free(moment(10), employee_id="ben")
    assert push(staff, (moment(14), moment(15))) == (200, nothing)
    assert salon.is_free(moment(10))
    assert not salon.is_free(moment(14))
    assert push(staff) == (200, nothing)
    assert salon.is_free(moment(14))


def test_a_repetition_writes_nothing_and_order_and_overlaps_do_not_matter(
    staff: StaffCalls, table: TableInMoto
) -> None:
    push(staff, (moment(10), moment(12)), (moment(14), moment(15)))
    before = table.items()
    push(staff, (moment(14), moment(15)), (moment(11), moment(12)), (moment(10), moment(11, 30)))
    assert table.items() == before


def test_days_that_are_not_replaced_stay(salon: Salon, staff: StaffCalls) -> None:
    tomorrow = (moment(10, days=6), moment(11, days=6))
    push(staff, (moment(10), moment(11)), tomorrow, days=2)
    push(staff)
    assert salon.is_free(moment(10))
    assert not salon.is_free(moment(10, days=6))


def test_visits_stay_and_are_told(salon: Salon, staff: StaffCalls) -> None:
    made = salon.booked("cut", moment(10))
    ends = datetime.fromisoformat(moment(10)) + timedelta(hours=1)
    _, told = push(staff, (moment(10, 30), moment(10, 45)))
    assert told["conflicts"] == [
        {
            "booking_id": made["booking_id"],
            "employee_id": "anna",
            "starts_at": made["starts_at"],
            "ends_at": ends.isoformat().replace("+00:00", "Z"),
        }
    ]
    assert salon.look(made["booking_id"], made["token"])[1]["status"] == "awaiting_payment"
    # A visit that is cancelled leaves the busy time as it is.
    assert salon.cancel(made)[0] == 200
    assert not salon.is_free(moment(10))
    assert push(staff)[0] == 200
    assert salon.is_free(moment(10))


@pytest.mark.parametrize(
    ("body", "query", "pointer"),
    [
        ({}, {}, "/intervals"),
        ({"intervals": [{"from": moment(10), "to": moment(10)}]}, {}, "/intervals/0/to"),
        ({"intervals": [{"from": moment(10)}]}, {}, "/intervals/0/to"),
        (
            {"intervals": [{"from": moment(10, days=9), "to": moment(11, days=9)}]},
            {},
            "/intervals/0",
        ),
        ({"intervals": []}, {"to": day(4)}, "/query/to"),
        ({"intervals": []}, {"to": day(5 + 92)}, "/query/to"),
        ({"intervals": []}, {"from": "soon"}, "/query/from"),
        ({"intervals": []}, {"since": "2026-11-01"}, "/query/since"),
        ({"intervals": [], "note": ""}, {}, "/note"),
    ],
)
def test_what_is_no_push_is_refused(
    staff: StaffCalls,
    table: TableInMoto,
    body: dict[str, Any],
    query: dict[str, str],
    pointer: str,
) -> None:
    before = table.items()
    asked = {"from": day(), "to": day(), **query}
    status, problem = staff("PUT", ANNAS, body, **asked)
    assert (status, pointers(problem)) == (422, [pointer])
    assert table.items() == before


def test_the_bounds_themselves_are_taken(staff: StaffCalls) -> None:
    first = datetime.fromisoformat(f"{day()}T00:00:00+00:00")
    minutes = [first + timedelta(minutes=2 * number) for number in range(1000)]
    body = {
        "intervals": [
            {"from": each.isoformat(), "to": (each + timedelta(minutes=1)).isoformat()}
            for each in minutes
        ]
    }
    status, _ = staff("PUT", ANNAS, body, **{"from": day(), "to": day(5 + 91)})
    assert status == 200
    body["intervals"].append(body["intervals"][0])
    status, problem = staff("PUT", ANNAS, body, **{"from": day(), "to": day()})
    assert (status, pointers(problem)) == (422, ["/intervals"])


def test_nobody_pushes_for_an_employee_who_is_not_there(staff: StaffCalls) -> None:
    query = {"from": day(), "to": day()}
    status, problem = staff(
        "PUT", "/v1/locations/demo/employees/zoe/busy", {"intervals": []}, **query
    )
    assert (status, problem["code"]) == (404, "employee_not_found")
