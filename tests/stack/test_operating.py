"""What an operator does on any day, by the commands themselves, on the running system."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from shared.domain.messages.stripe_event import StripeEventReceived
from tests.stack.money_calls import Desk, Stripe, stripe_of
from tests.stack.operating import given_up, make
from tests.stack.running_stack import Stack
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack

PRICE = 4500


@pytest.fixture(scope="module")
def desk(stack: Stack) -> Desk:
    return Desk(stack.client("demo:manager"))


@pytest.fixture
def stripe(stack: Stack) -> Stripe:
    return stripe_of(stack)


def opened(desk: Desk) -> tuple[str, str]:
    """Make a sale at the desk and open its link; return its id and its Checkout Session."""
    body = {"amount": PRICE, "currency": "eur", "description": "Haircut"}
    made = desk.api.post("/v1/locations/demo/bookings", json=body).json()
    link = httpx.get(made["pay_url"], timeout=40)
    assert link.status_code == 303, link.text
    return made["booking_id"], link.headers["location"].rpartition("/")[2]


class Item:
    """A booking's own item, as it is stored."""

    def __init__(self, stack: Stack, booking_id: str) -> None:
        self._dynamodb = stack.aws("dynamodb")
        self._of = {
            "TableName": stack.described["outputs"]["BookingsTable"],
            "Key": {"pk": {"S": f"demo#booking#{booking_id}"}, "sk": {"S": "booking"}},
        }

    def read(self) -> dict[str, Any]:
        return dict(self._dynamodb.get_item(**self._of, ConsistentRead=True)["Item"])

    def put_back(self, body: dict[str, Any]) -> None:
        """Write a former body over what is there now."""
        self._dynamodb.update_item(
            **self._of,
            UpdateExpression="SET body = :body, version = version + :one",
            ExpressionAttributeValues={":body": body, ":one": {"N": "1"}},
        )


def test_a_dead_letter_is_moved_back_and_done_once_its_cause_is_mended(
    stack: Stack, desk: Desk, stripe: Stripe
) -> None:
    """An event that travels by reference, and whose bucket has lost it."""
    outputs = stack.described["outputs"]
    queue, sqs, s3 = outputs["StripeEventsQueueUrl"], stack.aws("sqs"), stack.aws("s3")
    booking_id, session = opened(desk)
    stripe.told("deliveries", mode="drop")
    charge = stripe.told(f"checkout/{session}/pay", card="4242424242424242")["charge"]
    [told] = [
        each
        for each in stripe.get("/v1/events?type=charge.succeeded&limit=100")["data"]
        if each["data"]["object"]["id"] == charge
    ]
    received = StripeEventReceived(location_id="demo", event_ref="demo/lost.json")
    detail = {"schema": 1, "location_id": "demo", "event_ref": received.event_ref}
    [before] = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])[
        "Attributes"
    ].values()
    impatient = json.dumps({**json.loads(before), "maxReceiveCount": 1})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": impatient})
    try:
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"detail": detail}))
        wait_until(lambda: given_up()["StripeEvents"] == 1 or None, "it is given up")
    finally:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": before})
        # What Stripe says of it later is lost too.
        stripe.told("deliveries", mode="normal")
    assert desk.read(booking_id)["payment_status"] == "unpaid"
    [bucket] = [
        each["Name"]
        for each in s3.list_buckets()["Buckets"]
        if "largeevents" in each["Name"].replace("-", "")
    ]
    s3.put_object(Bucket=bucket, Key=received.event_ref, Body=json.dumps(told).encode())
    assert "1 messages are on their way again" in make("redrive", QUEUE="StripeEvents")
    found = desk.wait(booking_id, lambda b: b["payment_status"] == "paid", "paid")
    assert found["amount_captured"] == PRICE
    assert "0 messages are on their way again" in make("redrive", QUEUE="StripeEvents")
    assert given_up()["StripeEvents"] == 0


def test_a_replay_applies_what_was_read_wrongly_and_changes_nothing_else(
    stack: Stack, desk: Desk, stripe: Stripe
) -> None:
    begun = datetime.now(UTC) - timedelta(seconds=2)
    booking_id, session = opened(desk)
    item = Item(stack, booking_id)
    before_its_payment = item.read()["body"]
    stripe.told(f"checkout/{session}/pay", card="4242424242424242")
    desk.wait(booking_id, lambda b: b["payment_status"] == "paid", "paid")
    whole = wait_until(lambda: _all_told(desk.read(booking_id)), "all of its events are told")
    # What a release would leave that recorded the events and did not understand them.
    item.put_back(before_its_payment)
    assert desk.read(booking_id)["payment_status"] == "unpaid"
    until = datetime.now(UTC) + timedelta(seconds=1)
    for _ in range(2):
        said = make("replay", FROM=begun.isoformat(), TO=until.isoformat())
        assert "completed" in said
        found = wait_until(lambda: _all_told(desk.read(booking_id)), "all are told again")
        for name in ("status", "payment_status", "amount_captured", "amount_due", "payments"):
            assert found[name] == whole[name], name


def _all_told(booking: dict[str, Any]) -> dict[str, Any] | None:
    events = {each["what"] for each in booking["timeline"]}
    wanted = {"charge.succeeded", "charge.updated", "checkout.session.completed"}
    return booking if wanted <= events and booking["payment_status"] == "paid" else None
