"""The walking system: what a visit's payment is, from the desk to the paid booking."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.stack.running_stack import Stack
from tests.stack.stripe_sender import StripeSender, charge_succeeded, fresh_id
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack


def create_booking(api: httpx.Client, amount: int = 4500, **fields: Any) -> dict[str, Any]:
    body = {"amount": amount, "currency": "eur", "description": "Haircut", **fields}
    answer = api.post("/v1/locations/demo/bookings", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def read_booking(api: httpx.Client, booking_id: str) -> dict[str, Any]:
    answer = api.get(f"/v1/locations/demo/bookings/{booking_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def wait_for_status(api: httpx.Client, booking_id: str, status: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = read_booking(api, booking_id)
        return found if found["payment_status"] == status else None

    return wait_until(look, f"{booking_id} is {status}")


@pytest.fixture(scope="module")
def staff(stack: Stack) -> httpx.Client:
    return stack.client("demo:manager")


@pytest.fixture(scope="module")
def sender(stack: Stack) -> StripeSender:
    return stack.sender()


def test_a_link_opened_and_paid_at_stripe_makes_the_booking_paid(
    stack: Stack, staff: httpx.Client
) -> None:
    booking = create_booking(staff)

    opened = httpx.get(booking["pay_url"], timeout=40)
    assert opened.status_code == 303
    checkout_url = opened.headers["location"]
    again = httpx.get(booking["pay_url"], timeout=40)
    assert again.headers["location"] == checkout_url, "a second tab gets the same session"
    session_id = checkout_url.rpartition("/")[2]
    api_base = stack.described["stripe"]["api_base"]
    paid = httpx.post(
        f"{api_base}/_sim/checkout/{session_id}/pay", json={"card": "4242424242424242"}, timeout=40
    )
    assert paid.status_code == 200

    found = wait_for_status(staff, booking["booking_id"], "paid")
    assert (found["amount_captured"], found["amount_due"], found["refundable"]) == (4500, 0, 4500)
    page = httpx.get(booking["pay_url"], timeout=40)
    assert page.status_code == 200
    assert "nothing more to pay" in page.text


def test_a_signed_charge_with_the_bookings_id_makes_it_paid_once_however_often_it_comes(
    staff: httpx.Client, sender: StripeSender
) -> None:
    booking = create_booking(staff)
    event = charge_succeeded(booking["booking_id"], 4500)

    answers = [sender.send(event) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].json() == {"received": True, "event_id": event["id"]}
    found = wait_for_status(staff, booking["booking_id"], "paid")
    assert found["amount_captured"] == 4500
    assert [entry.get("event_id") for entry in found["timeline"]] == [None, event["id"]]


def test_an_event_that_cannot_be_recorded_yet_comes_again_by_itself(
    stack: Stack, staff: httpx.Client
) -> None:
    booking = create_booking(staff)
    event = charge_succeeded(booking["booking_id"], 4500)
    s3, key = stack.aws("s3"), f"demo/{event['id']}.json"
    [bucket] = [
        each["Name"] for each in s3.list_buckets()["Buckets"] if "large" in each["Name"].lower()
    ]
    detail = {"location_id": "demo", "event_ref": key}
    entry = {
        "EventBusName": stack.described["outputs"]["EventBusName"],
        "Source": "bookpay.stripe",
        "DetailType": event["type"],
        "Detail": json.dumps(detail),
    }
    assert stack.aws("events").put_events(Entries=[entry])["FailedEntryCount"] == 0

    def has_failed() -> bool | None:
        [group] = stack.aws("logs").describe_log_groups(logGroupNamePattern="record-stripe-event")[
            "logGroups"
        ]
        found = stack.aws("logs").filter_log_events(
            logGroupName=group["logGroupName"], filterPattern='"event not recorded"'
        )
        return True if found["events"] else None

    wait_until(has_failed, "the event is tried")
    assert read_booking(staff, booking["booking_id"])["payment_status"] == "unpaid"
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(event).encode())

    found = wait_for_status(staff, booking["booking_id"], "paid")
    assert found["amount_captured"] == 4500
    assert "message not put off" not in stack.logged()


def test_what_stripe_did_not_sign_for_this_location_now_is_refused(
    stack: Stack, staff: httpx.Client, sender: StripeSender
) -> None:
    booking = create_booking(staff)
    event = charge_succeeded(booking["booking_id"], 4500)
    body = b'{"id": "evt_altered"}'
    unknown = stack.sender_for("nowhere")

    refused = {
        "wrong secret": sender.send(event, secret="whsec_wrong"),
        "old": sender.send(event, age_s=301),
        "in the future": sender.send(event, age_s=-301),
        "altered": sender.send_body(body, sent=body.replace(b"altered", b"changed")),
        "live": sender.send({**event, "livemode": True}),
        "unknown location": unknown.send(event),
    }

    codes = {name: (answer.status_code, answer.json()["code"]) for name, answer in refused.items()}
    assert codes == {
        "wrong secret": (400, "invalid_signature"),
        "old": (400, "invalid_signature"),
        "in the future": (400, "invalid_signature"),
        "altered": (400, "invalid_signature"),
        "live": (400, "mode_mismatch"),
        "unknown location": (400, "invalid_signature"),
    }
    types = {answer.headers["content-type"] for answer in refused.values()}
    assert types == {"application/problem+json"}
    assert read_booking(staff, booking["booking_id"])["payment_status"] == "unpaid"


def test_two_hundred_webhooks_of_eight_clients_are_two_hundred_payments(
    stack: Stack, staff: httpx.Client
) -> None:
    bookings = [create_booking(staff, amount=1000 + number) for number in range(8)]
    events = [
        charge_succeeded(booking["booking_id"], 100 + number)
        for booking in bookings
        for number in range(25)
    ]

    def post(client: int) -> list[int]:
        sender = stack.sender()
        return [sender.send(event).status_code for event in events[client::8]]

    with ThreadPoolExecutor(8) as clients:
        statuses = [status for client in clients.map(post, range(8)) for status in client]

    assert statuses == [200] * 200

    def all_recorded() -> list[dict[str, Any]] | None:
        found = [read_booking(staff, booking["booking_id"]) for booking in bookings]
        return found if all(len(each["payments"]) == 25 for each in found) else None

    recorded = wait_until(all_recorded, "200 payments")
    charges = [payment["charge"] for each in recorded for payment in each["payments"]]
    assert sorted(charges) == sorted(event["data"]["object"]["id"] for event in events)
    assert {each["amount_captured"] for each in recorded} == {sum(range(100, 125))}


def test_an_event_larger_than_the_bus_takes_arrives_whole(
    staff: httpx.Client, sender: StripeSender
) -> None:
    booking = create_booking(staff)
    large = charge_succeeded(booking["booking_id"], 4500, description="x" * 400_000)

    assert sender.send(large).status_code == 200

    wait_for_status(staff, booking["booking_id"], "paid")


def test_a_body_over_one_mebibyte_is_refused(sender: StripeSender) -> None:
    answer = sender.send(charge_succeeded(fresh_id("bk"), 4500, description="x" * 1_100_000))

    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


def test_the_same_request_under_one_key_makes_one_booking(staff: httpx.Client) -> None:
    body = {"amount": 2500, "currency": "eur", "description": "Beard trim"}
    headers = {"idempotency-key": fresh_id("key")}

    def post(_: int) -> httpx.Response:
        return staff.post("/v1/locations/demo/bookings", json=body, headers=headers)

    with ThreadPoolExecutor(6) as clients:
        answers = list(clients.map(post, range(6)))

    made = [answer.json() for answer in answers if answer.status_code == 201]
    refused = [answer.json()["code"] for answer in answers if answer.status_code != 201]
    assert made
    assert all(each == made[0] for each in made), "each gets the first answer"
    assert set(refused) <= {"request_in_progress"}
    other = staff.post("/v1/locations/demo/bookings", json={**body, "amount": 1}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_without_a_token_nobody_gets_in_and_finance_makes_no_bookings(stack: Stack) -> None:
    body = {"amount": 2500, "currency": "eur", "description": "Beard trim"}

    nobody = stack.client().post("/v1/locations/demo/bookings", json=body)
    finance = stack.client("demo:finance").post("/v1/locations/demo/bookings", json=body)
    elsewhere = stack.client("demo:owner").get("/v1/locations/another/bookings")

    assert nobody.status_code == 401
    assert (finance.status_code, finance.json()["code"]) == (403, "forbidden")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "location_not_found")
