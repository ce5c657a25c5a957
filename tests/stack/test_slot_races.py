"""Three hundred buyers of sixty slots; and each way to pay, from the widget's call to the visit."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import httpx
import pytest

from tests.stack.running_stack import Stack
from tests.stack.salon_clients import (
    CLIENT,
    DECLINED,
    authenticate,
    book,
    days_ahead,
    free_slots,
    keep_final,
    pay,
    read,
    read_as_staff,
    wait_for,
)
from tests.stack.stripe_sender import fresh_id

pytestmark = pytest.mark.stack

THREE_D_SECURE = "4000000000003220"
BUYERS, SLOTS, AT_ONCE, TRIES = 300, 60, 12, 10
OPEN = [{"weekday": day, "from": "08:00", "to": "23:00"} for day in range(7)]


@pytest.fixture(scope="module")
def public(stack: Stack) -> httpx.Client:
    return stack.client()


@pytest.fixture(scope="module")
def manager(stack: Stack) -> httpx.Client:
    return stack.client("demo:manager")


@pytest.fixture(scope="module")
def days() -> Iterator[str]:
    return days_ahead(331, 360)


@pytest.fixture(scope="module")
def other_terms(manager: httpx.Client) -> Iterator[None]:
    """Let the salon also do a perm that is held, and a trim for which a card is saved."""
    path = "/v1/locations/demo"
    before = manager.get(f"{path}/terms").json()
    for service_id, price, minutes in (("perm", 9000, 90), ("trim", 2500, 30)):
        service = {"name": service_id.title(), "price": price, "duration_minutes": minutes}
        assert manager.put(f"{path}/services/{service_id}", json=service).status_code == 200
    overrides = [
        *before.get("overrides", []),
        {"service_id": "perm", "prepayment": {"type": "hold"}},
        {"service_id": "trim", "prepayment": {"type": "card_on_file"}},
    ]
    answer = manager.put(f"{path}/terms", json={**before, "overrides": overrides})
    assert answer.status_code == 200, answer.text
    yield
    assert manager.put(f"{path}/terms", json=before).status_code == 200
    for service_id in ("perm", "trim"):
        assert manager.delete(f"{path}/services/{service_id}").status_code == 204


# ------------------------------------------------------------------ each way to pay


@pytest.mark.usefixtures("other_terms")
@pytest.mark.parametrize(
    ("service_id", "days_from_now", "mode", "payment_status", "paid"),
    [
        pytest.param("haircut", 8, "pay", "paid", 4500, id="full"),
        pytest.param("colour", 8, "pay", "paid", 3600, id="deposit"),
        pytest.param("perm", 4, "hold", "authorized", 0, id="hold"),
        pytest.param("perm", 8, "save_card", "card_saved", 0, id="hold too far ahead"),
        pytest.param("trim", 8, "save_card", "card_saved", 0, id="saved card"),
    ],
)
def test_from_the_widgets_call_to_the_confirmed_booking(
    stack: Stack,
    public: httpx.Client,
    manager: httpx.Client,
    request: pytest.FixtureRequest,
    service_id: str,
    days_from_now: int,
    mode: str,
    payment_status: str,
    paid: int,
) -> None:
    day = next(days_ahead(days_from_now, days_from_now + 1))
    slot = free_slots(public, day, service_id, "ben")[-1]

    answer = book(public, slot, service_id=service_id, employee_id="ben")
    assert answer.status_code == 201, answer.text
    booking = answer.json()
    assert (booking["status"], booking["due_mode"]) == ("awaiting_payment", mode)
    assert pay(stack, booking) == "succeeded"

    found = wait_for(public, booking, "confirmed")
    assert (found["payment_status"], found["amount_paid"]) == (payment_status, paid)
    assert slot not in free_slots(public, day, service_id, "ben")
    keep_final(request.node.callspec.id, read_as_staff(manager, booking))


def test_a_declined_card_and_then_one_that_is_taken(
    stack: Stack, public: httpx.Client, manager: httpx.Client, days: Iterator[str]
) -> None:
    booking = book(public, free_slots(public, next(days), "haircut", "anna")[0]).json()

    assert pay(stack, booking, DECLINED) == "declined"
    assert pay(stack, booking) == "succeeded"

    assert wait_for(public, booking, "confirmed")["payment_status"] == "paid"
    keep_final("declined then accepted", read_as_staff(manager, booking))


def test_a_bank_that_asks_the_client_confirms_only_what_was_answered(
    stack: Stack, public: httpx.Client, manager: httpx.Client, days: Iterator[str]
) -> None:
    booking = book(public, free_slots(public, next(days), "haircut", "anna")[0]).json()

    assert pay(stack, booking, THREE_D_SECURE) == "requires_action"
    assert read(public, booking)["status"] == "awaiting_payment"
    assert authenticate(stack, booking, "fail") != "succeeded"
    assert pay(stack, booking, THREE_D_SECURE) == "requires_action"
    assert authenticate(stack, booking, "complete") == "succeeded"

    assert wait_for(public, booking, "confirmed")["payment_status"] == "paid"
    keep_final("3d secure", read_as_staff(manager, booking))


# ------------------------------------------------------------------ all at once


@pytest.fixture(scope="module")
def sixty_slots(manager: httpx.Client, public: httpx.Client, days: Iterator[str]) -> list[Any]:
    """Return sixty moments of five employees on one day, as `(employee, start)`."""
    day = next(days)
    found = []
    for number in range(5):
        employee_id = f"rush-{number}"
        body = {"name": f"Rush {number}", "hours": OPEN}
        path = f"/v1/locations/demo/employees/{employee_id}"
        assert manager.put(path, json=body).status_code == 200
        # Every fourth quarter of an hour: a haircut takes an hour.
        starts = free_slots(public, day, "haircut", employee_id)[::4][:12]
        found += [(employee_id, start) for start in starts]
    assert len(found) == SLOTS
    return found


def test_three_hundred_buyers_of_sixty_slots_are_sold_none_twice(
    stack: Stack, sixty_slots: list[Any]
) -> None:
    wanted = [sixty_slots[number % SLOTS] for number in range(BUYERS)]
    Random(60).shuffle(wanted)
    with ThreadPoolExecutor(AT_ONCE) as at_once:
        clients = [stack.client() for _ in range(AT_ONCE)]
        jobs = enumerate(wanted)
        answers = list(at_once.map(lambda job: _buy(clients[job[0] % AT_ONCE], *job[1]), jobs))
        codes = Counter(
            "booked" if each.status_code == 201 else each.json()["code"] for each in answers
        )
        assert codes == {"booked": SLOTS, "slot_taken": BUYERS - SLOTS}
        winners = {
            slot: each.json()
            for slot, each in zip(wanted, answers, strict=True)
            if each.status_code == 201
        }
        assert len(winners) == SLOTS, "each slot has one owner"


def _buy(client: httpx.Client, employee_id: str, starts_at: str) -> httpx.Response:
    """Ask as the widget does: under a key, and again where no worker was there in time."""
    body = {"service_id": "haircut", "employee_id": employee_id, "starts_at": starts_at}
    key = {"idempotency-key": fresh_id("buyer")}
    for _ in range(TRIES):
        answer = client.post(
            "/public/locations/demo/bookings",
            headers=key,
            json={"client": CLIENT, **body},
        )
        is_busy = answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        if not is_busy and "request_in_progress" not in answer.text:
            break
        time.sleep(2)
    return answer
