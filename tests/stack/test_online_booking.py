"""A client books in the widget's API and pays: from the free slot to the confirmed booking."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.stack.running_stack import Stack
from tests.stack.salon_clients import (
    CLIENT,
    DECLINED,
    agreed,
    book,
    days_ahead,
    free_slots,
    let_lapse,
    pay,
    read,
    wait_for,
    wait_for_release,
)
from tests.stack.stripe_sender import fresh_id

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def public(stack: Stack) -> httpx.Client:
    return stack.client()


@pytest.fixture(scope="module")
def days() -> Iterator[str]:
    """Return days ahead, another one for each test, so that none takes another's slots."""
    return days_ahead(3, 300)


def test_a_haircut_paid_in_full_is_confirmed_and_its_slot_is_gone(
    stack: Stack, public: httpx.Client, days: Iterator[str]
) -> None:
    day = next(days)
    slot = free_slots(public, day, "haircut", "anna")[0]

    answer = book(public, slot)
    assert answer.status_code == 201, answer.text
    booking = answer.json()
    assert (booking["status"], booking["amount_due"]) == ("awaiting_payment", 4500)
    assert slot not in free_slots(public, day, "haircut", "anna")
    assert pay(stack, booking) == "succeeded"

    found = wait_for(public, booking, "confirmed")
    assert (found["payment_status"], found["amount_paid"], found["amount_due"]) == ("paid", 4500, 0)
    assert "token" not in found


def test_a_colour_takes_a_deposit_and_the_rest_by_link(
    stack: Stack, public: httpx.Client, days: Iterator[str]
) -> None:
    slot = free_slots(public, next(days), "colour", "ben")[0]

    booking = book(public, slot, service_id="colour", employee_id="ben").json()
    assert (booking["price"], booking["amount_due"]) == (12000, 3600)
    pay(stack, booking)

    wait_for(public, booking, "confirmed")
    manager = stack.client("demo:manager")
    path = f"/v1/locations/demo/bookings/{booking['booking_id']}"
    link = manager.post(f"{path}/payment-link", json={})
    assert (link.status_code, link.json()["amount_due"]) == (201, 8400)


def test_a_declined_card_changes_nothing_and_the_next_one_pays(
    stack: Stack, public: httpx.Client, days: Iterator[str]
) -> None:
    booking = book(public, free_slots(public, next(days), "haircut", "anna")[0]).json()

    assert pay(stack, booking, DECLINED) == "declined"
    assert read(public, booking)["status"] == "awaiting_payment"
    assert pay(stack, booking) == "succeeded"

    assert wait_for(public, booking, "confirmed")["payment_status"] == "paid"


def test_of_twelve_who_want_one_moment_one_gets_it(
    stack: Stack, public: httpx.Client, days: Iterator[str]
) -> None:
    slot = free_slots(public, next(days), "haircut", "anna")[4]
    clients = [stack.client() for _ in range(12)]

    with ThreadPoolExecutor(12) as at_once:
        answers = list(at_once.map(lambda client: book(client, slot), clients))

    codes = sorted(
        "booked" if answer.status_code == 201 else answer.json()["code"] for answer in answers
    )
    assert codes == ["booked"] + ["slot_taken"] * 11


def test_the_same_request_again_is_the_same_booking(
    public: httpx.Client, days: Iterator[str]
) -> None:
    slot = free_slots(public, next(days), "haircut", "anna")[0]
    body = {"service_id": "haircut", "employee_id": "anna", "starts_at": slot, "client": CLIENT}
    body |= agreed(public, "haircut")
    headers = {"idempotency-key": fresh_id("key")}
    path = "/public/locations/demo/bookings"

    first = public.post(path, json=body, headers=headers)
    again = public.post(path, json=body, headers=headers)
    other = public.post(path, json={**body, "employee_id": "ben"}, headers=headers)

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_a_price_of_the_callers_own_and_times_that_are_not_offered_are_refused(
    public: httpx.Client, days: Iterator[str]
) -> None:
    slot = free_slots(public, next(days), "haircut", "anna")[0]
    night = slot[:11] + "02:00:00Z"

    own_price = book(public, slot, price=1)
    at_night = book(public, night)
    to_elsewhere = book(public, slot, return_url="https://evil.example/")
    nobody = book(public, slot, employee_id="nobody")

    assert (own_price.status_code, own_price.json()["errors"][0]["pointer"]) == (422, "/price")
    assert (at_night.status_code, at_night.json()["code"]) == (422, "slot_not_offered")
    assert (to_elsewhere.status_code, to_elsewhere.json()["code"]) == (
        422,
        "return_url_not_allowed",
    )
    assert (nobody.status_code, nobody.json()["code"]) == (404, "employee_not_found")


def test_a_wrong_token_is_like_no_booking(public: httpx.Client, days: Iterator[str]) -> None:
    booking = book(public, free_slots(public, next(days), "haircut", "anna")[0]).json()

    wrong = public.get(f"/public/bookings/{booking['booking_id']}", params={"token": "A" * 32})
    unknown = public.get("/public/bookings/bk_nobody", params={"token": booking["token"]})
    none = public.get(f"/public/bookings/{booking['booking_id']}")

    assert {each.status_code for each in (wrong, unknown, none)} == {404}
    assert wrong.json() == unknown.json() == none.json()


def test_a_slot_is_free_again_when_stripe_cannot_open_the_payment(
    stack: Stack, public: httpx.Client, days: Iterator[str]
) -> None:
    slot = free_slots(public, next(days), "haircut", "anna")[0]
    faults = f"{stack.described['stripe']['api_base']}/_sim/faults"
    fault = {"path": "/v1/checkout/sessions", "status": 500, "times": 4, "after_effect": False}
    httpx.post(faults, json=fault, timeout=10).raise_for_status()

    failed = book(public, slot)

    assert (failed.status_code, failed.json()["code"]) == (502, "payment_unavailable")
    httpx.delete(faults, timeout=10).raise_for_status()
    assert slot in free_slots(public, slot[:10], "haircut", "anna")


def test_a_lapsed_slot_is_free_again_and_nobody_can_pay_for_it_any_more(
    stack: Stack, public: httpx.Client, days: Iterator[str]
) -> None:
    slot = free_slots(public, next(days), "haircut", "anna")[0]
    booking = book(public, slot).json()
    let_lapse(stack, booking)

    wait_for_release(stack, public, booking, "expired")

    assert slot in free_slots(public, slot[:10], "haircut", "anna")
    assert pay(stack, booking) == "expired"
    assert read(public, booking)["checkout_url"] is None
    assert book(public, slot).status_code == 201


def test_a_lost_webhook_never_cancels_a_paid_booking(
    stack: Stack, public: httpx.Client, days: Iterator[str]
) -> None:
    slot = free_slots(public, next(days), "haircut", "anna")[0]
    booking = book(public, slot).json()
    deliveries = f"{stack.described['stripe']['api_base']}/_sim/deliveries"
    httpx.post(deliveries, json={"mode": "drop"}, timeout=10).raise_for_status()
    try:
        assert pay(stack, booking) == "succeeded"
    finally:
        httpx.post(deliveries, json={"mode": "normal"}, timeout=10).raise_for_status()
    assert read(public, booking)["status"] == "awaiting_payment"
    let_lapse(stack, booking)

    wait_for_release(stack, public, booking, "confirmed")

    found = read(public, booking)
    assert (found["payment_status"], found["amount_paid"], found["amount_due"]) == ("paid", 4500, 0)
    assert slot not in free_slots(public, slot[:10], "haircut", "anna")
