"""Each way to pay, from the widget's call to the confirmed visit."""

from collections.abc import Iterator

import httpx
import pytest

from tests.stack.running_stack import Stack
from tests.stack.salon_clients import (
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

pytestmark = pytest.mark.stack

THREE_D_SECURE = "4000000000003220"


@pytest.fixture(scope="module")
def public(stack: Stack) -> httpx.Client:
    return stack.client()


@pytest.fixture(scope="module")
def manager(stack: Stack) -> httpx.Client:
    return stack.client("demo:manager")


@pytest.fixture(scope="module")
def days() -> Iterator[str]:
    return days_ahead(331, 345)


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
