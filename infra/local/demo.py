"""The main job, shown: deposits, a move, a visit's link, a refund, the mails, and the report."""

import re
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import httpx
from rich.console import Console
from rich.table import Table

from infra.local.demo_morning import show_morning
from infra.local.mails import LocalMail, list_new_mails, newest_name, show_mails
from infra.local.progress import StackError, step
from infra.local.settings import ROOT
from shared.domain.money.money import Money

CARD = "4242424242424242"
EVENTS_OF_A_PAYMENT = {
    "charge.succeeded",
    "checkout.session.completed",
    "payment_intent.succeeded",
    "charge.updated",
}
PAID_WITHIN_S = 30
POLL_S = 0.3
LOOK_AHEAD_DAYS = 60
MAILS, MAILED_WITHIN_S = 5, 30


def run(stack: Mapping[str, Any]) -> None:
    """Take two deposits, a visit by link and a refund; show what came of each, and the report."""
    console = Console(highlight=False)
    api = httpx.Client(base_url=stack["api_url"], timeout=40)
    folder = ROOT / stack["mail_dir"]
    before = newest_name(folder)
    book_with_deposit(stack, api)
    print("\nA client rings for a colour: a deposit, and then another time")
    with step("A staff member signs in"):
        api.headers["authorization"] = f"Bearer {_sign_in(stack, 'demo:manager')}"
    move_with_deposit(stack, api)
    print("\nA visit is paid by link")
    with step("Staff make a booking over 45.00 EUR at the desk"):
        booking = _created(api, stack["location_id"])
    with step("The client opens the link: Stripe Checkout for what is due"):
        pay_url = booking["pay_url"]
        checkout = _open_link(pay_url)
    with step(f"…and pays with {' '.join(CARD[at : at + 4] for at in range(0, 16, 4))}"):
        _pay(stack, checkout)
    with step("Stripe's webhook goes through API, bus, queue and table: the booking is paid"):
        booking = _wait_until_paid(api, booking)
    with step("The manager gives 10.00 EUR back: asked for, and done at Stripe"):
        booking = _refund(api, booking, 1000)
    _show_booking(console, booking)
    print("\nThe mails that the clients got")
    show_mails(_wait_for_mails(folder, before))
    show_morning(stack, lambda role: _sign_in(stack, role))
    show_addresses(stack)
    print(f"  The link that was paid             {pay_url}")
    print("\n  make down ends everything.")


def book_with_deposit(stack: Mapping[str, Any], api: httpx.Client) -> dict[str, Any]:
    """Book a colour through the widget's API, pay its deposit, and return the client's own view."""
    print("\nA client books a colour, 120.00 EUR, with a deposit of 30 %")
    with step("The widget shows what can be booked, and the free times of a day"):
        slot, *_ = _free_slots(api, stack["location_id"], "colour")
    with step(f"The client takes {slot['starts_at']} with {slot['employee_id'].capitalize()}"):
        made = _book(api, stack["location_id"], "colour", slot)
    with step(f"…and pays {_shown(made['amount_due'], made)} at Stripe Checkout"):
        _pay(stack, made["checkout_url"])
    path = f"/public/bookings/{made['booking_id']}?token={made['token']}"
    with step("Stripe's webhook confirms the booking"):
        booking = _wait_for(api, path, lambda found: found["status"] == "confirmed")
    paid, price = _shown(booking["amount_paid"], booking), _shown(booking["price"], booking)
    print(f"\n  {booking['status'].upper()}, {paid} of {price} paid. {booking['terms_text']}")
    return booking


def move_with_deposit(stack: Mapping[str, Any], api: httpx.Client) -> dict[str, Any]:
    """Book a colour for a client who rang, take its deposit, move it, and return it."""
    slot, *others = _free_slots(api, stack["location_id"], "colour")
    with step(f"Staff enter {slot['starts_at']}, under the location's terms"):
        booking = _entered(api, stack["location_id"], slot)
    with step("The client opens the link, accepts price and terms, and pays the deposit"):
        _pay(stack, _accepted(booking["pay_url"]))
    path = f"/v1/locations/{booking['location_id']}/bookings/{booking['booking_id']}"
    _wait_for(api, path, lambda found: found["status"] == "confirmed")
    to = others[-1]
    with step(f"Staff move the visit to {to['starts_at']}: the deposit goes along"):
        asked = {"starts_at": to["starts_at"], "employee_id": to["employee_id"], "notify": True}
        moved = _json(api.post(f"{path}/reschedule", json=asked), httpx.codes.OK)
    paid, rest = _shown(moved["amount_captured"], moved), _shown(moved["amount_due"], moved)
    print(f"\n  {moved['status'].upper()} at {moved['starts_at']}, {paid} paid, {rest} due.")
    return moved


def show_addresses(stack: Mapping[str, Any]) -> None:
    """Print where to go on playing."""
    owner = next(person for person in stack["staff"] if person["roles"] == ["demo:owner"])
    print("\nWhat to open")
    print(f"  The booking page                   {stack['api_url']}/book/{stack['location_id']}")
    print(f"  The staff console                  {stack['api_url']}/console")
    print(f"  The API                            {stack['api_url']}/health")
    print(f"  The Stripe simulator               {stack['stripe']['api_base']}/")
    print(f"  The AWS emulator (endpoint_url)    {stack['aws']['endpoint_url']}")
    print(f"  The location's owner signs in as   {owner['email']}  {owner['password']}")
    print(f"  Every mail                         {stack['mail_dir']}")
    print("  All of it, for programs            .local/stack.json")


def _sign_in(stack: Mapping[str, Any], role: str) -> str:
    aws = stack["aws"]
    cognito = boto3.client(
        "cognito-idp",
        endpoint_url=aws["endpoint_url"],
        region_name=aws["region"],
        aws_access_key_id=aws["access_key_id"],
        aws_secret_access_key=aws["secret_access_key"],
    )
    person = next(person for person in stack["staff"] if person["roles"] == [role])
    answer = cognito.initiate_auth(
        ClientId=stack["user_pool_client_id"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": person["email"], "PASSWORD": person["password"]},
    )
    return answer["AuthenticationResult"]["IdToken"]


def _created(api: httpx.Client, location_id: str) -> dict[str, Any]:
    answer = api.post(
        f"/v1/locations/{location_id}/bookings",
        json={
            "amount": 4500,
            "currency": "eur",
            "description": "Haircut and colour, 90 minutes",
            "client": {"name": "Mira Lindqvist", "email": "mira@example.com"},
        },
    )
    return _json(answer, httpx.codes.CREATED)


def _entered(api: httpx.Client, location_id: str, slot: Mapping[str, Any]) -> dict[str, Any]:
    answer = api.post(
        f"/v1/locations/{location_id}/bookings",
        json={
            "service_id": "colour",
            "employee_id": slot["employee_id"],
            "starts_at": slot["starts_at"],
            "client": {"name": "Ada Moreau", "email": "ada@example.com"},
            "terms": "apply",
        },
    )
    return _json(answer, httpx.codes.CREATED)


def _accepted(pay_url: str) -> str:
    """Accept what a link's page shows, and return the address of Checkout."""
    page = httpx.get(pay_url, timeout=40).text
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    answer = httpx.post(pay_url, data=form, timeout=40)
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise StackError(f"The payment link answered {answer.status_code}: {answer.text[:500]}")
    return answer.headers["location"]


def _open_link(pay_url: str) -> str:
    answer = httpx.get(pay_url, timeout=40)
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise StackError(f"The payment link answered {answer.status_code}: {answer.text[:500]}")
    return answer.headers["location"]


def _pay(stack: Mapping[str, Any], checkout_url: str) -> None:
    session_id = checkout_url.rpartition("/")[2].partition("?")[0].partition("#")[0]
    pay = f"{stack['stripe']['api_base']}/_sim/checkout/{session_id}/pay"
    _json(httpx.post(pay, json={"card": CARD}, timeout=30), httpx.codes.OK)


def _refund(api: httpx.Client, booking: Mapping[str, Any], amount_minor: int) -> dict[str, Any]:
    path = f"/v1/locations/{booking['location_id']}/bookings/{booking['booking_id']}"
    asked = {"amount": amount_minor, "reason": "requested_by_customer"}
    _json(api.post(f"{path}/refunds", json=asked), httpx.codes.ACCEPTED)
    return _wait_for(
        api, path, lambda found: any(each["status"] == "succeeded" for each in found["refunds"])
    )


def _wait_for_mails(folder: Path, before: str) -> list[LocalMail]:
    """Return the clients' mails: two confirmations, the move, the link's receipt, the refund."""
    deadline = time.monotonic() + MAILED_WITHIN_S
    while len(mails := list_new_mails(folder, before)) < MAILS and time.monotonic() < deadline:
        time.sleep(POLL_S)
    if len(mails) < MAILS:
        raise StackError(f"{len(mails)} of {MAILS} mails came within {MAILED_WITHIN_S} s.")
    return mails


def _free_slots(api: httpx.Client, location_id: str, service_id: str) -> list[dict[str, Any]]:
    """Return the free times of the first day from three days on that has two, as offered."""
    first_day = datetime.now(UTC).date() + timedelta(days=3)
    for days in range(LOOK_AHEAD_DAYS):
        asked = {"service_id": service_id, "date": (first_day + timedelta(days)).isoformat()}
        found = api.get(f"/public/locations/{location_id}/slots", params=asked)
        if len(slots := _json(found, httpx.codes.OK)["slots"]) > 1:
            return list(slots)
    raise StackError(f"Nothing is free on {LOOK_AHEAD_DAYS} days: make down, and begin anew.")


def _book(
    api: httpx.Client, location_id: str, service_id: str, slot: Mapping[str, Any]
) -> dict[str, Any]:
    shown = _json(api.get(f"/public/locations/{location_id}"), httpx.codes.OK)
    service = next(each for each in shown["services"] if each["service_id"] == service_id)
    answer = api.post(
        f"/public/locations/{location_id}/bookings",
        headers={"idempotency-key": str(uuid.uuid4())},
        json={
            "service_id": service_id,
            "employee_id": slot["employee_id"],
            "starts_at": slot["starts_at"],
            "client": {"name": "Jonas Okafor", "email": "jonas@example.com"},
            "accepted_price": service["price"],
            "accepted_terms": shown["terms_hash"],
        },
    )
    return _json(answer, httpx.codes.CREATED)


def _wait_until_paid(api: httpx.Client, booking: Mapping[str, Any]) -> dict[str, Any]:
    def is_paid(found: Mapping[str, Any]) -> bool:
        events = {entry["what"] for entry in found["timeline"]}
        return found["payment_status"] == "paid" and events >= EVENTS_OF_A_PAYMENT

    path = f"/v1/locations/{booking['location_id']}/bookings/{booking['booking_id']}"
    return _wait_for(api, path, is_paid)


def _wait_for(
    api: httpx.Client, path: str, is_there: Callable[[Mapping[str, Any]], bool]
) -> dict[str, Any]:
    deadline = time.monotonic() + PAID_WITHIN_S
    while True:
        found = _json(api.get(path), httpx.codes.OK)
        if is_there(found):
            return found
        if time.monotonic() > deadline:
            raise StackError(
                f"After {PAID_WITHIN_S} s the booking is {found['status']} and "
                f"{found['payment_status']}. The logs are in .local/run."
            )
        time.sleep(POLL_S)


def _shown(amount_minor: int, booking: Mapping[str, Any]) -> str:
    return Money(amount_minor, booking["currency"]).format_plain()


def _json(answer: httpx.Response, wanted: int) -> dict[str, Any]:
    if answer.status_code != wanted:
        raise StackError(
            f"{answer.request.method} {answer.request.url} answered {answer.status_code}: "
            f"{answer.text[:500]}"
        )
    return dict(answer.json())


def _show_booking(console: Console, booking: Mapping[str, Any]) -> None:
    table = Table(title="\nThe booking's timeline", title_justify="left", box=None, pad_edge=False)
    for column in ("When (UTC)", "What", "By"):
        table.add_column(column)
    for entry in booking["timeline"]:
        table.add_row(entry["at"], entry["what"], entry.get("by") or entry.get("event_id") or "")
    console.print(table)
    for payment in booking["payments"]:
        card = payment["card"] or {}
        console.print(
            f"\n  {booking['description']}: {booking['payment_status'].upper()}, "
            f"{_shown(booking['amount_captured'], booking)} "
            f"by {card.get('brand')} •••• {card.get('last4')}",
            soft_wrap=True,
        )
