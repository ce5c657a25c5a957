"""Sixteen bookings live through the same sixteen events, each in another order, and end alike."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from random import Random
from secrets import randbelow
from typing import Any

import httpx
import pytest

from shared.adapters.outbox import SHARDS
from tests.domain.builders import Payment, intent_event, session_event
from tests.sent_messages import expect_in_schema
from tests.stack.running_stack import Stack
from tests.stack.stripe_sender import charge_succeeded, fresh_id
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack

BOOKINGS, CLIENTS = 16, 8
PRICE = 10_000
FIGURES = ("payment_status", "amount_authorized", "amount_captured", "amount_refunded",
           "amount_disputed", "refundable", "amount_due", "currency")  # fmt: skip
type Event = dict[str, Any]


@pytest.fixture(scope="module")
def staff(stack: Stack) -> httpx.Client:
    return stack.client("demo:manager")


def create_booking(staff: httpx.Client) -> str:
    body = {"amount": PRICE, "currency": "eur", "description": "Wedding hair"}
    answer = staff.post("/v1/locations/demo/bookings", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["booking_id"])


def read_booking(staff: httpx.Client, booking_id: str) -> dict[str, Any]:
    answer = staff.get(f"/v1/locations/demo/bookings/{booking_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def story(booking_id: str) -> list[Event]:
    """Held, captured, settled; two refunds, one of them sent back; a dispute that is won."""
    number = 10**9 + randbelow(10**9)
    payment = Payment(PRICE, number=number)
    payment.charge["metadata"]["booking_id"] = booking_id
    payment.authorise()
    payment.capture()
    payment.settle()
    kept = payment.refund(1000)
    failed = payment.refund(1500)
    payment.update_refund(failed, "failed", "refund.failed")
    payment.update_refund(kept, "succeeded", "charge.refund.updated")
    dispute = payment.dispute(amount=5000)
    payment.withdraw(dispute)
    payment.close(dispute, "won")
    payment.reinstate(dispute)
    beside = [
        session_event("checkout.session.completed", status="complete", number=number),
        intent_event(
            "payment_intent.amount_capturable_updated", status="requires_capture", number=number
        ),
        intent_event("payment_intent.succeeded", status="succeeded", number=number),
    ]
    for event in beside:
        event["data"]["object"]["metadata"]["booking_id"] = booking_id
    return [event | {"id": fresh_id("evt")} for event in (*payment.events, *beside)]


def messages_waiting(stack: Stack) -> int:
    """Count what was not published and is due: a deadline's reminder waits for weeks."""
    table = stack.described["outputs"]["BookingsTable"]
    return sum(
        stack.aws("dynamodb").query(
            TableName=table,
            IndexName="by_created",
            KeyConditionExpression="list_pk = :shard AND list_sk < :now",
            ExpressionAttributeValues={
                ":shard": {"S": f"outbox#{shard}"},
                ":now": {"S": datetime.now(UTC).isoformat()},
            },
            Select="COUNT",
        )["Count"]
        for shard in range(SHARDS)
    )


def test_sixteen_bookings_with_one_story_in_sixteen_orders_end_alike(
    stack: Stack, staff: httpx.Client
) -> None:
    random = Random(16)  # seeded: a failure is the same again
    bookings = [create_booking(staff) for _ in range(BOOKINGS)]
    orders: list[list[Event]] = []
    for place, booking_id in enumerate(bookings):
        order = story(booking_id)
        assert len(order) == 16
        if place == 1:
            order.reverse()
        elif place > 1:
            random.shuffle(order)
        if place % 3 == 2:
            order = [*order, *random.choices(order, k=6)]
            random.shuffle(order)
        orders.append(order)
    one_after_the_other, at_once = orders[:CLIENTS], orders[CLIENTS:]
    # Each client posts every eighth event of each booking: all eight meet at every booking.
    shared_out = [[each for order in at_once for each in order[n::CLIENTS]] for n in range(CLIENTS)]

    def post(events: list[Event]) -> list[int]:
        sender = stack.sender()
        return [sender.send(event).status_code for event in events]

    with ThreadPoolExecutor(CLIENTS) as clients:
        sent = [code for codes in clients.map(post, one_after_the_other) for code in codes]
        sent += [code for codes in clients.map(post, shared_out) for code in codes]
    assert set(sent) == {200}

    def all_told() -> list[dict[str, Any]] | None:
        found = [read_booking(staff, booking_id) for booking_id in bookings]
        done = all(sum("event_id" in each for each in one["timeline"]) == 16 for one in found)
        return found if done else None

    ends = wait_until(all_told, "every booking has its 16 events")
    figures = [{name: end[name] for name in FIGURES} for end in ends]
    assert figures == figures[:1] * BOOKINGS
    assert figures[0] == {
        "payment_status": "partially_refunded",
        "amount_authorized": 0,
        "amount_captured": PRICE,
        "amount_refunded": 1000,
        "amount_disputed": 0,
        "refundable": 9000,
        "amount_due": 0,
        "currency": "eur",
    }
    for end in ends:
        assert len(end["payments"]) == 1
        assert sorted(each["status"] for each in end["refunds"]) == ["failed", "succeeded"]
        assert [(each["status"], each["funds"]) for each in end["disputes"]] == [
            ("won", "reinstated")
        ]
    outputs = stack.described["outputs"]
    wait_until(lambda: None if messages_waiting(stack) else True, "the outbox is empty")
    for queue in ("StripeEventsQueueUrl", "StripeEventsDeadQueueUrl"):
        assert stack.messages_in(outputs[queue]) == 0, queue
    answer = staff.get("/v1/locations/demo/needs-action")
    asked = {each["about"]: each["actions"] for each in answer.json()["items"]}
    for booking_id in bookings:
        assert [each["kind"] for each in asked[f"booking#{booking_id}"]] == ["refund_failed"]
    print(f"\n{len(sent)} deliveries of {16 * BOOKINGS} events")  # noqa: T201 (the count is the result)


@pytest.fixture
def heard(stack: Stack) -> Iterator[str]:
    """A queue of the test's own, where what Bookpay tells of payments arrives."""
    name = fresh_id("heard")
    bus = stack.described["outputs"]["EventBusName"]
    sqs, events = stack.aws("sqs"), stack.aws("events")
    url = str(sqs.create_queue(QueueName=name)["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    pattern = {"source": ["bookpay"], "detail-type": ["booking.changed"]}
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
    target = {"Id": "heard", "Arn": arn["Attributes"]["QueueArn"]}
    events.put_targets(Rule=name, EventBusName=bus, Targets=[target])
    yield url
    events.remove_targets(Rule=name, EventBusName=bus, Ids=["heard"])
    events.delete_rule(Name=name, EventBusName=bus)
    sqs.delete_queue(QueueUrl=url)


def test_a_payment_is_told_on_the_bus(stack: Stack, staff: httpx.Client, heard: str) -> None:
    booking_id = create_booking(staff)
    event = charge_succeeded(booking_id, PRICE)
    assert stack.sender().send(event).status_code == 200

    def arrived() -> dict[str, Any] | None:
        got = stack.aws("sqs").receive_message(QueueUrl=heard, MaxNumberOfMessages=10)
        for message in got.get("Messages", []):
            envelope = json.loads(message["Body"])
            if envelope["detail"]["booking_id"] == booking_id:
                return dict(envelope)
        return None

    envelope = wait_until(arrived, "booking.changed on the bus")
    assert (envelope["source"], envelope["detail-type"]) == ("bookpay", "booking.changed")
    expect_in_schema(envelope["detail-type"], envelope["detail"])
    detail = envelope["detail"]
    assert (detail["schema"], detail["booking_id"]) == (3, booking_id)
    assert detail["message_id"] == f"{booking_id}-{event['id']}"
    assert (detail["previous_payment_status"], detail["payment_status"]) == ("unpaid", "paid")
    assert (detail["amount_captured"], detail["currency"]) == (PRICE, "eur")
    wait_until(lambda: None if messages_waiting(stack) else True, "the outbox is empty")
