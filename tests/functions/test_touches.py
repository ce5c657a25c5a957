"""A setting says what it would touch, and nothing is saved by asking."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from functions.serve_staff_api import handler as staff_function
from functions.serve_staff_api import touching
from shared.adapters.booking_store import BookingStore
from tests.builders import booking
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.kept import keep
from tests.surroundings.salon import Salon, moment
from tests.surroundings.staff_calls import StaffCalls, forget_stores

pytestmark = pytest.mark.enable_socket
HERE = "/v1/locations/demo"
HAIRCUT = {"name": "Haircut", "price": 4900, "duration_minutes": 30, "employee_ids": []}
ANNA: dict[str, Any] = {"name": "Anna", "hours": []}


@pytest.fixture
def staff(salon: Salon, store: BookingStore, context: Any) -> Iterator[StaffCalls]:
    """Two visits ahead with Anna, one of them a haircut, and one that was cancelled."""
    forget_stores()
    calls = StaffCalls(context, store, staff_function.handler)
    salon.booked("cut", moment(10))
    salon.booked("colour", moment(13))
    cancelled = salon.booked("cut", moment(16))
    assert calls("POST", f"{HERE}/bookings/{cancelled['booking_id']}/cancel", {})[0] == 200
    yield calls
    forget_stores()


@pytest.mark.parametrize(
    ("method", "path", "body", "ahead"),
    [
        ("DELETE", "/services/cut", None, 1),
        ("PUT", "/services/cut", HAIRCUT, 1),
        ("DELETE", "/services/unknown", None, 0),
        ("DELETE", "/employees/anna", None, 2),
        ("PUT", "/employees/anna", ANNA, 2),
        ("PATCH", "", {"timezone": "America/New_York"}, 2),
        ("PATCH", "", {"timezone": "Europe/Berlin"}, 0),
        ("PATCH", "", {"name": "Another name"}, 0),
    ],
)
def test_a_dry_run_tells_how_many_bookings_are_ahead_and_saves_nothing(
    staff: StaffCalls, table: TableInMoto, method: str, path: str, body: Any, ahead: int
) -> None:
    before = table.items()
    status, told = staff(method, f"{HERE}{path}", body, dry_run="true")
    assert (status, told) == (200, {"touches": {"bookings_ahead": ahead, "complete": True}})
    assert table.items() == before
    assert staff(method, f"{HERE}{path}", body, dry_run="false")[0] in (200, 204)


def test_a_look_that_ends_before_the_bookings_do_says_so(
    staff: StaffCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: of a month's bookings the first hundred were counted, and nothing said so."""
    monkeypatch.setattr(touching, "PAGE", 1)
    monkeypatch.setattr(touching, "MAX_PAGES", 1)
    path = f"{HERE}/employees/anna"
    told = staff("DELETE", path, dry_run="true")[1]["touches"]
    assert told == {"bookings_ahead": 1, "complete": False}
    monkeypatch.setattr(touching, "MAX_PAGES", 3)
    told = staff("DELETE", path, dry_run="true")[1]["touches"]
    assert told == {"bookings_ahead": 2, "complete": True}


def test_a_visit_that_was_booked_months_ago_is_counted(
    staff: StaffCalls, store: BookingStore
) -> None:
    now_s = int(time.time())
    long_ago = booking(
        "bk_old",
        employee_id="anna",
        status="confirmed",
        created_at_s=now_s - 200 * 86_400,
        starts_at_s=now_s + 86_400,
    )
    keep(store, long_ago)
    told = staff("DELETE", f"{HERE}/employees/anna", dry_run="true")[1]["touches"]
    assert told == {"bookings_ahead": 3, "complete": True}


def test_a_dry_run_refuses_what_would_be_refused(staff: StaffCalls) -> None:
    status, problem = staff("PUT", f"{HERE}/services/cut", {"name": ""}, dry_run="true")
    assert (status, problem["code"]) == (422, "invalid_input")
    status, problem = staff("DELETE", f"{HERE}/services/cut", dry_run="perhaps")
    assert status == 422
    assert staff("DELETE", f"{HERE}/services/cut", by="finance", dry_run="true")[0] == 403
