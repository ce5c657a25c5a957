"""Absences and closures: nobody is booked in them, and visits that are there already are told."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.serve_staff_api import handler as staff_function
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import Key, Put
from shared.domain.calendar.absences import MAX_ABSENCES
from shared.workflows.calendar import conflicts
from tests.surroundings.salon import Salon, moment
from tests.surroundings.staff_calls import StaffCalls, forget_stores, pointers

pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("salon")]
HERE = "/v1/locations/demo"
ANNAS = f"{HERE}/employees/anna/absences"
CLOSURES = f"{HERE}/closures"


@pytest.fixture
def staff(store: BookingStore, context: Any) -> Iterator[StaffCalls]:
    forget_stores()
    yield StaffCalls(context, store, staff_function.handler)
    forget_stores()


def off(first: str, last: str, reason: str = "Holiday") -> dict[str, str]:
    return {"from": first, "to": last, "reason": reason}


def later(instant: str, minutes: int) -> str:
    moved = datetime.fromisoformat(instant) + timedelta(minutes=minutes)
    return moved.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("path", [f"{ANNAS}/one", f"{CLOSURES}/one"])
def test_nobody_can_be_booked_in_time_off(salon: Salon, staff: StaffCalls, path: str) -> None:
    assert salon.is_free(moment(10))
    assert staff("PUT", path, off(moment(10), moment(11)))[0] == 200
    assert not salon.is_free(moment(10))
    status, problem = salon.book("cut", moment(10))
    assert (status, problem["code"]) == (422, "slot_not_offered")
    # A visit may end when time off begins, and begin when it ends.
    assert salon.is_free(moment(9))
    assert salon.is_free(moment(11))
    assert not salon.is_free(moment(9, 15))
    assert staff("DELETE", path) == (204, None)
    assert salon.is_free(moment(10))
    assert salon.book("cut", moment(10))[0] == 201


def test_an_absence_is_one_employees_and_a_closure_everybodys(
    salon: Salon, staff: StaffCalls
) -> None:
    assert staff("PUT", f"{ANNAS}/one", off(moment(10), moment(11)))[0] == 200
    assert not salon.is_free(moment(10), employee_id="anna")
    assert salon.is_free(moment(10), employee_id="ben")
    assert staff("PUT", f"{CLOSURES}/one", off(moment(10), moment(11)))[0] == 200
    assert not salon.is_free(moment(10), employee_id="ben")


@pytest.mark.parametrize(("path", "name"), [(ANNAS, "absence_id"), (CLOSURES, "closure_id")])
def test_time_off_is_entered_listed_changed_and_taken_away(
    staff: StaffCalls, path: str, name: str
) -> None:
    told = {"conflicts": [], "conflicts_complete": True}
    second = {name: "two", **off(moment(8), moment(9))}
    first = {name: "one", **off(moment(8, days=3), moment(9, days=3), "")}
    assert staff("PUT", f"{path}/two", off(moment(8), moment(9))) == (200, {**second, **told})
    body = {key: value for key, value in first.items() if key in ("from", "to")}
    assert staff("PUT", f"{path}/one", body) == (200, {**first, **told})
    assert staff("GET", path) == (200, {"items": [first, second]})
    assert staff("GET", f"{path}/one") == (200, {**first, **told})
    changed = off(moment(8), moment(12), "Training")
    assert staff("PUT", f"{path}/two", changed)[1]["reason"] == "Training"
    assert staff("DELETE", f"{path}/one") == (204, None)
    assert staff("DELETE", f"{path}/one") == (204, None)
    assert staff("GET", path) == (200, {"items": [{name: "two", **changed}]})
    status, problem = staff("GET", f"{path}/one")
    assert (status, problem["code"]) == (404, f"{name.removesuffix('_id')}_not_found")


def test_visits_in_time_off_stay_and_are_told(salon: Salon, staff: StaffCalls) -> None:
    one, two = salon.booked("cut", moment(10)), salon.booked("colour", moment(13))
    with_ben = salon.booked("cut", moment(10), employee_id="ben")
    salon.booked("cut", moment(10, days=6))
    cancelled = salon.booked("cut", moment(16))
    assert staff("POST", f"{HERE}/bookings/{cancelled['booking_id']}/cancel", {})[0] == 200

    def visit(booking: dict[str, Any], minutes: int, employee_id: str = "anna") -> dict[str, str]:
        return {
            "booking_id": booking["booking_id"],
            "employee_id": employee_id,
            "starts_at": booking["starts_at"],
            "ends_at": later(booking["starts_at"], minutes),
        }

    _, absence = staff("PUT", f"{ANNAS}/one", off(moment(10, 59), moment(20)))
    assert absence["conflicts"] == [visit(one, 60), visit(two, 120)]
    assert staff("GET", f"{ANNAS}/one")[1]["conflicts"] == absence["conflicts"]
    _, closure = staff("PUT", f"{CLOSURES}/one", off(moment(8), moment(11)))
    assert sorted(closure["conflicts"], key=str) == sorted(
        [visit(one, 60), visit(with_ben, 60, "ben")], key=str
    )
    assert salon.look(one["booking_id"], one["token"])[1]["status"] == "awaiting_payment"
    # A visit that ends when time off begins does not lie in it.
    assert staff("PUT", f"{ANNAS}/two", off(moment(11), moment(12)))[1]["conflicts"] == []


def test_more_visits_than_are_listed_are_said_to_be_more(
    salon: Salon, staff: StaffCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour in (10, 11, 12):
        salon.booked("cut", moment(hour))
    monkeypatch.setattr(conflicts, "MAX_LISTED", 2)
    _, told = staff("PUT", f"{ANNAS}/one", off(moment(8), moment(20)))
    assert [each["starts_at"] for each in told["conflicts"]] == [moment(10), moment(11)]
    assert told["conflicts_complete"] is False
    monkeypatch.setattr(conflicts, "MAX_LISTED", 100)
    monkeypatch.setattr(conflicts, "MAX_READ", 1)
    assert staff("GET", f"{ANNAS}/one")[1]["conflicts_complete"] is True
    _, long = staff("PUT", f"{ANNAS}/two", off(moment(8), moment(20, days=40)))
    assert long["conflicts_complete"] is False


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"from": moment(10), "to": moment(10)}, "/to"),
        ({"from": moment(10), "to": moment(9)}, "/to"),
        ({"from": moment(10), "to": moment(10, days=1200)}, "/to"),
        ({"from": moment(10)}, "/to"),
        ({"from": "tomorrow", "to": moment(10)}, "/from"),
        (off(moment(10), moment(11), "x" * 201), "/reason"),
        ({**off(moment(10), moment(11)), "note": ""}, "/note"),
    ],
)
def test_what_is_no_time_off_is_refused(
    staff: StaffCalls, body: dict[str, Any], pointer: str
) -> None:
    for path in (f"{ANNAS}/one", f"{CLOSURES}/one"):
        status, problem = staff("PUT", path, body)
        assert (status, pointers(problem)) == (422, [pointer])
        assert staff("GET", path)[0] == 404


def test_an_absence_needs_an_employee_and_a_name(staff: StaffCalls) -> None:
    body = off(moment(10), moment(11))
    for method in ("GET", "PUT", "DELETE"):
        status, problem = staff(method, f"{HERE}/employees/zoe/absences/one", body)
        assert (status, problem["code"]) == (404, "employee_not_found")
    assert staff("GET", f"{HERE}/employees/zoe/absences")[0] == 404
    for path, pointer in ((ANNAS, "/absence_id"), (CLOSURES, "/closure_id")):
        status, problem = staff("PUT", f"{path}/-no-name", body)
        assert (status, pointers(problem)) == (422, [pointer])


def test_there_are_only_so_many_absences(staff: StaffCalls, salon: Salon) -> None:
    body = off(moment(10), moment(11))
    ends_s = int(datetime.fromisoformat(moment()).timestamp())
    full = {f"a{number}": [ends_s - 60, ends_s, ""] for number in range(MAX_ABSENCES)}
    salon.catalogue._table.put([Put(Key("demo#catalogue", "absences#anna"), full)])
    status, problem = staff("PUT", f"{ANNAS}/one-more", body)
    assert (status, problem["code"]) == (409, "too_many_absences")
    assert staff("DELETE", f"{ANNAS}/a1") == (204, None)
    assert staff("PUT", f"{ANNAS}/one-more", body)[0] == 200


def test_absences_go_with_their_employee(staff: StaffCalls) -> None:
    assert staff("PUT", f"{ANNAS}/one", off(moment(10), moment(11)))[0] == 200
    assert staff("DELETE", f"{HERE}/employees/anna")[0] == 204
    assert staff("PUT", f"{HERE}/employees/anna", {"name": "Anna"})[0] == 200
    assert staff("GET", ANNAS) == (200, {"items": []})


def test_who_entered_time_off_is_in_the_audit_log(staff: StaffCalls) -> None:
    body = off(moment(10), moment(11))
    staff("PUT", f"{ANNAS}/one", body, by="manager")
    staff("DELETE", f"{CLOSURES}/none")
    staff("PUT", f"{CLOSURES}/xmas", body)
    told = staff("GET", f"{HERE}/audit")[1]["items"]
    assert {each["what"]: each["ids"] for each in told} == {
        "absence.saved": {"employee": "anna", "absence": "one"},
        "closure.saved": {"closure": "xmas"},
    }
