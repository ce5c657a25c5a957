"""Visits that end on the running system: what becomes of prepayment, hold and saved card."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.stack.money_calls import Desk, Shown, Stripe, book, stripe_of
from tests.stack.running_stack import Stack
from tests.stack.salon_clients import let_begin
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack

TERMS: dict[str, Any] = {
    "prepayment": {"type": "full"},
    "services": ["haircut", "colour"],
    "cancellation": {
        "steps": [
            {"hours_before": 48, "fee": {"type": "percent", "percent": 50}},
            {"hours_before": 1, "fee": {"type": "full"}},
        ],
        "no_show_fee": {"type": "full"},
    },
}
SOON = (3, 47)
ALWAYS_3DS = "4000002760003184"


@pytest.fixture(scope="module")
def manager(stack: Stack) -> Desk:
    return Desk(stack.client("demo:manager"))


@pytest.fixture(scope="module")
def public(stack: Stack) -> httpx.Client:
    return stack.client()


@pytest.fixture
def stripe(stack: Stack) -> Iterator[Stripe]:
    beside = stripe_of(stack)
    yield beside
    beside.forget_faults()


@pytest.fixture(scope="module", autouse=True)
def _terms(stack: Stack) -> Iterator[None]:
    owner = stack.client("demo:owner")
    path = "/v1/locations/demo/terms"
    before = owner.get(path).json()
    yield
    assert owner.put(path, json=before).status_code == 200


def take(manager: Desk, prepayment: dict[str, Any], **cancellation: Any) -> None:
    policy = {**TERMS["cancellation"], **cancellation}
    terms = {**TERMS, "prepayment": prepayment, "cancellation": policy}
    answer = manager.api.put("/v1/locations/demo/terms", json=terms)
    assert answer.status_code == 200, answer.text


def booked(public: httpx.Client, manager: Desk, stripe: Stripe, card: str = "") -> Shown:
    """Book a haircut for 45.00 and pay, hold or save a card for it."""
    made = book(public, "haircut", SOON)
    ended = stripe.pay(made["checkout_url"], *([card] if card else []))
    if ended == "requires_action":
        session_id = made["checkout_url"].rpartition("/")[2]
        stripe.told(f"checkout/{session_id}/authenticate", outcome="complete")
    manager.wait(made["booking_id"], lambda b: b["status"] == "confirmed", "confirmed")
    return made


def client_cancels(public: httpx.Client, made: Shown) -> Shown:
    path = f"/public/bookings/{made['booking_id']}/cancel"
    token = {"token": made["token"]}
    shown = public.get(f"/public/bookings/{made['booking_id']}", params=token).json()
    accepted = {"accepted_fee": shown["cancellation_fee_now"]}
    answer = public.post(path, params=token, json=accepted)
    assert answer.status_code == 200, answer.text
    again = public.post(path, params={"token": made["token"]})
    assert again.json()["status"] == "cancelled"
    assert public.post(path, params={"token": "0" * 32}).status_code == 404
    return dict(answer.json())


def fee_is(status: str) -> Any:
    return lambda booking: booking["fees"] and booking["fees"][0]["status"] == status


def test_of_a_prepayment_the_fee_is_kept_and_the_slot_is_free(
    public: httpx.Client, manager: Desk, stripe: Stripe
) -> None:
    take(manager, {"type": "full"})
    made = booked(public, manager, stripe)
    assert client_cancels(public, made)["status"] == "cancelled"
    found = manager.wait(made["booking_id"], lambda b: b["amount_refunded"] == 2250, "refunded")
    assert [(each["amount"], each["status"]) for each in found["fees"]] == [(2250, "taken")]
    [refund] = stripe.refunds(found["payments"][0]["charge"])
    assert refund["amount"] == 2250
    # The slot is free again: the same moment can be booked.
    assert book(public, "haircut", SOON)["starts_at"] == made["starts_at"]


def test_of_a_hold_the_fee_is_captured_and_the_rest_let_go(
    public: httpx.Client, manager: Desk, stripe: Stripe
) -> None:
    take(manager, {"type": "hold"})
    made = booked(public, manager, stripe)
    client_cancels(public, made)
    found = manager.wait(made["booking_id"], fee_is("taken"), "captured")
    intent = stripe.get(f"/v1/payment_intents/{found['payments'][0]['payment_intent']}")
    assert (intent["status"], intent["amount_received"]) == ("succeeded", 2250)
    assert (found["amount_captured"], found["amount_authorized"]) == (2250, 0)


def test_a_saved_card_is_charged_once_though_the_connection_breaks_after(
    public: httpx.Client, manager: Desk, stripe: Stripe
) -> None:
    """F13."""
    take(manager, {"type": "card_on_file"})
    made = booked(public, manager, stripe)
    stripe.fault("/v1/payment_intents", "reset", 1, after_effect=True, method="POST")
    client_cancels(public, made)
    found = manager.wait(made["booking_id"], fee_is("taken"), "charged")
    assert found["amount_captured"] == 2250
    [paid] = found["payments"]
    intent = stripe.get(f"/v1/payment_intents/{paid['payment_intent']}")
    assert intent["metadata"]["purpose"] == "cancellation_fee"
    listed = stripe.get(f"/v1/payment_intents?customer={intent['customer']}")["data"]
    assert [each["amount_received"] for each in listed] == [2250]


def test_a_card_that_wants_its_owner_becomes_a_link(
    public: httpx.Client, manager: Desk, stripe: Stripe
) -> None:
    take(manager, {"type": "card_on_file"})
    made = booked(public, manager, stripe, ALWAYS_3DS)
    client_cancels(public, made)
    found = manager.wait(made["booking_id"], fee_is("owed"), "owed")
    assert (found["amount_due"], found["amount_captured"]) == (2250, 0)
    [action] = found["needs_action"]
    assert action["kind"] == "fee_owed"
    link = manager.api.post(manager.path(made["booking_id"], "/payment-link"), json={})
    assert (link.status_code, link.json()["amount_due"]) == (201, 2250)
    opened = httpx.get(link.json()["pay_url"], timeout=40)
    assert opened.status_code == 303, opened.text
    assert stripe.pay(opened.headers["location"]) == "succeeded"
    found = manager.wait(made["booking_id"], fee_is("taken"), "paid by link")
    assert (found["amount_captured"], found["amount_due"]) == (2250, 0)


def test_a_no_show_keeps_all_says_so_again_and_is_undone(
    stack: Stack, public: httpx.Client, manager: Desk, stripe: Stripe
) -> None:
    take(manager, {"type": "full"})
    made = booked(public, manager, stripe)
    early = manager.api.post(manager.path(made["booking_id"], "/no-show"), json={})
    assert (early.status_code, early.json()["code"]) == (409, "visit_not_started")
    let_begin(stack, made["booking_id"])
    first = manager.ended(made["booking_id"], "no-show")
    assert (first["status"], first["fees"][0]["status"]) == ("no_show", "taken")
    assert manager.ended(made["booking_id"], "no-show")["fees"] == first["fees"]
    refused = manager.api.post(manager.path(made["booking_id"], "/cancel"), json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "already_no_show")
    assert stripe.refunds(first["payments"][0]["charge"]) == []
    assert manager.ended(made["booking_id"], "reopen")["status"] == "confirmed"
    found = manager.wait(made["booking_id"], lambda b: b["amount_refunded"] == 4500, "went back")
    assert (found["amount_due"], found["fees"][0]["status"]) == (4500, "waived")


def test_completing_a_visit_takes_what_is_held(
    stack: Stack, public: httpx.Client, manager: Desk, stripe: Stripe
) -> None:
    take(manager, {"type": "hold"})
    made = booked(public, manager, stripe)
    let_begin(stack, made["booking_id"])
    assert manager.ended(made["booking_id"], "complete")["status"] == "completed"
    found = manager.wait(made["booking_id"], lambda b: b["amount_captured"] == 4500, "captured")
    assert (found["payment_status"], found["amount_due"]) == ("paid", 0)


def test_the_business_cancels_and_all_goes_back(
    public: httpx.Client, manager: Desk, stripe: Stripe
) -> None:
    take(manager, {"type": "full"})
    made = booked(public, manager, stripe)
    assert manager.ended(made["booking_id"], "cancel")["fees"] == []
    manager.wait(made["booking_id"], lambda b: b["amount_refunded"] == 4500, "refunded")


def test_a_proposed_fee_is_waived_with_a_reason(
    public: httpx.Client, manager: Desk, stripe: Stripe
) -> None:
    take(manager, {"type": "full"}, charge="propose")
    made = booked(public, manager, stripe)
    client_cancels(public, made)
    found = manager.wait(made["booking_id"], fee_is("proposed"), "proposed")
    path = manager.path(made["booking_id"], f"/fees/{found['fees'][0]['fee_id']}/waive")
    assert manager.api.post(path, json={}).status_code == 422
    # While the first refund is half told, what is left is not known: 409, and a moment later 200.
    waive = lambda: manager.api.post(path, json={"reason": "ill"}).status_code == 200 or None  # noqa: E731
    wait_until(waive, "the fee is waived")
    manager.wait(made["booking_id"], lambda b: b["amount_refunded"] == 4500, "all went back")


def test_a_payment_that_comes_after_the_client_cancelled_goes_back_by_itself(
    public: httpx.Client, manager: Desk, stripe: Stripe
) -> None:
    """Stripe has the money, we have not heard of it, and the client cancels."""
    take(manager, {"type": "full"})
    made = book(public, "haircut", SOON)
    stripe.told("deliveries", mode="hold")
    assert stripe.pay(made["checkout_url"]) == "succeeded"
    assert client_cancels(public, made)["amount_paid"] == 0
    stripe.told("deliveries", release=True)
    found = manager.wait(made["booking_id"], lambda b: b["amount_refunded"] == 4500, "went back")
    assert (found["status"], found["fees"]) == ("cancelled", [])
    assert [each["amount"] for each in stripe.refunds(found["payments"][0]["charge"])] == [4500]


def test_cancelling_closes_a_session_that_is_still_open(
    public: httpx.Client, manager: Desk, stripe: Stripe
) -> None:
    take(manager, {"type": "full"})
    made = book(public, "haircut", SOON)
    client_cancels(public, made)
    session = f"/v1/checkout/sessions/{made['checkout_url'].rpartition('/')[2]}"

    def is_expired() -> bool | None:
        return True if stripe.get(session)["status"] == "expired" else None

    wait_until(is_expired, "the session is closed")
