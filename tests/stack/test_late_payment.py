"""Paid after the slot was released: on the running stack, with Stripe's own events."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.stack.running_stack import Stack
from tests.stack.salon_clients import (
    book,
    days_ahead,
    forget_session,
    free_slots,
    keep_final,
    let_lapse,
    pay,
    read_as_staff,
    session_of,
    wait_for,
    wait_for_release,
)
from tests.stack.stripe_sender import charge_succeeded, event
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def public(stack: Stack) -> httpx.Client:
    return stack.client()


@pytest.fixture(scope="module")
def manager(stack: Stack) -> httpx.Client:
    return stack.client("demo:manager")


@pytest.fixture(scope="module")
def days() -> Iterator[str]:
    return days_ahead(300, 330)


def lapsed(
    stack: Stack, public: httpx.Client, slot: str, service_id: str = "haircut"
) -> dict[str, Any]:
    """Book, and give the slot away although the session can still be paid.

    As after a crash between Stripe's answer and its write: what was never written down cannot be
    closed.
    """
    booking: dict[str, Any] = book(public, slot, service_id=service_id).json()
    forget_session(stack, booking)
    let_lapse(stack, booking)
    wait_for_release(stack, public, booking, "expired")
    return booking


def test_a_late_payment_gets_its_slot_again_where_it_is_free(
    stack: Stack, public: httpx.Client, manager: httpx.Client, days: Iterator[str]
) -> None:
    slot = free_slots(public, next(days), "haircut", "anna")[0]
    booking = lapsed(stack, public, slot)
    assert slot in free_slots(public, slot[:10], "haircut", "anna")

    assert pay(stack, booking) == "succeeded"

    found = wait_for(public, booking, "confirmed")
    assert (found["payment_status"], found["amount_paid"]) == ("paid", 4500)
    assert slot not in free_slots(public, slot[:10], "haircut", "anna")
    shown = read_as_staff(manager, booking)
    assert shown["needs_action"] == []
    assert "booking.slot_taken_again" in [each["what"] for each in shown["timeline"]]
    keep_final("paid late, slot taken again", shown)


def test_a_late_payment_goes_back_where_somebody_else_has_the_slot(
    stack: Stack, public: httpx.Client, manager: httpx.Client, days: Iterator[str]
) -> None:
    slot = free_slots(public, next(days), "haircut", "anna")[0]
    loser = lapsed(stack, public, slot)
    winner = book(public, slot).json()

    assert pay(stack, winner) == "succeeded"
    assert pay(stack, loser) == "succeeded"

    wait_for(public, winner, "confirmed")
    shown = wait_until(
        lambda: _with_refund(manager, loser), "the late payment is ordered to go back"
    )
    assert (shown["status"], shown["needs_action"]) == ("expired", [])
    [refund] = shown["refunds"]
    assert (refund["amount"], refund["currency"]) == (4500, "eur")
    assert "booking.slot_lost" in [each["what"] for each in shown["timeline"]]
    keep_final("paid late, slot lost, money back", shown)


@pytest.fixture
def brows(manager: httpx.Client) -> Iterator[str]:
    """A service for which a card is saved, and nothing is paid."""
    path, service_id = "/v1/locations/demo", "brows"
    before = manager.get(f"{path}/terms").json()
    service = {"name": "Brows", "price": 2000, "duration_minutes": 60}
    assert manager.put(f"{path}/services/{service_id}", json=service).status_code == 200
    saves_card = {"service_id": service_id, "prepayment": {"type": "card_on_file"}}
    terms = {**before, "overrides": [*before.get("overrides", []), saves_card]}
    answer = manager.put(f"{path}/terms", json=terms)
    assert answer.status_code == 200, answer.text
    yield service_id
    assert manager.put(f"{path}/terms", json=before).status_code == 200
    assert manager.delete(f"{path}/services/{service_id}").status_code == 204


def test_a_card_that_was_saved_too_late_gets_its_slot_again_or_its_client_is_told(
    stack: Stack, public: httpx.Client, manager: httpx.Client, days: Iterator[str], brows: str
) -> None:
    slots = free_slots(public, next(days), brows, "anna")
    first, last = slots[0], slots[-1]
    again, gone = (lapsed(stack, public, slot, brows) for slot in (first, last))
    winner = book(public, last, service_id=brows).json()

    for booking in (winner, gone, again):
        assert pay(stack, booking) == "succeeded"

    found = wait_for(public, again, "confirmed")
    assert (found["payment_status"], found["amount_paid"]) == ("card_saved", 0)
    wait_for(public, winner, "confirmed")
    wait_until(lambda: "booking.slot_lost" in _said(manager, gone) or None, "the slot is lost")
    shown = read_as_staff(manager, gone)
    assert (shown["status"], shown["refunds"], shown["needs_action"]) == ("expired", [], [])
    keep_final("card saved late, slot taken again", read_as_staff(manager, again))


def _said(manager: httpx.Client, booking: dict[str, Any]) -> list[str]:
    return [each["what"] for each in read_as_staff(manager, booking)["timeline"]]


def _with_refund(manager: httpx.Client, booking: dict[str, Any]) -> dict[str, Any] | None:
    found = read_as_staff(manager, booking)
    return found if found["refunds"] else None


@pytest.mark.parametrize("order", [("paid", "expired"), ("expired", "paid")], ids="-then-".join)
def test_success_wins_over_the_sessions_end_told_before_it_or_after(
    stack: Stack, public: httpx.Client, days: Iterator[str], order: tuple[str, str]
) -> None:
    booking = book(public, free_slots(public, next(days), "haircut", "anna")[0]).json()
    ended = {**session_of(stack, booking), "status": "expired"}
    told = {
        "paid": charge_succeeded(booking["booking_id"], 4500),
        "expired": event("checkout.session.expired", ended),
    }

    for name in order:
        assert stack.sender().send(told[name]).status_code == 200

    found = wait_for(public, booking, "confirmed")
    assert (found["payment_status"], found["amount_paid"]) == ("paid", 4500)


def test_two_people_pay_one_visit_once_or_the_difference_is_proposed_as_a_refund(
    stack: Stack, manager: httpx.Client
) -> None:
    """Both have one session open, and the second finds it paid; a charge beside it is too much."""
    body = {"amount": 4500, "currency": "eur", "description": "Haircut"}
    made = manager.post("/v1/locations/demo/bookings", json=body).json()
    tabs = [httpx.get(made["pay_url"], timeout=40) for _ in range(2)]
    assert {tab.status_code for tab in tabs} == {303}
    assert tabs[0].headers["location"] == tabs[1].headers["location"], "one open session"
    as_booking = {"booking_id": made["booking_id"], "checkout_url": tabs[0].headers["location"]}

    assert [pay(stack, as_booking) for _ in tabs] == ["succeeded", "complete"]
    wait_until(lambda: _captured(manager, as_booking, 4500), "the visit is paid")
    assert read_as_staff(manager, as_booking)["amount_overpaid"] == 0
    stack.sender().send(charge_succeeded(made["booking_id"], 4500))

    shown = wait_until(lambda: _captured(manager, as_booking, 9000), "it was paid twice")
    assert shown["amount_overpaid"] == 4500
    [action] = shown["needs_action"]
    assert (action["kind"], action["proposed_refund"]) == ("overpaid", 4500)


def _captured(manager: httpx.Client, booking: dict[str, Any], amount: int) -> dict[str, Any] | None:
    found = read_as_staff(manager, booking)
    return found if found["amount_captured"] == amount else None
