"""A visit is moved, not made again: both doors, each code, and who may."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from functions.serve_staff_api import handler as staff_function
from functions.serve_staff_api import moving
from functions.serve_widget import booking as client_door
from shared.adapters.agenda_store import AgendaStore
from shared.adapters.booking_store import BookingStore
from shared.config import Config
from shared.domain.dates.instants import HOUR_S
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.salon import CLIENT, Salon, StripeBeside, in_hours, moment
from tests.surroundings.staff_calls import StaffCalls, forget_stores, pointers

pytestmark = pytest.mark.enable_socket
HERE = "/v1/locations/demo"
AT_TEN, AT_NOON = moment(10), moment(12)
FREELY = {"client_until_hours": 0, "fee": "none"}
AT_A_COST = {"client_until_hours": 0, "fee": "as_cancelling"}


class Desk:
    """Staff at the desk of the salon."""

    def __init__(self, calls: StaffCalls) -> None:
        self.calls = calls

    def move(
        self,
        made: dict[str, Any],
        at: str = AT_NOON,
        *,
        by: str = "owner",
        key: str = "",
        **to: Any,
    ) -> tuple[int, Any]:
        headers = {"idempotency-key": key} if key else {}
        path = f"{HERE}/bookings/{made['booking_id']}/reschedule"
        return self.calls("POST", path, {"starts_at": at, **to}, by=by, headers=headers)

    def moved(self, made: dict[str, Any], at: str = AT_NOON, **to: Any) -> dict[str, Any]:
        status, shown = self.move(made, at, **to)
        assert status == 200, shown
        return dict(shown)

    def book(self, at: str = AT_TEN, **fields: Any) -> dict[str, Any]:
        asked = {"service_id": "cut", "employee_id": "anna", "client": CLIENT, **fields}
        body = {name: value for name, value in asked.items() if value is not None}
        status, made = self.calls("POST", f"{HERE}/bookings", {"starts_at": at, **body})
        assert status == 201, made
        return dict(made)

    def end(self, made: dict[str, Any], end: str) -> dict[str, Any]:
        status, shown = self.calls("POST", f"{HERE}/bookings/{made['booking_id']}/{end}", {})
        assert status == 200, shown
        return dict(shown)


@pytest.fixture
def desk(store: BookingStore, salon: Salon, context: Any) -> Iterator[Desk]:
    del salon
    forget_stores()
    yield Desk(StaffCalls(context, store, staff_function.handler))
    forget_stores()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let requests come some hours from now."""

    def set_time(hours: float) -> None:
        now_s = time.time() + hours * HOUR_S
        clock = SimpleNamespace(time=lambda: now_s, sleep=time.sleep)
        for module in (moving, client_door):
            monkeypatch.setattr(module, "time", clock)

    return set_time


def paid(salon: Salon, at_stripe: StripeBeside, starts_at: str = AT_TEN, **fields: Any) -> Any:
    """A client's visit, booked and paid in full."""
    made = salon.booked("cut", starts_at, **fields)
    at_stripe.pay(made)
    salon.hear(made, at_stripe)
    return made


def visits(config: Config, employee_id: str, starts_at: str) -> set[str]:
    """Return who has an employee's UTC day."""
    found = AgendaStore(config).get_days("demo", [employee_id], [starts_at[:10]])
    return set(found[employee_id, starts_at[:10]].agenda.visits)


# ------------------------------------------------------------------ staff


def test_staff_move_a_paid_visit_and_nothing_is_paid_twice(
    desk: Desk, salon: Salon, at_stripe: StripeBeside
) -> None:
    """Bug BB-18: a paid visit could only be cancelled, refunded, and booked and paid again."""
    made = paid(salon, at_stripe)
    shown = desk.moved(made)
    assert shown["booking_id"] == made["booking_id"]
    assert (shown["starts_at"], shown["ends_at"]) == (AT_NOON, moment(13))
    assert (shown["amount_captured"], shown["amount_due"]) == (4500, 0)
    assert shown["refunds"] == []
    assert salon.is_free(AT_TEN)
    assert not salon.is_free(AT_NOON)
    (entry,) = [each for each in shown["timeline"] if each["what"] == "booking.moved"]
    assert (entry["from"], entry["to"]) == (AT_TEN, AT_NOON)
    assert (entry["by"], entry["by_user_id"]) == ("owner@demo.test", "owner")


def test_a_move_takes_and_releases_time_of_two_employees(desk: Desk, config: Config) -> None:
    made, later = desk.book(), moment(12, days=6)
    assert visits(config, "anna", AT_TEN) == {made["booking_id"]}
    shown = desk.moved(made, later, employee_id="ben")
    assert shown["employee_id"] == "ben"
    assert visits(config, "anna", AT_TEN) == set()
    assert visits(config, "ben", later) == {made["booking_id"]}


def test_after_a_chain_of_moves_only_the_last_time_is_taken(desk: Desk, table: TableInMoto) -> None:
    """No time is lost, and none is left: over midnight of UTC, to others, and back."""
    made = desk.book(service_id="trim", employee_id="nora")
    chain = [
        (f"{moment(days=6)[:10]}T23:50:00Z", "nora"),
        (moment(10), "ben"),
        (f"{moment(days=7)[:10]}T23:50:00Z", "anna"),
        (moment(10), "nora"),
        (moment(10, 10), "nora"),
    ]
    for to, who in chain:
        desk.moved(made, to, employee_id=who)
        days = {
            (pk.rpartition("#")[2], day)
            for (pk, day), body in table.bodies().items()
            if "#agenda#" in pk and body["visits"]
        }
        last = {to[:10]} | ({_next_day(to)} if "T23:50" in to else set())
        assert days == {(who, day) for day in last}


def _next_day(text: str) -> str:
    return f"{datetime.fromisoformat(text) + timedelta(days=1):%Y-%m-%d}"


def test_a_time_that_is_taken_is_refused_and_the_old_one_kept(
    desk: Desk, config: Config, store: BookingStore
) -> None:
    made, other = desk.book(), desk.book(AT_NOON)
    before = store.get_booking("demo", made["booking_id"])
    status, problem = desk.move(made, moment(12, 30))
    assert (status, problem["code"]) == (409, "slot_taken")
    assert store.get_booking("demo", made["booking_id"]) == before
    assert visits(config, "anna", AT_TEN) == {made["booking_id"], other["booking_id"]}
    shown = desk.moved(made, moment(12, 30), allow_overlap=True)
    assert shown["allow_overlap"] is True


def test_a_visit_may_move_into_its_own_time(desk: Desk) -> None:
    made = desk.book()
    assert desk.moved(made, moment(10, 30))["starts_at"] == moment(10, 30)


def test_the_same_time_again_is_no_move(desk: Desk, store: BookingStore) -> None:
    made = desk.book()
    first = desk.moved(made)
    known = store.get_booking("demo", made["booking_id"])
    assert desk.moved(made) == first
    assert desk.moved(made, employee_id="anna", service_id="cut") == first
    assert store.get_booking("demo", made["booking_id"]) == known


def test_a_repeated_request_gets_the_first_answer(desk: Desk) -> None:
    made = desk.book()
    first = desk.move(made, key="one")
    desk.moved(made, moment(15))
    assert desk.move(made, key="one") == first
    assert desk.calls.headers["idempotent-replayed"] == "true"
    status, problem = desk.move(made, moment(16), key="one")
    assert (status, problem["code"]) == (409, "idempotency_key_reused")


@pytest.mark.parametrize(("by", "status"), [("manager", 200), ("finance", 403), ("nobody", 404)])
def test_who_may(desk: Desk, by: str, status: int) -> None:
    assert desk.move(desk.book(), by=by)[0] == status


@pytest.mark.parametrize(
    ("to", "status", "code"),
    [
        ({"employee_id": "zoe"}, 404, "employee_not_found"),
        ({"service_id": "massage"}, 404, "service_not_found"),
    ],
)
def test_what_the_catalogue_does_not_have(
    desk: Desk, to: dict[str, str], status: int, code: str
) -> None:
    found, problem = desk.move(desk.book(), **to)
    assert (found, problem["code"]) == (status, code)


def test_a_visit_of_nobodys_is_moved_and_may_become_somebodys(desk: Desk) -> None:
    made = desk.book(employee_id=None)
    moved = desk.moved(made)
    assert (moved["starts_at"], moved["employee_id"]) == (AT_NOON, None)
    given = desk.moved(made, employee_id="anna")
    assert (given["starts_at"], given["employee_id"]) == (AT_NOON, "anna")
    assert desk.move(desk.book(), AT_NOON)[1]["code"] == "slot_taken", "the time is Anna's now"


def test_a_visit_whose_length_nobody_knows_takes_no_employees_time(desk: Desk) -> None:
    body = {"description": "Visit", "amount": 2000, "currency": "eur", "starts_at": AT_TEN}
    _, made = desk.calls("POST", f"{HERE}/bookings", body)
    moved = desk.moved(made)
    assert (moved["starts_at"], moved["ends_at"]) == (AT_NOON, None)
    status, problem = desk.move(made, AT_TEN, employee_id="anna")
    assert (status, problem["code"]) == (422, "duration_required")
    whole = desk.moved(made, AT_TEN, service_id="cut", employee_id="anna")
    assert (whole["starts_at"], whole["employee_id"]) == (AT_TEN, "anna")
    assert whole["ends_at"]


def test_only_what_can_be_moved_is(desk: Desk, at: Callable[[float], None]) -> None:
    body = {"description": "Gift box", "amount": 2000, "currency": "eur", "client": CLIENT}
    _, sale = desk.calls("POST", f"{HERE}/bookings", body)
    assert desk.move(sale)[1]["code"] == "not_reschedulable"
    over = desk.book()
    desk.end(over, "cancel")
    assert desk.move(over)[1]["code"] == "not_reschedulable"
    assert desk.move({"booking_id": "bk_000000000000000000000000"})[0] == 404
    made = desk.book(in_hours(1), employee_id="nora", service_id="trim")
    at(2)
    assert desk.move(made, in_hours(30))[1]["code"] == "visit_started"


@pytest.mark.parametrize(
    "body", [{}, {"starts_at": "tomorrow"}, {"starts_at": AT_NOON, "price": 1}]
)
def test_a_body_that_is_not_valid(desk: Desk, body: dict[str, Any]) -> None:
    made = desk.book()
    path = f"{HERE}/bookings/{made['booking_id']}/reschedule"
    status, problem = desk.calls("POST", path, body)
    assert (status, problem["code"]) == (422, "invalid_input")
    assert pointers(problem)


def test_a_start_that_is_over_is_refused(desk: Desk) -> None:
    status, problem = desk.move(desk.book(), "2020-01-01T10:00:00Z")
    assert (status, problem["code"]) == (422, "starts_in_the_past")


# ------------------------------------------------------------------ clients


def test_a_client_moves_as_the_terms_allow(
    salon: Salon, at_stripe: StripeBeside, config: Config
) -> None:
    salon.set_terms(reschedule=FREELY)
    made = paid(salon, at_stripe)
    assert (shown := salon.looked(made))["can_reschedule"] is True
    assert (shown["reschedule_until"], shown["reschedules_left"]) == (AT_TEN, 3)
    status, now = salon.move(made, {"starts_at": AT_NOON, "employee_id": "ben"})
    assert status == 200, now
    assert (now["starts_at"], now["employee_id"], now["booking_id"]) == (
        AT_NOON,
        "ben",
        made["booking_id"],
    )
    assert (now["reschedule_until"], now["reschedules_left"]) == (AT_NOON, 2)
    assert (now["amount_paid"], now["refunds"], now["fees"]) == (4500, [], [])
    assert visits(config, "anna", AT_TEN) == set()
    assert visits(config, "ben", AT_NOON) == {made["booking_id"]}
    assert salon.move(made, {"starts_at": AT_NOON})[0] == 200, "and again, it is no move"
    assert salon.looked(made)["reschedules_left"] == 2


def test_three_moves_are_a_clients_and_staffs_do_not_count(
    salon: Salon, at_stripe: StripeBeside, desk: Desk
) -> None:
    salon.set_terms(reschedule=FREELY)
    made = paid(salon, at_stripe)
    desk.moved(made, moment(11))
    for hour in (12, 13, 14):
        assert salon.move(made, {"starts_at": moment(hour)})[0] == 200
    status, problem = salon.move(made, {"starts_at": moment(15)})
    assert (status, problem["code"]) == (409, "too_many_moves")
    assert salon.looked(made)["can_reschedule"] is False
    desk.moved(made, moment(15))


def test_without_a_word_in_the_terms_no_client_moves(salon: Salon, at_stripe: StripeBeside) -> None:
    made = paid(salon, at_stripe)
    shown = salon.looked(made)
    assert (shown["can_reschedule"], shown["reschedule_until"]) == (False, None)
    status, problem = salon.move(made, {"starts_at": AT_NOON})
    assert (status, problem["code"]) == (409, "not_reschedulable")


def test_the_hours_before_the_visit_are_counted_to_the_second(
    salon: Salon, at_stripe: StripeBeside, at: Callable[[float], None]
) -> None:
    salon.set_terms(reschedule={"client_until_hours": 24, "fee": "none"})
    made = paid(salon, at_stripe)
    hours = _hours_until(AT_TEN)
    at(hours - 24 + 1 / HOUR_S)
    assert salon.looked(made)["can_reschedule"] is False
    assert salon.move(made, {"starts_at": AT_NOON})[1]["code"] == "not_reschedulable"
    at(hours - 24 - 2 / HOUR_S)
    assert salon.move(made, {"starts_at": AT_NOON})[0] == 200


def test_a_visit_that_has_begun_is_not_moved(
    salon: Salon, at_stripe: StripeBeside, at: Callable[[float], None]
) -> None:
    salon.set_terms(reschedule=FREELY)
    made = paid(salon, at_stripe)
    at(_hours_until(AT_TEN) + 0.01)
    assert salon.move(made, {"starts_at": AT_NOON})[1]["code"] == "visit_started"


@pytest.mark.parametrize(
    ("to", "status", "code"),
    [
        ({"starts_at": moment(10, 7)}, 422, "slot_not_offered"),
        ({"starts_at": moment(19, 30)}, 422, "slot_not_offered"),
        ({"starts_at": moment(12, days=900)}, 422, "slot_not_offered"),
        ({"starts_at": AT_NOON, "employee_id": "nora"}, 404, "employee_not_found"),
        ({"starts_at": AT_NOON, "employee_id": "zoe"}, 404, "employee_not_found"),
        ({"starts_at": AT_NOON, "employee_id": "#"}, 422, "invalid_input"),
        ({"starts_at": AT_NOON, "service_id": "colour"}, 422, "invalid_input"),
        ({"starts_at": AT_NOON, "accepted_fee": -1}, 422, "invalid_input"),
        ({"starts_at": "2026-12-01"}, 422, "invalid_input"),
        ({"starts_at": "2026-12-01T10:00:00"}, 422, "invalid_input"),
        ({}, 422, "invalid_input"),
    ],
)
def test_a_client_gets_what_the_widget_would_sell(
    salon: Salon, at_stripe: StripeBeside, to: dict[str, Any], status: int, code: str
) -> None:
    salon.set_terms(reschedule=FREELY)
    made = paid(salon, at_stripe)
    found, problem = salon.move(made, to)
    assert (found, problem["code"]) == (status, code)
    assert salon.looked(made)["starts_at"] == AT_TEN


def test_a_client_cannot_move_where_somebody_is(
    salon: Salon, at_stripe: StripeBeside, desk: Desk
) -> None:
    salon.set_terms(reschedule=FREELY)
    made = paid(salon, at_stripe)
    desk.book(AT_NOON)
    status, problem = salon.move(made, {"starts_at": AT_NOON})
    assert (status, problem["code"]) == (409, "slot_taken")


def test_a_stranger_learns_nothing(salon: Salon, at_stripe: StripeBeside) -> None:
    made = paid(salon, at_stripe)
    status, problem = salon.move({**made, "token": "x" * 43}, {"starts_at": AT_NOON})
    assert (status, problem["code"]) == (404, "booking_not_found")


# ------------------------------------------------------------------ what a client's late move costs


def late(salon: Salon, at_stripe: StripeBeside, **terms: Any) -> Any:
    """A paid visit in some forty hours: cancelling it costs a half."""
    salon.set_terms(**terms)
    made = salon.booked("trim", in_hours(40), employee_id="nora")
    at_stripe.pay(made)
    salon.hear(made, at_stripe)
    return made


def test_as_cancelling_a_late_move_costs_what_was_agreed(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    made = late(salon, at_stripe, overrides=[], reschedule=AT_A_COST)
    assert salon.looked(made)["reschedule_fee_now"] == 1250
    for accepted in ({}, {"accepted_fee": 1249}):
        status, problem = salon.move(made, {"starts_at": in_hours(200), **accepted})
        assert (status, problem["code"]) == (409, "fee_changed")
        assert problem["reschedule_fee_now"] == 1250
    status, shown = salon.move(made, {"starts_at": in_hours(200), "accepted_fee": 1250})
    assert status == 200, shown
    assert shown["fees"] == [
        {"kind": "reschedule", "amount": 1250, "status": "taken", "amount_owed": 0}
    ]
    assert shown["cancellation_fee_now"] == 0, "the new visit is far ahead"
    booking = salon.stored(made)
    assert booking.amount_due_minor() == 1250, "of the price, a half has become the fee"


def test_then_cancelling_gives_back_all_but_the_fee(salon: Salon, at_stripe: StripeBeside) -> None:
    made = late(salon, at_stripe, overrides=[], reschedule=AT_A_COST)
    salon.move(made, {"starts_at": in_hours(200), "accepted_fee": 1250})
    status, shown = salon.cancel(made)
    assert (status, shown["status"]) == (200, "cancelled")
    assert [each["amount"] for each in shown["refunds"]] == [1250]
    assert [each["kind"] for each in shown["fees"]] == ["reschedule"]


def test_for_nothing_a_late_move_keeps_the_step_as_the_least(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    """Nobody moves in order to cancel for nothing."""
    made = late(salon, at_stripe, overrides=[], reschedule=FREELY)
    assert salon.looked(made)["reschedule_fee_now"] == 0
    status, shown = salon.move(made, {"starts_at": in_hours(200)})
    assert (status, shown["fees"]) == (200, [])
    assert shown["cancellation_fee_now"] == 1250
    assert "mindestens: 50 % des Preises" in shown["terms_text"]
    status, over = salon.cancel(made)
    assert [(each["kind"], each["amount"]) for each in over["fees"]] == [("cancellation", 1250)]
    assert [each["amount"] for each in over["refunds"]] == [1250]


def test_a_move_by_staff_keeps_no_step(salon: Salon, at_stripe: StripeBeside, desk: Desk) -> None:
    made = late(salon, at_stripe, overrides=[], reschedule=FREELY)
    desk.moved(made, in_hours(200))
    shown = salon.looked(made)
    assert (shown["cancellation_fee_now"], shown["fees"]) == (0, [])


def _hours_until(text: str) -> float:
    return (datetime.fromisoformat(text).timestamp() - time.time()) / HOUR_S
