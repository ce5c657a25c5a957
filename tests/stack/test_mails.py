"""What clients are told, by mails that went through queue, function and SES to a mail server."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.mails import LocalMail, list_new_mails
from tests.stack.running_stack import Stack
from tests.stack.salon_clients import agreed
from tests.stack.started import ROOT
from tests.stack.stripe_sender import fresh_id
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack
CARD = "4242424242424242"


@pytest.fixture(scope="module")
def staff(stack: Stack) -> httpx.Client:
    return stack.client("demo:manager")


@pytest.fixture(scope="module")
def days() -> Iterator[str]:
    """Return days that the other modules' tests leave alone, another one each time."""
    first = datetime.now(UTC) + timedelta(days=301)
    return ((first + timedelta(days=number)).date().isoformat() for number in range(60))


def somebody() -> dict[str, str]:
    return {"name": "Mira Lindqvist", "email": f"{fresh_id('mira')}@example.com".lower()}


def book(stack: Stack, day: str, client: dict[str, str]) -> dict[str, Any]:
    public = stack.client()
    query = {"service_id": "colour", "employee_id": "ben", "date": day}
    slots = public.get("/public/locations/demo/slots", params=query).json()["slots"]
    body = {"service_id": "colour", "employee_id": "ben", "starts_at": slots[0]["starts_at"]}
    body |= {"client": client, **agreed(public, "colour")}
    answer = public.post("/public/locations/demo/bookings", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def pay(stack: Stack, checkout_url: str) -> None:
    session_id = checkout_url.rpartition("/")[2]
    url = f"{stack.described['stripe']['api_base']}/_sim/checkout/{session_id}/pay"
    answer = httpx.post(url, json={"card": CARD}, timeout=40)
    assert answer.json()["status"] == "succeeded", answer.text


def mails_to(stack: Stack, email: str) -> list[LocalMail]:
    folder = Path(ROOT) / stack.described["mail_dir"]
    return [mail for mail in list_new_mails(folder) if mail.to == email]


def wait_for_mails(stack: Stack, email: str, number: int) -> list[LocalMail]:
    def look() -> list[LocalMail] | None:
        found = mails_to(stack, email)
        return found if len(found) >= number else None

    return wait_until(look, f"{number} mails came")


def wait_until_quiet(stack: Stack) -> None:
    """Wait until nothing is on its way to a mail any more."""
    outputs = stack.described["outputs"]
    queues = [outputs["StripeEventsQueueUrl"], outputs["MailsQueueUrl"]]

    def look() -> bool | None:
        return True if not any(stack.messages_in(queue) for queue in queues) else None

    wait_until(look, "the queues are empty")


def deliver(stack: Stack, mode: str) -> None:
    url = f"{stack.described['stripe']['api_base']}/_sim/deliveries"
    httpx.post(url, json={"mode": mode}, timeout=10).raise_for_status()


def test_who_books_and_pays_is_told_once_although_stripe_tells_us_twice(
    stack: Stack, days: Iterator[str]
) -> None:
    client = somebody()
    booking = book(stack, next(days), client)
    assert mails_to(stack, client["email"]) == []
    deliver(stack, "duplicate")
    try:
        pay(stack, booking["checkout_url"])
        wait_for_mails(stack, client["email"], 1)
        wait_until_quiet(stack)
    finally:
        deliver(stack, "normal")

    [mail] = mails_to(stack, client["email"])
    assert mail.subject == "[TEST] Your booking at Salon Aurora is confirmed"
    assert "bookings@bookpay.test" in mail.message["From"]
    for fact in ("Mira Lindqvist", "Colour", "Price: €120.00", "Paid: €36.00",
                 "Due at your visit: €84.00", "TEST MODE", "Free until"):  # fmt: skip
        assert fact in mail.text.replace("\xa0", " "), fact
    [calendar] = [
        part for part in mail.message.walk() if part.get_content_type() == "text/calendar"
    ]
    assert booking["booking_id"] in calendar.get_content()


def test_the_page_that_a_mail_leads_to_shows_the_booking_and_asks_before_it_cancels(
    stack: Stack, days: Iterator[str]
) -> None:
    client = somebody()
    pay(stack, book(stack, next(days), client)["checkout_url"])
    [mail] = wait_for_mails(stack, client["email"], 1)
    [url] = re.findall(rf"{stack.api_url}/visit/\S+", mail.text)

    page = httpx.get(url, timeout=40)
    asked = httpx.get(f"{url}?cancel=ask", timeout=40)
    guessed = httpx.get(f"{url[:-4]}AAAA", timeout=40)

    assert (page.status_code, asked.status_code, guessed.status_code) == (200, 200, 404)
    for fact in ("Confirmed", "Colour", "€36.00", "€84.00", "Cancel this booking"):
        assert fact in page.text.replace("\xa0", " "), fact
    said = "Cancelling is free: €36.00 will be refunded to your card."
    assert said in asked.text.replace("\xa0", " ")
    assert page.headers["referrer-policy"] == "no-referrer"


def test_a_link_is_mailed_with_a_code_and_then_thanked_for(
    stack: Stack, staff: httpx.Client
) -> None:
    client = somebody()
    made = staff.post(
        "/v1/locations/demo/bookings",
        json={"amount": 4500, "currency": "eur", "description": "Haircut", "client": client},
    ).json()
    path = f"/v1/locations/demo/bookings/{made['booking_id']}"

    linked = staff.post(f"{path}/payment-link", json={"email": True})
    picture = staff.get(f"{path}/qr.svg")

    assert linked.status_code == 201, linked.text
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.startswith("<svg")
    [mail] = wait_for_mails(stack, client["email"], 1)
    assert linked.json()["pay_url"] in mail.text
    assert "image/png" in [part.get_content_type() for part in mail.message.walk()]
    opened = httpx.get(linked.json()["pay_url"], timeout=40)
    pay(stack, opened.headers["location"])
    _, thanks = wait_for_mails(stack, client["email"], 2)
    assert thanks.subject == "[TEST] Salon Aurora has received your payment"
    assert "Paid: €45.00" in thanks.text.replace("\xa0", " ")
    assert f"{stack.api_url}/pay/" not in thanks.text


def test_a_refund_is_told_when_stripe_says_that_it_succeeded(
    stack: Stack, days: Iterator[str]
) -> None:
    client = somebody()
    booking = book(stack, next(days), client)
    pay(stack, booking["checkout_url"])
    wait_for_mails(stack, client["email"], 1)
    manager = stack.client("demo:manager")
    found = manager.get(f"/v1/locations/demo/bookings/{booking['booking_id']}").json()
    stripe = stack.described["stripe"]

    refunded = httpx.post(
        f"{stripe['api_base']}/v1/refunds",
        auth=(stripe["secret_key"], ""),
        data={"charge": found["payments"][0]["charge"], "amount": "1000"},
        timeout=40,
    )

    assert refunded.status_code == 200, refunded.text
    _, mail = wait_for_mails(stack, client["email"], 2)
    wait_until_quiet(stack)
    assert mail.subject == "[TEST] Your refund from Salon Aurora"
    assert "€10.00 was refunded" in mail.text.replace("\xa0", " ")
    assert len(mails_to(stack, client["email"])) == 2


def test_nothing_was_given_up(stack: Stack) -> None:
    wait_until_quiet(stack)
    assert stack.messages_in(stack.described["outputs"]["MailsDeadQueueUrl"]) == 0


def test_a_mail_that_came_back_is_shown_and_sent_again_to_the_corrected_address(
    stack: Stack, staff: httpx.Client, days: Iterator[str]
) -> None:
    client, right = somebody(), somebody()["email"]
    booking = book(stack, next(days), client)
    pay(stack, booking["checkout_url"])
    wait_for_mails(stack, client["email"], 1)
    path = f"/v1/locations/demo/bookings/{booking['booking_id']}"

    def messages(status: str) -> list[dict[str, Any]] | None:
        found = staff.get(f"{path}/messages").json()["items"]
        return found if found and found[-1]["status"] == status else None

    wait_until(lambda: messages("sent"), "the mail was noted as sent")
    tell_of_bounce(stack, booking["booking_id"], client["email"])
    [mail] = wait_until(lambda: messages("bounced"), "the bounce was noted")
    assert (mail["kind"], mail["to"]) == ("confirmed", client["email"])
    [action] = staff.get(path).json()["needs_action"]
    assert (action["kind"], action["mail"]) == ("mail_undelivered", "confirmed")

    changed = staff.patch(path, json={"client": {"email": right}})
    again = staff.post(f"{path}/messages/confirmed/resend")

    assert (changed.status_code, again.status_code) == (200, 202)
    [anew] = wait_for_mails(stack, right, 1)
    assert anew.message["Content-Language"]
    [url] = re.findall(rf"{stack.api_url}/visit/\S+", anew.text)
    assert httpx.get(url, timeout=40).status_code == 200
    [former] = mails_to(stack, client["email"])
    [url] = re.findall(rf"{stack.api_url}/visit/\S+", former.text)
    assert httpx.get(url, timeout=40).status_code == 404
    wait_until(lambda: not staff.get(path).json()["needs_action"], "nothing is left to do")


def tell_of_bounce(stack: Stack, booking_id: str, email: str) -> None:
    """Put into the queue what SES tells on the account's bus and the rule hands on.

    The emulator's SES delivers all and tells nothing, and nobody may put an event of AWS's own on a
    bus. What the rule takes is looked at in the template's tests.
    https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html
    """
    found = stack.aws("dynamodb").query(
        TableName=stack.described["outputs"]["BookingsTable"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"demo#mails#{booking_id}"}},
    )
    [item] = found["Items"]
    message_id = json.loads(item["body"]["S"])["message_id"].partition("@")[0]
    bounce = {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": email, "action": "failed", "status": "5.1.1"}],
        "feedbackId": "010001-1",
        "timestamp": "2026-11-28T05:02:17.000Z",
    }
    mail = {
        "messageId": message_id,
        "destination": [email],
        "tags": {"location": ["demo"], "subject": [booking_id]},
    }
    envelope = {
        "source": "aws.ses",
        "detail-type": "Email Bounced",
        "detail": {"eventType": "Bounce", "bounce": bounce, "mail": mail},
    }
    stack.aws("sqs").send_message(
        QueueUrl=stack.described["outputs"]["MailsQueueUrl"], MessageBody=json.dumps(envelope)
    )
