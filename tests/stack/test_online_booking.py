"""A client books in the widget's API and pays: from the free slot to the confirmed booking."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.stack.running_stack import Stack
from tests.stack.stripe_sender import fresh_id
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack

GOOD, DECLINED = "4242424242424242", "4000000000000002"
CLIENT = {"name": "Mira Lindqvist", "email": "mira@example.com"}


@pytest.fixture(scope="module")
def public(stack: Stack) -> httpx.Client:
    return stack.client()


@pytest.fixture(scope="module")
def days() -> Iterator[str]:
    """Return days ahead, another one for each test, so that none takes another's slots."""

    def ahead() -> Iterator[str]:
        for number in range(3, 300):
            yield (datetime.now(UTC) + timedelta(days=number)).date().isoformat()

    return ahead()


def free_slots(public: httpx.Client, day: str, service: str, employee: str) -> list[str]:
    query = {"service_id": service, "employee_id": employee, "date": day}
    answer = public.get("/public/locations/demo/slots", params=query)
    assert answer.status_code == 200, answer.text
    return [slot["starts_at"] for slot in answer.json()["slots"]]


def book(public: httpx.Client, starts_at: str, **fields: Any) -> httpx.Response:
    body = {"service_id": "haircut", "employee_id": "anna", "starts_at": starts_at, **fields}
    return public.post("/public/locations/demo/bookings", json={"client": CLIENT, **body})


def pay(stack: Stack, booking: dict[str, Any], card: str = GOOD) -> str:
    session_id = booking["checkout_url"].rpartition("/")[2]
    url = f"{stack.described['stripe']['api_base']}/_sim/checkout/{session_id}/pay"
    answer = httpx.post(url, json={"card": card}, timeout=40)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["status"])


def read(public: httpx.Client, booking: dict[str, Any]) -> dict[str, Any]:
    path = f"/public/bookings/{booking['booking_id']}"
    answer = public.get(path, params={"token": booking["token"]})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def wait_for(public: httpx.Client, booking: dict[str, Any], status: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = read(public, booking)
        return found if found["status"] == status else None

    return wait_until(look, f"the booking is {status}", timeout_s=15)


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


def let_lapse(stack: Stack, booking: dict[str, Any]) -> None:
    """Put the end of a slot's hold, and the booking's own word of it, an hour into the past."""
    dynamodb, table = stack.aws("dynamodb"), stack.described["outputs"]["BookingsTable"]
    past = datetime.now(UTC) - timedelta(hours=1)
    booking_id = booking["booking_id"]
    hold = {"pk": {"S": f"hold#{booking_id}"}, "sk": {"S": "hold"}}
    dynamodb.update_item(
        TableName=table,
        Key=hold,
        UpdateExpression="SET list_sk = :past",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeValues={":past": {"S": f"{past:%Y-%m-%dT%H:%M:%SZ}#{booking_id}"}},
    )
    key = {"pk": {"S": f"demo#booking#{booking_id}"}, "sk": {"S": "booking"}}
    item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
    body = json.loads(item["body"]["S"])
    body["online"]["hold_until_s"] = int(past.timestamp())
    dynamodb.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET body = :body",
        ConditionExpression="version = :version",
        ExpressionAttributeValues={
            ":body": {"S": json.dumps(body)},
            ":version": item["version"],
        },
    )


def wait_for_release(
    stack: Stack, public: httpx.Client, booking: dict[str, Any], status: str
) -> None:
    """Let the minute's function run until the booking has come to its end."""

    def run() -> bool | None:
        name = stack.described["outputs"]["ReleaseUnpaidSlotsFunction"]
        answer = stack.aws("lambda").invoke(FunctionName=name, Payload=b"{}")
        payload = answer["Payload"].read()
        assert "FunctionError" not in answer, payload
        return True if read(public, booking)["status"] == status else None

    wait_until(run, f"the booking is {status}", timeout_s=20)
