"""Visits that are moved on the running system: across prices, a deposit and a hold."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.stack.money_calls import Desk, Shown, Stripe, book, stripe_of
from tests.stack.running_stack import Stack
from tests.stack.salon_clients import free_slots, keep_final
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack
RULE = {"client_until_hours": 1, "fee": "none"}
AHEAD = (72, 120)


@pytest.fixture(scope="module")
def manager(stack: Stack) -> Desk:
    return Desk(stack.client("demo:manager"))


@pytest.fixture(scope="module")
def public(stack: Stack) -> httpx.Client:
    return stack.client()


@pytest.fixture(scope="module", autouse=True)
def _terms(stack: Stack) -> Iterator[None]:
    owner = stack.client("demo:owner")
    path = "/v1/locations/demo/terms"
    before = owner.get(path).json()
    yield
    assert owner.put(path, json=before).status_code == 200


def take(manager: Desk, **changed: Any) -> None:
    path = "/v1/locations/demo/terms"
    terms = {**manager.api.get(path).json(), "reschedule": RULE, **changed}
    kept = ("prepayment", "overrides", "cancellation", "reschedule")
    terms = {name: terms[name] for name in kept if name in terms}
    answer = manager.api.put(path, json=terms)
    assert answer.status_code == 200, answer.text


def client_moves(public: httpx.Client, made: Shown, to: str, employee_id: str) -> Shown:
    path = f"/public/bookings/{made['booking_id']}/reschedule"
    body = {"starts_at": to, "employee_id": employee_id}
    answer = public.post(path, params={"token": made["token"]}, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def staff_move(manager: Desk, booking_id: str, to: str, **more: Any) -> Shown:
    answer = manager.api.post(
        manager.path(booking_id, "/reschedule"), json={"starts_at": to, **more}
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def far(public: httpx.Client, days: int, service: str = "colour", employee: str = "ben") -> str:
    """Return the first free time of a day that far ahead, or of one soon after."""
    for number in range(days, days + 7):
        day = (datetime.now(UTC) + timedelta(days=number)).date().isoformat()
        if found := free_slots(public, day, service, employee):
            return found[0]
    raise AssertionError("nobody works that week")


def pay_link(manager: Desk, stripe: Stripe, booking_id: str) -> None:
    """Pay what is due, or save a card, as the booking's link leads to it."""
    made = manager.api.post(manager.path(booking_id, "/payment-link"), json={})
    assert made.status_code == 201, made.text
    opened = httpx.get(made.json()["pay_url"], timeout=40)
    assert opened.status_code == 303, opened.text
    assert stripe.pay(opened.headers["location"]) == "succeeded"


def test_a_chain_of_five_moves_keeps_one_payment(
    stack: Stack, public: httpx.Client, manager: Desk
) -> None:
    """A colour with a deposit of 36.00 becomes a haircut, a colour again, and a haircut."""
    stripe = stripe_of(stack)
    take(manager)
    made = book(public, "colour", AHEAD)
    name = made["booking_id"]
    stripe.pay(made["checkout_url"])
    manager.wait(name, lambda b: b["status"] == "confirmed", "confirmed")
    was = made["starts_at"]

    first = client_moves(public, made, far(public, 10), "ben")
    assert (first["amount_paid"], first["employee_id"]) == (3600, "ben")
    assert was in free_slots(public, was[:10], "colour", made["employee_id"]), (
        "its old time is free"
    )

    second = staff_move(manager, name, far(public, 12), service_id="haircut")
    assert (second["price"], second["amount_due"], second["refunds"]) == (4500, 900, [])
    third = staff_move(manager, name, far(public, 14), service_id="colour")
    assert (third["price"], third["amount_due"]) == (12000, 8400)
    pay_link(manager, stripe, name)
    manager.wait(name, lambda b: b["amount_captured"] == 12000, "paid")

    fourth = staff_move(manager, name, far(public, 16), service_id="haircut", notify=True)
    assert [each["cause"] for each in fourth["refunds"]] == ["moved"] * len(fourth["refunds"])
    # A charge may tell what went back before its refund says which of our orders that was.
    done = manager.wait(
        name,
        lambda b: (b["amount_refunded"], b["amount_refund_pending"]) == (7500, 0),
        "the surplus went back",
    )
    assert done["amount_due"] == 0

    last = client_moves(public, made, far(public, 18, "haircut", "anna"), "anna")
    assert (last["price"], last["amount_paid"], last["amount_refunded"]) == (4500, 12000, 7500)
    final = manager.read(name)
    keep_final("five moves", final)
    assert final["amount_captured"] - final["amount_refunded"] == final["price"]
    assert (final["amount_due"], final["needs_action"]) == (0, [])
    assert len([each for each in final["timeline"] if each["what"] == "booking.moved"]) == 5


def test_a_hold_that_would_lapse_becomes_a_card_and_is_released(
    stack: Stack, public: httpx.Client, manager: Desk
) -> None:
    stripe = stripe_of(stack)
    take(manager, prepayment={"type": "hold"}, overrides=[])
    made = book(public, "haircut", AHEAD)
    name = made["booking_id"]
    stripe.pay(made["checkout_url"])
    held = manager.wait(name, lambda b: b["amount_authorized"] == 4500, "held")
    [intent] = [each["payment_intent"] for each in held["payments"]]

    moved = staff_move(manager, name, far(public, 20, "haircut", "anna"), employee_id="anna")
    assert (moved["status"], moved["terms"]["due_mode"]) == ("confirmed", "save_card")
    assert moved["amount_authorized"] == 4500, "until the card is there"
    pay_link(manager, stripe, name)
    wait_until(
        lambda: stripe.get(f"/v1/payment_intents/{intent}")["status"] == "canceled" or None,
        "the hold is released at Stripe",
    )
    final = manager.wait(name, lambda b: b["amount_authorized"] == 0, "released")
    keep_final("hold moved", final)
    assert (final["status"], final["payment_status"]) == ("confirmed", "card_saved")
    assert (final["amount_captured"], final["needs_action"]) == (0, [])
