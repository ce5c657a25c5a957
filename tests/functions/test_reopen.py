"""A visit ends from its start on, and an end that was a mistake is undone."""

import json
import time
from collections.abc import Callable
from copy import replace
from types import SimpleNamespace
from typing import Any

import pytest

from functions.serve_staff_api import reopening, visits
from shared.adapters import booking_writes
from shared.adapters.booking_store import BookingStore
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.refund_order import AWAITING_APPROVAL
from shared.domain.stripe_facts.read_events import read_event
from shared.domain.visits.end_visit import mark_no_show
from shared.entrypoints import idempotency
from tests.builders import booking, charge, event
from tests.domain.money_world import STARTS_S, booked
from tests.fake_aws import FakeAws
from tests.functions.test_staff_refunds import BOOKINGS, Desk, kinds, limit, stored
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.kept import keep
from tests.surroundings.salon import Salon, StripeBeside, in_hours, moment

PAID = read_event(event("charge.succeeded", charge(amount=10_000, amount_captured=10_000))).facts
HOUR_S = 3600
pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("aws")]


@pytest.fixture
def desk(context: Any, aws: FakeAws) -> Desk:
    aws.secrets["bookpay/link-key"] = "the key of the links"
    return Desk(context)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let the staff's requests come at an instant."""

    def set_time(now_s: float) -> None:
        clock = SimpleNamespace(time=lambda: now_s, sleep=time.sleep)
        for module in (visits, reopening, idempotency, booking_writes):
            monkeypatch.setattr(module, "time", clock)

    return set_time


def counted(printed: str) -> list[str]:
    """Return the business metrics of what was printed, in CloudWatch's format."""
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith('{"_aws"')]
    return [
        each["Name"]
        for line in lines
        for group in line["_aws"]["CloudWatchMetrics"]
        for each in group["Metrics"]
    ]


# ------------------------------------------------------------------ from the start on


@pytest.mark.parametrize("end", ["no-show", "complete"])
def test_a_visit_that_has_not_begun_is_neither_missed_nor_done(
    desk: Desk, store: BookingStore, at: Callable[[float], None], end: str
) -> None:
    """Bug BB-06: the whole price was kept for a visit six weeks ahead."""
    keep(store, booked())
    at(STARTS_S - 1)
    status, problem = desk(f"{BOOKINGS}/bk_1/{end}")
    assert (status, problem["code"]) == (409, "visit_not_started")
    assert stored(store) == booked()
    at(STARTS_S)
    assert desk(f"{BOOKINGS}/bk_1/{end}")[0] == 200


def test_a_sale_without_a_time_is_done_at_any_time(desk: Desk, store: BookingStore) -> None:
    keep(store, replace(booking(), starts_at_s=None))
    assert desk(f"{BOOKINGS}/bk_1/complete")[1]["status"] == "completed"


def test_a_slot_is_kept_until_the_visits_start_at_the_latest(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    """Bug BB-13: a visit could be paid for after it was over."""
    made = salon.booked("trim", in_hours(0), employee_id="nora")
    assert made["expires_at"] <= made["starts_at"]
    assert salon.release(16) == {"freed": 1}
    assert at_stripe.session(made)["status"] == "expired"


@pytest.mark.parametrize(
    ("end", "metric"),
    [
        ("no-show", "BookingNoShow"),
        ("complete", "BookingCompleted"),
        ("cancel", "BookingCancelled"),
    ],
)
def test_an_end_is_counted_once_and_after_its_fact(
    desk: Desk, store: BookingStore, capsys: pytest.CaptureFixture[str], end: str, metric: str
) -> None:
    assert desk(f"{BOOKINGS}/bk_1/{end}")[0] == 404
    keep(store, replace(booking(), starts_at_s=None))
    for _ in range(2):
        assert desk(f"{BOOKINGS}/bk_1/{end}")[0] == 200
    assert counted(capsys.readouterr().out).count(metric) == 1


# ------------------------------------------------------------------ reopened


def missed() -> Booking:
    return mark_no_show(replace(booked(), facts=PAID), "desk@x.de", STARTS_S, takes_fee=True)


def test_a_no_show_is_undone_and_its_fee_goes_back(
    desk: Desk, store: BookingStore, table: TableInMoto, at: Callable[[float], None]
) -> None:
    keep(store, missed())
    at(STARTS_S + HOUR_S)
    status, shown = desk(f"{BOOKINGS}/bk_1/reopen", by="manager")
    assert (status, shown["status"]) == (200, "confirmed")
    assert [each["status"] for each in shown["fees"]] == ["waived"]
    assert "reopened" in [each.get("cause") for each in shown["refunds"]]
    assert shown["amount_due"] == 10_000
    assert "refund_payment" in kinds(table)
    (entry,) = desk("/v1/locations/demo/audit", method="GET")[1]["items"]
    assert (entry["what"], entry["by"]["email"]) == ("booking.reopened", "manager@demo.test")
    assert desk(f"{BOOKINGS}/bk_1/reopen", by="finance")[0] == 403


def test_a_repeated_request_gets_the_first_answer(
    desk: Desk, store: BookingStore, at: Callable[[float], None], capsys: pytest.CaptureFixture[str]
) -> None:
    keep(store, missed())
    at(STARTS_S)
    first = desk(f"{BOOKINGS}/bk_1/reopen", key="one")
    assert desk(f"{BOOKINGS}/bk_1/reopen", key="one") == first
    assert desk(f"{BOOKINGS}/bk_1/reopen")[1] == first[1], "and without a key it is the same"
    assert counted(capsys.readouterr().out).count("BookingReopened") == 1
    assert desk(f"{BOOKINGS}/bk_1/reopen", {"fee": 1})[0] == 422
    assert desk(f"{BOOKINGS}/bk_2/reopen")[1]["code"] == "booking_not_found"


def test_above_the_limit_a_second_person_reopens_the_visit(
    desk: Desk, store: BookingStore, at: Callable[[float], None]
) -> None:
    limit(desk, manager=1000)
    keep(store, missed())
    at(STARTS_S)
    status, shown = desk(f"{BOOKINGS}/bk_1/reopen", by="manager")
    assert (status, shown["status"]) == (202, "no_show")
    assert "refund_awaits_approval" in [each["kind"] for each in shown["needs_action"]]
    assert desk(f"{BOOKINGS}/bk_1/reopen", by="manager")[0] == 202
    [order] = [each for each in stored(store).refund_orders if each.status == AWAITING_APPROVAL]
    path = f"{BOOKINGS}/bk_1/refunds/{order.refund_id}"
    assert desk(f"{path}/approve", by="manager")[1]["code"] == "own_refund"
    status, shown = desk(f"{path}/approve", by="owner")
    assert (status, shown["status"]) == (200, "confirmed")


def test_denied_it_stays_ended(
    desk: Desk, store: BookingStore, at: Callable[[float], None]
) -> None:
    limit(desk, manager=1000)
    keep(store, missed())
    at(STARTS_S)
    desk(f"{BOOKINGS}/bk_1/reopen", by="manager")
    order = stored(store).refund_orders[-1]
    status, shown = desk(f"{BOOKINGS}/bk_1/refunds/{order.refund_id}/deny", by="owner")
    assert (status, shown["status"], shown["fees"][0]["status"]) == (200, "no_show", "taken")


@pytest.mark.usefixtures("at_stripe")
def test_a_cancelled_visit_takes_its_time_again_or_is_told_that_it_is_gone(
    salon: Salon, desk: Desk
) -> None:
    made = salon.booked("talk", moment(9))
    path = f"{BOOKINGS}/{made['booking_id']}"
    assert desk(f"{path}/cancel")[0] == 200
    assert salon.is_free(moment(9), "talk")
    assert desk(f"{path}/reopen")[1]["status"] == "confirmed"
    assert not salon.is_free(moment(9), "talk")
    assert desk(f"{path}/cancel")[0] == 200
    salon.booked("talk", moment(9), client={"name": "Ida", "email": "ida@example.com"})
    status, problem = desk(f"{path}/reopen")
    assert (status, problem["code"]) == (409, "slot_taken")
    assert salon.stored(made).status == "cancelled"


@pytest.mark.usefixtures("at_stripe")
def test_a_visit_that_has_begun_takes_the_rest_of_its_time_again(
    salon: Salon, desk: Desk, at: Callable[[float], None]
) -> None:
    """Bug, seed 3536: reopened in its first minute, its time was sold once more."""
    made = salon.booked("talk", moment(9))
    at((salon.stored(made).starts_at_s or 0) + 60)
    path = f"{BOOKINGS}/{made['booking_id']}"
    assert desk(f"{path}/cancel")[0] == 200
    assert desk(f"{path}/reopen")[1]["status"] == "confirmed"
    assert not salon.is_free(moment(9), "talk")


@pytest.mark.usefixtures("at_stripe")
def test_a_visit_whose_time_has_passed_is_reopened_whoever_had_it(
    salon: Salon, desk: Desk, at: Callable[[float], None]
) -> None:
    made = salon.booked("talk", moment(9))
    path = f"{BOOKINGS}/{made['booking_id']}"
    assert desk(f"{path}/cancel")[0] == 200
    salon.booked("talk", moment(9), client={"name": "Ida", "email": "ida@example.com"})
    taken = salon.stored(made).taken_time()
    assert taken
    at(taken.blocked.end_s - 1)
    assert desk(f"{path}/reopen")[1]["code"] == "slot_taken"
    at(taken.blocked.end_s)
    assert desk(f"{path}/reopen")[1]["status"] == "confirmed"
