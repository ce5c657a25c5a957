"""The agenda: who comes on which day, who is away, and what it costs to look."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from functions.serve_staff_api import clients as client_routes
from functions.serve_staff_api import handler as staff_function
from shared.adapters.booking_items import action_write
from shared.adapters.booking_store import BookingStore
from shared.domain.activity.needed_action import NeededAction
from shared.domain.bookings.booking import Client
from shared.workflows.calendar import read_agenda
from tests.builders import booking
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.kept import keep
from tests.surroundings.salon import BERLIN, Salon, moment
from tests.surroundings.staff_calls import StaffCalls, forget_stores, pointers
from tests.surroundings.units import Meter

pytestmark = pytest.mark.enable_socket
HERE = "/v1/locations/demo"
AGENDA = f"{HERE}/agenda"
CLIENT = {"name": "Mira Lindqvist", "email": "mira@example.com", "phone": "+49 30 1234567"}


@pytest.fixture
def staff(salon: Salon, store: BookingStore, context: Any) -> Iterator[StaffCalls]:
    del salon
    forget_stores()
    yield StaffCalls(context, store, staff_function.handler)
    forget_stores()


def day_of(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(BERLIN).date().isoformat()


THE_DAY = day_of(moment(10))


def shown(staff: StaffCalls, first: str = THE_DAY, last: str = "", **query: str) -> list[Any]:
    status, told = staff("GET", AGENDA, **{"from": first, "to": last or first}, **query)
    assert status == 200, told
    return list(told["days"])


def at_desk(staff: StaffCalls, at: str | None, **fields: Any) -> str:
    body = {"amount": 4500, "description": "Haircut", "client": CLIENT, "starts_at": at, **fields}
    asked = {name: value for name, value in body.items() if value is not None}
    status, made = staff("POST", f"{HERE}/bookings", {"currency": "eur", **asked})
    assert status == 201, made
    return str(made["booking_id"])


def test_a_day_shows_each_visit_with_what_a_desk_needs(salon: Salon, staff: StaffCalls) -> None:
    made = salon.booked("cut", moment(10))
    [day] = shown(staff)
    assert day == {
        "date": THE_DAY,
        "visits": [
            {
                "booking_id": made["booking_id"],
                "starts_at": moment(10),
                "ends_at": moment(11),
                "employee_id": "anna",
                "employee_name": "Anna",
                "service_id": "cut",
                "description": "Haircut",
                "client": {"name": "Mira Lindqvist", "phone": "+49 30 1"},
                "status": "awaiting_payment",
                "payment_status": "unpaid",
                "price": 4500,
                "amount_due": 4500,
                "currency": "eur",
                "overlaps": False,
                "note": None,
            }
        ],
        "absences": [],
    }


def test_visits_are_in_order_also_those_without_an_employee_or_an_end(staff: StaffCalls) -> None:
    no_time = at_desk(staff, None)
    late = at_desk(staff, moment(16), employee_id="ben", duration_minutes=30)
    bare = at_desk(staff, moment(9))
    early = at_desk(staff, moment(8), employee_id="anna", duration_minutes=60)
    [day] = shown(staff)
    assert [each["booking_id"] for each in day["visits"]] == [early, bare, late]
    assert (day["visits"][1]["employee_id"], day["visits"][1]["ends_at"]) == (None, None)
    assert no_time not in json.dumps(day)


def test_what_is_cancelled_is_not_in_the_way_and_the_list_still_has_it(staff: StaffCalls) -> None:
    gone = at_desk(staff, moment(9), employee_id="anna", duration_minutes=60)
    assert staff("POST", f"{HERE}/bookings/{gone}/cancel", {})[0] == 200
    assert shown(staff)[0]["visits"] == []
    listed = staff(
        "GET", f"{HERE}/bookings", visit_from=THE_DAY, visit_to=THE_DAY, status="cancelled"
    )[1]
    assert [each["booking_id"] for each in listed["items"]] == [gone]


def test_visits_that_overlap_say_so_on_both_sides(staff: StaffCalls) -> None:
    first = at_desk(staff, moment(9), employee_id="anna", duration_minutes=60)
    second = at_desk(
        staff, moment(9, 30), employee_id="anna", duration_minutes=60, allow_overlap=True
    )
    other = at_desk(staff, moment(9), employee_id="ben", duration_minutes=60)
    [day] = shown(staff)
    assert {each["booking_id"]: each["overlaps"] for each in day["visits"]} == {
        first: True,
        second: True,
        other: False,
    }


def test_an_overlap_behind_utcs_midnight_is_seen(staff: StaffCalls) -> None:
    """At 00:30 in Berlin it is still yesterday in UTC: the two halves are two items."""
    night = moment(0, 30)
    first = at_desk(staff, night, employee_id="nora", duration_minutes=120)
    second = at_desk(staff, moment(2), employee_id="nora", duration_minutes=30, allow_overlap=True)
    visits = shown(staff)[0]["visits"]
    assert {each["booking_id"] for each in visits if each["overlaps"]} == {first, second}


def test_time_off_stands_on_each_day_that_it_touches(staff: StaffCalls) -> None:
    def off(first: str, last: str) -> dict[str, str]:
        return {"from": first, "to": last, "reason": "Holiday"}

    absence, closure = (
        off(moment(22), moment(10, days=6)),
        off(moment(0, days=6), moment(12, days=6)),
    )
    assert staff("PUT", f"{HERE}/employees/anna/absences/one", absence)[0] == 200
    assert staff("PUT", f"{HERE}/closures/two", closure)[0] == 200
    # Over UTC's midnight, which is stored in two parts.
    busy = {"from": moment(23, days=5), "to": moment(3, days=6)}
    days = {"from": busy["from"][:10], "to": busy["to"][:10]}
    answer = staff("PUT", f"{HERE}/employees/ben/busy", {"intervals": [busy]}, **days)
    assert answer[0] == 200
    whole = {
        "anna": {"kind": "absence", "id": "one", "employee_id": "anna", **absence},
        "ben": {"kind": "busy", "id": None, "employee_id": "ben", **busy, "reason": ""},
        "all": {"kind": "closure", "id": "two", "employee_id": None, **closure},
    }
    before, first, second = shown(staff, day_of(moment(days=4)), day_of(moment(days=6)))
    assert before["absences"] == []
    assert first["absences"] == [whole["anna"], whole["ben"]]
    assert second["absences"] == [whole["anna"], whole["ben"], whole["all"]]
    [only] = shown(staff, day_of(moment(days=6)), employee_id="ben")
    assert only["absences"] == [whole["ben"], whole["all"]]


def test_one_employees_agenda_has_their_visits_alone(staff: StaffCalls) -> None:
    at_desk(staff, moment(9), employee_id="anna", duration_minutes=60)
    bens = at_desk(staff, moment(9), employee_id="ben", duration_minutes=60)
    at_desk(staff, moment(9))
    [day] = shown(staff, employee_id="ben")
    assert [each["booking_id"] for each in day["visits"]] == [bens]
    assert shown(staff, employee_id="nobody")[0]["visits"] == []


@pytest.mark.parametrize("role", ["owner", "manager", "finance"])
def test_all_three_roles_read_it(staff: StaffCalls, role: str) -> None:
    assert staff("GET", AGENDA, by=role, **{"from": THE_DAY, "to": THE_DAY})[0] == 200


WRONG: dict[str, dict[str, str]] = {
    "/query/to": {"from": "2026-12-02", "to": "2026-12-01"},
    "/query/to of a month and a day": {"from": "2026-12-01", "to": "2027-01-01"},
    "/query/from": {"to": "2026-12-01"},
    "/query/day": {"from": "2026-12-01", "to": "2026-12-01", "day": "2026-12-01"},
    "/query/employee_id": {"from": "2026-12-01", "to": "2026-12-01", "employee_id": "a b"},
}


@pytest.mark.parametrize(("named", "query"), WRONG.items(), ids=WRONG)
def test_a_wrong_query_is_named(staff: StaffCalls, named: str, query: dict[str, str]) -> None:
    status, problem = staff("GET", AGENDA, **query)
    assert (status, pointers(problem)) == (422, [named.split(maxsplit=1)[0]])


def test_thirty_one_days_are_shown_each_in_turn(staff: StaffCalls) -> None:
    days = shown(staff, "2026-12-01", "2026-12-31")
    first = date(2026, 12, 1)
    assert [each["date"] for each in days] == [
        (first + timedelta(days=number)).isoformat() for number in range(31)
    ]


def test_more_than_an_answer_holds_is_refused(
    staff: StaffCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_agenda, "MAX_VISITS", 1)
    at_desk(staff, moment(9), employee_id="anna", duration_minutes=30)
    at_desk(staff, moment(9), employee_id="ben", duration_minutes=30)
    status, problem = staff("GET", AGENDA, **{"from": THE_DAY, "to": THE_DAY})
    assert (status, problem["code"]) == (422, "agenda_too_large")
    assert len(shown(staff, employee_id="ben")[0]["visits"]) == 1


def test_a_look_costs_the_same_however_long_the_history_is(
    staff: StaffCalls, store: BookingStore, table: TableInMoto, clients: dict[Any, Any]
) -> None:
    at_desk(staff, moment(9), employee_id="anna", duration_minutes=60)
    meter = Meter(table, clients)

    def look() -> int:
        with meter.counting() as counted:
            shown(staff)
        return counted.cost.calls

    # The caller's membership with the location; entries, catalogue, employees' days, bookings.
    assert look() == 5
    for number in range(150):
        keep(store, booking(f"bk_{number}", starts_at_s=1_700_000_000 + number * 3600))
    assert look() == 5


# ------------------------------------------------------------------ whether anything has changed


def again(staff: StaffCalls, path: str, tag: str, **query: str) -> int:
    return staff("GET", path, headers={"if-none-match": tag}, **query)[0]


@pytest.mark.parametrize("what", ["agenda", "list", "booking", "count"])
def test_who_names_the_tag_is_told_when_nothing_has_changed(staff: StaffCalls, what: str) -> None:
    made = at_desk(staff, moment(9), employee_id="anna", duration_minutes=60)
    path, query = {
        "agenda": (AGENDA, {"from": THE_DAY, "to": THE_DAY}),
        "list": (f"{HERE}/bookings", {}),
        "booking": (f"{HERE}/bookings/{made}", {}),
        "count": (f"{HERE}/needs-action/count", {}),
    }[what]
    assert staff("GET", path, **query)[0] == 200
    tag, kept = staff.headers["etag"], staff.headers["cache-control"]
    assert (tag[0], tag[-1], kept) == ('"', '"', "no-store")
    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        assert again(staff, path, condition, **query) == 304
        assert staff.headers["etag"] == tag
    assert again(staff, path, '"other"', **query) == 200
    if what != "count":
        assert staff("PATCH", f"{HERE}/bookings/{made}", {"note": "by the window"})[0] == 200
        assert again(staff, path, tag, **query) == 200
        assert staff.headers["etag"] != tag


def test_what_needs_action_is_counted(staff: StaffCalls, store: BookingStore) -> None:
    asked = (NeededAction("overpaid", {"amount": 100}),)
    for written, told in ((3, (3, True)), (100, (100, True)), (101, (100, False))):
        for number in range(written):
            store._table.put([action_write("demo", f"charge#ch_{number}", asked, number)])
        answer = staff("GET", f"{HERE}/needs-action/count")[1]
        assert (answer["count"], answer["complete"]) == told


# ------------------------------------------------------------------ a client


def test_a_clients_page_has_all_their_visits_and_what_they_come_to(
    salon: Salon, staff: StaffCalls
) -> None:
    online = salon.booked("cut", moment(10), client=CLIENT)
    desk = at_desk(staff, moment(9, days=9), client={**CLIENT, "name": "Mira L."})
    at_desk(staff, moment(9), client={"name": "Noor", "email": "noor@example.com"})
    own_id = staff("GET", f"{HERE}/bookings/{desk}")[1]["client_id"]
    for who in (own_id, "mira@example.com", "MIRA@example.com"):
        status, page = staff("GET", f"{HERE}/clients/{who}", by="finance")
        assert status == 200
        assert [each["booking_id"] for each in page["bookings"]] == [desk, online["booking_id"]]
    assert (page["client_id"], page["complete"]) == (own_id, True)
    assert page["email"] == "mira@example.com"
    assert page["money"] == [
        {"currency": "eur", "amount_captured": 0, "amount_refunded": 0, "amount_due": 9000}
    ]
    assert (page["by_status"]["confirmed"], page["by_status"]["awaiting_payment"]) == (1, 1)
    assert page["bookings"][1]["terms"]["accepted_at"]
    status, problem = staff("GET", f"{HERE}/clients/nobody@example.com")
    assert (status, problem["code"]) == (404, "client_not_found")


def test_a_client_with_very_many_bookings_is_said_to_have_more(
    staff: StaffCalls, store: BookingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_routes, "MAX_SHOWN", 2)
    for number in range(3):
        keep(store, booking(f"bk_{number}", client=Client("Mira", "mira@example.com")))
    page = staff("GET", f"{HERE}/clients/mira@example.com")[1]
    assert (len(page["bookings"]), page["complete"]) == (2, False)
