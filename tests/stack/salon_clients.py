"""Clients of the salon on the running stack: they look, book, pay, and let time go by."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.stack.running_stack import Stack
from tests.stack.waiting import wait_until

GOOD, DECLINED = "4242424242424242", "4000000000000002"
FINAL_BOOKINGS = Path(__file__).resolve().parents[2] / ".local" / "test" / "bookings"
CLIENT = {"name": "Mira Lindqvist", "email": "mira@example.com"}


def days_ahead(first: int, last: int) -> Iterator[str]:
    """Return days ahead, each once: a test takes one, so that none takes another's slots."""
    for number in range(first, last):
        yield (datetime.now(UTC) + timedelta(days=number)).date().isoformat()


def free_slots(public: httpx.Client, day: str, service: str, employee: str) -> list[str]:
    query = {"service_id": service, "employee_id": employee, "date": day}
    answer = public.get("/public/locations/demo/slots", params=query)
    assert answer.status_code == 200, answer.text
    return [slot["starts_at"] for slot in answer.json()["slots"]]


def agreed(public: httpx.Client, service_id: str) -> dict[str, Any]:
    """Return what the widget shows and a client agrees to: a service's price, and the terms."""
    answer = public.get("/public/locations/demo")
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    [price] = [each["price"] for each in shown["services"] if each["service_id"] == service_id]
    return {"accepted_price": price, "accepted_terms": shown["terms_hash"]}


def book(public: httpx.Client, starts_at: str, **fields: Any) -> httpx.Response:
    body = {"service_id": "haircut", "employee_id": "anna", "starts_at": starts_at, **fields}
    body = {"client": CLIENT, **agreed(public, body["service_id"]), **body}
    return public.post("/public/locations/demo/bookings", json=body)


def pay(stack: Stack, booking: dict[str, Any], card: str = GOOD) -> str:
    session_id = booking["checkout_url"].rpartition("/")[2]
    url = f"{stack.described['stripe']['api_base']}/_sim/checkout/{session_id}/pay"
    answer = httpx.post(url, json={"card": card}, timeout=40)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["status"])


def authenticate(stack: Stack, booking: dict[str, Any], outcome: str) -> str:
    """Answer the bank's question on the hosted page: `complete` or `fail`."""
    session_id = booking["checkout_url"].rpartition("/")[2]
    url = f"{stack.described['stripe']['api_base']}/_sim/checkout/{session_id}/authenticate"
    answer = httpx.post(url, json={"outcome": outcome}, timeout=40)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["status"])


def session_of(stack: Stack, booking: dict[str, Any]) -> dict[str, Any]:
    """Return a booking's Checkout Session as Stripe has it."""
    described = stack.described["stripe"]
    session_id = booking["checkout_url"].rpartition("/")[2]
    url = f"{described['api_base']}/v1/checkout/sessions/{session_id}"
    answer = httpx.get(url, auth=(described["secret_key"], ""), timeout=40)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def read_as_staff(manager: httpx.Client, booking: dict[str, Any]) -> dict[str, Any]:
    answer = manager.get(f"/v1/locations/demo/bookings/{booking['booking_id']}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def keep_final(flow: str, document: dict[str, Any]) -> None:
    """Write a flow's final booking where people look at it: `.local/test/bookings/<flow>.json`."""
    FINAL_BOOKINGS.mkdir(parents=True, exist_ok=True)
    name = flow.replace(",", "").replace(" ", "-")
    text = json.dumps(document, indent=2, ensure_ascii=False)
    (FINAL_BOOKINGS / f"{name}.json").write_text(f"{text}\n")


def read(public: httpx.Client, booking: dict[str, Any]) -> dict[str, Any]:
    path = f"/public/bookings/{booking['booking_id']}"
    answer = public.get(path, params={"token": booking["token"]})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def wait_for(public: httpx.Client, booking: dict[str, Any], status: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = read(public, booking)
        return found if found["status"] == status else None

    return wait_until(look, f"the booking is {status}")


def forget_session(stack: Stack, booking: dict[str, Any]) -> None:
    """Leave the booking as a crash leaves it between Stripe's answer and its write.

    The session can be paid, and nobody here knows of it.
    """

    def forget(body: dict[str, Any]) -> None:
        body["checkout"] |= {"session_id": "", "url": ""}

    _rewrite(stack, booking, forget)


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

    def lapse(body: dict[str, Any]) -> None:
        body["terms"]["hold_until_s"] = int(past.timestamp())

    _rewrite(stack, booking, lapse)


def let_begin(stack: Stack, booking_id: str) -> None:
    """Let a visit have begun a minute ago; its agenda stays as it is."""
    conflict = stack.aws("dynamodb").exceptions.ConditionalCheckFailedException

    def begin(body: dict[str, Any]) -> None:
        body["starts_at_s"] = int(datetime.now(UTC).timestamp()) - 60

    def rewrite() -> bool | None:
        try:
            _rewrite(stack, {"booking_id": booking_id}, begin)
        except conflict:
            # A webhook was written in between.
            return None
        return True

    wait_until(rewrite, "the visit has begun")


def _rewrite(
    stack: Stack, booking: dict[str, Any], change: Callable[[dict[str, Any]], None]
) -> None:
    dynamodb, table = stack.aws("dynamodb"), stack.described["outputs"]["BookingsTable"]
    key = {"pk": {"S": f"demo#booking#{booking['booking_id']}"}, "sk": {"S": "booking"}}
    item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
    body = json.loads(item["body"]["S"])
    change(body)
    dynamodb.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET body = :body, version = :next",
        ConditionExpression="version = :version",
        ExpressionAttributeValues={
            ":body": {"S": json.dumps(body)},
            ":version": item["version"],
            # Or a webhook that had read it before would write the former body over this one.
            ":next": {"N": str(int(item["version"]["N"]) + 1)},
        },
    )


def wait_for_release(
    stack: Stack, public: httpx.Client, booking: dict[str, Any], status: str
) -> None:
    """Let the minute's function run until the booking has come to its end."""

    def run() -> bool | None:
        run_release(stack)
        return True if read(public, booking)["status"] == status else None

    wait_until(run, f"the booking is {status}")


def run_release(stack: Stack) -> None:
    """Let the minute's function run once."""
    name = stack.described["outputs"]["ReleaseUnpaidSlotsFunction"]
    answer = stack.aws("lambda").invoke(FunctionName=name, Payload=b"{}")
    payload = answer["Payload"].read()
    assert "FunctionError" not in answer, payload
