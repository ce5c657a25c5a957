"""A script at the public form of the running system: what it gets, and what its victim does not."""

import re
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.stack.running_stack import Stack
from tests.stack.salon_clients import days_ahead
from tests.stack.stripe_sender import fresh_id
from tests.stack.test_mails import mails_to, wait_for_mails, wait_until_quiet
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack
NEW = {"name": "Studio Lyra", "timezone": "Europe/Vienna", "currency": "eur", "country": "AT"}
EVERY_DAY = [{"weekday": day, "from": "09:00", "to": "17:00"} for day in range(7)]
TERMS = {
    "prepayment": {"type": "full"},
    "overrides": [{"service_id": "talk", "prepayment": {"type": "none"}}],
}
EVIL = "WIN 1000 EUR at http://evil.example/claim now"


@pytest.fixture(scope="module")
def admin(stack: Stack) -> httpx.Client:
    return stack.client("admin")


@pytest.fixture(scope="module")
def lyra(stack: Stack, admin: httpx.Client) -> str:
    """A location of the test's own, with a Stripe account of its own; its limits may be changed."""
    api = stack.described["stripe"]["api_base"]
    account = httpx.post(
        f"{api}/_sim/accounts", json={"country": "AT", "business_name": "Lyra"}, timeout=40
    ).json()
    here = f"lyra-{secrets.token_hex(3)}"
    keys = {name: account[name] for name in ("publishable_key", "secret_key")}
    switches = {"online_booking_enabled": True, "visit_link_enabled": True}
    services = {
        "cut": {"name": "Cut", "price": 4500, "duration_minutes": 30},
        "talk": {"name": "Advice", "price": 2000, "duration_minutes": 30},
    }
    for made in (
        admin.post("/v1/locations", json={"location_id": here, **NEW}),
        admin.put(f"/v1/locations/{here}/payment-settings", json={**keys, **switches}),
        *(
            admin.put(f"/v1/locations/{here}/services/{service_id}", json=service)
            for service_id, service in services.items()
        ),
        admin.put(
            f"/v1/locations/{here}/employees/anna", json={"name": "Anna", "hours": EVERY_DAY}
        ),
        admin.put(f"/v1/locations/{here}/terms", json=TERMS),
    ):
        assert made.is_success, made.text
    return here


@pytest.fixture(scope="module")
def days() -> Iterator[str]:
    return days_ahead(30, 60)


@pytest.fixture
def low_limits(admin: httpx.Client, lyra: str) -> Iterator[None]:
    path, limits = f"/v1/locations/{lyra}", {"holds_per_client": 3, "holds_per_address": 4}
    usual = admin.get(path).json()
    patched = admin.patch(path, json=limits).json()
    assert {name: patched[name] for name in limits} == limits
    yield
    admin.patch(path, json={name: usual[name] for name in limits})


class Script:
    """Somebody without a browser, who has read the widget's source."""

    def __init__(self, stack: Stack, location_id: str, service_id: str, day: str) -> None:
        self._public = stack.client()
        self._here = f"/public/locations/{location_id}"
        self._service_id = service_id
        query = {"service_id": service_id, "employee_id": "anna", "date": day}
        found = self._public.get(f"{self._here}/slots", params=query).json()["slots"]
        self.slots = [each["starts_at"] for each in found][::2]

    def book(self, slot: str, email: str, name: str = "Mira") -> httpx.Response:
        shown = self._public.get(self._here).json()
        prices = {each["service_id"]: each["price"] for each in shown["services"]}
        body = {
            "service_id": self._service_id,
            "employee_id": "anna",
            "starts_at": slot,
            "client": {"name": name, "email": email},
            "accepted_price": prices[self._service_id],
            "accepted_terms": shown["terms_hash"],
        }
        return self._public.post(f"{self._here}/bookings", json=body)

    def end(self, booking: dict[str, Any], how: str, token: str) -> httpx.Response:
        path = f"/public/bookings/{booking['booking_id']}/{how}"
        return self._public.post(path, params={"token": token})

    def open(self, url: str, **form: str) -> httpx.Response:
        return self._public.post(url, data=form) if form else self._public.get(url)


def somebody() -> str:
    return f"{fresh_id('victim')}@example.com".lower()


def timeline(admin: httpx.Client, location_id: str, booking: dict[str, Any]) -> list[str]:
    path = f"/v1/locations/{location_id}/bookings/{booking['booking_id']}"
    return [entry["what"] for entry in admin.get(path).json()["timeline"]]


@pytest.mark.usefixtures("low_limits")
def test_booking_and_cancelling_over_and_over_ends_at_the_limit_and_mails_nobody(
    stack: Stack, lyra: str, days: Iterator[str]
) -> None:
    """Bug: 90 of 90 such rounds were 201, each with a page at Stripe and a mail to the victim."""
    script, victim = Script(stack, lyra, "cut", next(days)), somebody()
    answers = []
    for _ in range(8):
        answer = script.book(script.slots[0], victim, EVIL)
        answers.append(answer.status_code)
        if answer.status_code == 201:
            assert script.end(answer.json(), "cancel", answer.json()["token"]).status_code == 200
    assert answers == [201] * 3 + [429] * 5
    others = [script.book(slot, somebody()).status_code for slot in script.slots[1:3]]
    assert others == [201, 429]
    wait_until_quiet(stack)
    assert mails_to(stack, victim) == []


def test_nobody_is_sent_more_than_five_mails_and_none_in_a_strangers_words(
    stack: Stack, admin: httpx.Client, lyra: str, days: Iterator[str]
) -> None:
    victim, made = somebody(), []
    for _ in range(7):
        # A fifth of eight hours is 96 minutes: one visit a day is far below it.
        script = Script(stack, lyra, "talk", next(days))
        answer = script.book(script.slots[0], victim, EVIL)
        assert (answer.status_code, answer.json()["status"]) == (201, "confirmed")
        made.append(answer.json())

    def held_back() -> int | None:
        number = sum("mail.held_back" in timeline(admin, lyra, each) for each in made)
        return number if number == 2 else None

    wait_until(held_back, "two mails are held back, and shown")
    mails = wait_for_mails(stack, victim, 5)
    wait_until_quiet(stack)
    assert len(mails_to(stack, victim)) == 5
    for mail in mails:
        assert "evil" not in mail.text + mail.html + mail.subject
        assert "Hello, we look forward to seeing you." in mail.text


def test_beyond_a_fifth_of_the_day_the_link_of_a_mail_confirms(
    stack: Stack, admin: httpx.Client, lyra: str, days: Iterator[str]
) -> None:
    script, client = Script(stack, lyra, "talk", next(days)), somebody()
    made = [script.book(slot, somebody()).json() for slot in script.slots[:3]]
    assert {each["status"] for each in made} == {"confirmed"}

    booking = script.book(script.slots[3], client).json()
    assert (booking["status"], booking["token"]) == ("awaiting_confirmation", None)

    [mail] = wait_for_mails(stack, client, 1)
    found = re.search(r"https?://\S+/visit/(\S+)/(\S+)", mail.text)
    assert found
    url, token = found[0], found[2]
    assert found[1] == booking["booking_id"]
    page = script.open(url)
    assert (page.status_code, 'name="confirm"' in page.text) == (200, True)
    path = f"/v1/locations/{lyra}/bookings/{booking['booking_id']}"
    assert admin.get(path).json()["status"] == "awaiting_confirmation"

    confirmed = script.end(booking, "confirm", token)

    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "confirmed")
    mails = wait_for_mails(stack, client, 2)
    assert "confirmed" in mails[1].subject
    assert admin.get(path).json()["status"] == "confirmed"

    # And by the button of the page.
    booking = script.book(script.slots[4], other := somebody()).json()
    [mail] = wait_for_mails(stack, other, 1)
    found = re.search(r"https?://\S+/visit/\S+", mail.text)
    assert found
    assert script.open(found[0], confirm="yes").status_code == 303
    path = f"/v1/locations/{lyra}/bookings/{booking['booking_id']}"
    assert admin.get(path).json()["status"] == "confirmed"
