"""A client paid and no webhook came: the hourly sync finds it out and puts it right."""

import json
import time
from typing import Any

import httpx
import pytest

from tests.messages import order_envelope
from tests.stack.running_stack import Stack
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack

PRICE = 4500


@pytest.fixture
def staff(stack: Stack) -> httpx.Client:
    return stack.client("demo:manager")


def control(stack: Stack, call: str, **sent: Any) -> dict[str, Any]:
    api_base = stack.described["stripe"]["api_base"]
    answer = httpx.post(f"{api_base}/_sim/{call}", json=sent, timeout=40)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def read_booking(staff: httpx.Client, booking_id: str) -> dict[str, Any]:
    answer = staff.get(f"/v1/locations/demo/bookings/{booking_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ledger_entries(stack: Stack, charge: str) -> list[dict[str, Any]]:
    """Return the ledger's entries of a charge, straight from the table."""
    table = stack.described["outputs"]["BookingsTable"]
    found = stack.aws("dynamodb").scan(TableName=table)["Items"]
    bodies = [json.loads(item["body"]["S"]) for item in found if "#ledger#test#" in item["pk"]["S"]]
    return [body for body in bodies if body.get("charge") == charge]


def test_a_payment_whose_webhooks_were_all_lost_is_healed_by_the_sync(
    stack: Stack, staff: httpx.Client
) -> None:
    body = {"amount": PRICE, "currency": "eur", "description": "Haircut"}
    booking = staff.post("/v1/locations/demo/bookings", json=body).json()
    opened = httpx.get(booking["pay_url"], timeout=40)
    session_id = opened.headers["location"].rpartition("/")[2]
    control(stack, "deliveries", mode="drop")
    try:
        paid = control(stack, f"checkout/{session_id}/pay", card="4242424242424242")
        control(stack, "clock/advance", seconds=3)
        outputs = stack.described["outputs"]
        # What the tick of each hour does. It may find nothing due here: then by hand.
        name = outputs["StartSyncsFunction"]
        ticked = stack.aws("lambda").invoke(FunctionName=name, Payload=b"{}")
        assert "FunctionError" not in ticked
        order = json.dumps(order_envelope("sync_ledger", continuation=None))
        stack.aws("sqs").send_message(QueueUrl=outputs["LedgerSyncsQueueUrl"], MessageBody=order)
        wait_until(lambda: ledger_entries(stack, paid["charge"]) or None, "its entry in the ledger")
        assert read_booking(staff, booking["booking_id"])["payment_status"] == "unpaid", (
            "a webhook may still come"
        )
        [entry] = ledger_entries(stack, paid["charge"])
        wait_until(lambda: time.time() > entry["created_s"] + 1 or None, "Stripe's clock is behind")
        # The hour's order waits ten minutes for webhooks; this one does not.
        order = json.dumps(order_envelope("sync_ledger", continuation=None, grace_s=0))
        for _ in range(2):
            stack.aws("sqs").send_message(
                QueueUrl=outputs["LedgerSyncsQueueUrl"], MessageBody=order
            )

        def healed() -> dict[str, Any] | None:
            found = read_booking(staff, booking["booking_id"])
            return found if found["payment_status"] == "paid" else None

        found = wait_until(healed, "the booking is paid")
        assert (found["amount_captured"], found["amount_due"]) == (PRICE, 0)
        assert [entry["what"] for entry in found["timeline"]].count("ledger.healed") == 1
        wait_until(
            lambda: stack.messages_in(outputs["LedgerSyncsQueueUrl"]) == 0 or None,
            "both orders are done",
        )
        [entry] = ledger_entries(stack, paid["charge"])
        assert (entry["booking_id"], entry["amount_minor"]) == (booking["booking_id"], PRICE)
        assert entry["net_minor"] == PRICE - entry["fee_minor"] < PRICE
        assert stack.messages_in(outputs["LedgerSyncsDeadQueueUrl"]) == 0
    finally:
        control(stack, "deliveries", mode="normal")
