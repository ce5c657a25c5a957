"""Disputes on the running system: what the bank does, what staff see, get and hand in."""

import email
import email.policy
import io
import json
import zipfile
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from tests.stack.running_stack import Stack
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack
ROOT = Path(__file__).resolve().parents[2]
GOOD, INQUIRY, TWO_DISPUTES = "4242424242424242", "4000000000001976", "4000000404000079"


@pytest.fixture(scope="module")
def staff(stack: Stack) -> httpx.Client:
    return stack.client("demo:manager")


def sim(stack: Stack, path: str, **body: Any) -> dict[str, Any]:
    base = stack.described["stripe"]["api_base"]
    answer = httpx.post(f"{base}/_sim/{path}", json=body, timeout=40)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def paid_visit(stack: Stack, staff: httpx.Client, card: str) -> dict[str, Any]:
    """Return a booking of 45.00 EUR whose client paid by link with this card."""
    body = {
        "amount": 4500,
        "currency": "eur",
        "description": "Haircut",
        "client": {"name": "Mira Musterfrau", "email": "mira@example.com"},
    }
    made = staff.post("/v1/locations/demo/bookings", json=body).json()
    opened = httpx.get(made["pay_url"], timeout=40)
    sim(stack, f"checkout/{opened.headers['location'].rpartition('/')[2]}/pay", card=card)
    path = f"/v1/locations/demo/bookings/{made['booking_id']}"

    def look() -> dict[str, Any] | None:
        found = dict(staff.get(path).json())
        return found if found["amount_captured"] else None

    return wait_until(look, "the visit is paid")


def disputes_of(
    staff: httpx.Client, booking: dict[str, Any], number: int, **wanted: Any
) -> list[dict[str, Any]]:
    """Wait until the list shows so many disputes of a booking, all of them as wanted."""

    def look() -> list[dict[str, Any]] | None:
        page = staff.get("/v1/locations/demo/disputes", params={"limit": 100}).json()
        found = [each for each in page["items"] if each["booking_id"] == booking["booking_id"]]
        fits = all(each[name] == value for each in found for name, value in wanted.items())
        return found if len(found) == number and fits else None

    return wait_until(look, f"{number} disputes, {wanted}")


def mail_about(stack: Stack, dispute_id: str, subject: str) -> EmailMessage:
    """Wait for the mail to staff about a dispute whose subject says this."""
    folder = ROOT / stack.described["mail_dir"]

    def look() -> EmailMessage | None:
        for file in sorted(folder.glob("*.eml")):
            parsed = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            part = parsed.get_body(("plain",))
            if part and dispute_id in part.get_content() and subject in parsed["Subject"]:
                return parsed
        return None

    return wait_until(look, f"a mail: {subject}")


def reminders_of(stack: Stack, dispute_id: str) -> list[dict[str, Any]]:
    """The delayed messages about a dispute that are in the table."""
    table = stack.described["outputs"]["BookingsTable"]
    found = stack.aws("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
    return [
        item
        for item in found
        if item["sk"]["S"].startswith("delayed#")
        and json.loads(item["body"]["S"])["detail"].get("stripe_dispute_id") == dispute_id
    ]


def let_be_due(stack: Stack, item: dict[str, Any]) -> None:
    """Put the time of a delayed message into the past, and let the sweeper run."""
    stack.aws("dynamodb").update_item(
        TableName=stack.described["outputs"]["BookingsTable"],
        Key={"pk": item["pk"], "sk": item["sk"]},
        UpdateExpression="SET list_sk = :past",
        ExpressionAttributeValues={":past": {"S": "2026-01-01T00:00:00Z#due"}},
    )
    name = stack.described["outputs"]["SweepOutboxFunction"]
    answer = stack.aws("lambda").invoke(FunctionName=name, Payload=b"{}")
    payload = answer["Payload"].read()
    assert "FunctionError" not in answer, payload
    assert json.loads(payload)["published"] >= 1


def test_a_chargeback_is_listed_told_reminded_of_answered_and_lost(
    stack: Stack, staff: httpx.Client
) -> None:
    booking = paid_visit(stack, staff, GOOD)
    charge_id = booking["payments"][0]["charge"]
    dispute_id = sim(stack, f"charges/{charge_id}/dispute", reason="product_not_received")["id"]

    [dispute] = disputes_of(staff, booking, 1, is_open=True)
    assert (dispute["stripe_dispute_id"], dispute["kind"]) == (dispute_id, "chargeback")
    assert (dispute["amount"], dispute["funds"]) == (4500, "withdrawn")
    assert dispute["fee"] > 0
    [opened] = [mail_about(stack, dispute_id, "€45.00")]
    assert "is disputed" in opened["Subject"]
    seen = staff.get(f"/v1/locations/demo/bookings/{booking['booking_id']}").json()
    [asked] = [each for each in seen["needs_action"] if each["kind"] == "dispute_needs_response"]
    assert asked["deadline"] == dispute["evidence_due_by"]

    answer = staff.get(asked["evidence"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    bundle = zipfile.ZipFile(io.BytesIO(answer.content))
    whole = PdfReader(io.BytesIO(bundle.read(f"{dispute_id}/files/uncategorized_file.pdf")))
    text = "\n".join(page.extract_text() for page in whole.pages)
    assert charge_id in text
    assert "Mira Musterfrau" in text
    assert stack.client("demo:finance").get(asked["evidence"]).status_code == 403
    assert httpx.get(f"{stack.api_url}{asked['evidence']}", timeout=40).status_code == 401

    reminders = reminders_of(stack, dispute_id)
    assert len(reminders) == 2
    let_be_due(stack, min(reminders, key=lambda item: item["sk"]["S"]))
    # It says what is left now: the message was made due, not the deadline.
    mail_about(stack, dispute_id, " days left to answer a dispute")

    sim(stack, f"disputes/{dispute_id}/close", status="lost")
    [dispute] = disputes_of(staff, booking, 1, is_open=False)
    assert (dispute["status"], dispute["funds"]) == ("lost", "withdrawn")
    mail_about(stack, dispute_id, "Lost: ")
    assert reminders_of(stack, dispute_id) == [], "the last one was called off"
    seen = staff.get(f"/v1/locations/demo/bookings/{booking['booking_id']}").json()
    assert seen["payment_status"] == "disputed"
    assert "dispute_needs_response" not in {each["kind"] for each in seen["needs_action"]}


def test_an_inquiry_moves_no_money_and_ends(stack: Stack, staff: httpx.Client) -> None:
    booking = paid_visit(stack, staff, INQUIRY)
    [dispute] = disputes_of(staff, booking, 1, kind="inquiry")
    assert (dispute["fee"], dispute["funds"]) == (None, "none")
    seen = staff.get(f"/v1/locations/demo/bookings/{booking['booking_id']}").json()
    assert (seen["payment_status"], seen["amount_disputed"], seen["refundable"]) == (
        "paid",
        0,
        4500,
    )
    assert "inquiry_needs_response" in {each["kind"] for each in seen["needs_action"]}
    mail_about(stack, dispute["stripe_dispute_id"], "A bank inquiry")
    sim(stack, f"disputes/{dispute['stripe_dispute_id']}/close", status="warning_closed")
    disputes_of(staff, booking, 1, status="warning_closed", is_open=False)
    mail_about(stack, dispute["stripe_dispute_id"], "has ended")


def test_several_disputes_of_one_charge_stand_for_themselves_and_one_is_won(
    stack: Stack, staff: httpx.Client
) -> None:
    booking = paid_visit(stack, staff, TWO_DISPUTES)
    first, second = disputes_of(staff, booking, 2, is_open=True)
    assert first["amount"] + second["amount"] == 4500
    sim(stack, f"disputes/{first['stripe_dispute_id']}/close", status="won")

    def look() -> set[tuple[str, str]] | None:
        found = disputes_of(staff, booking, 2)
        states = {(each["status"], each["funds"]) for each in found}
        return states if ("won", "reinstated") in states else None

    states = wait_until(look, "one is won")
    assert states == {("won", "reinstated"), ("needs_response", "withdrawn")}
