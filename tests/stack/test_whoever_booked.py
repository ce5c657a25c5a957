"""The widget's visits and the desk's on the running stack: one calendar, one set of terms."""

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.stack.money_calls import CLIENT, Desk, Shown, Stripe, book, slot_between, stripe_of
from tests.stack.running_stack import Stack
from tests.stack.salon_clients import agreed, days_ahead, free_slots, keep_final, let_begin
from tests.stack.stripe_sender import fresh_id
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack
BOOKINGS = "/v1/locations/demo/bookings"
BUYERS, CLERKS, TRIES, PRICE = 12, 2, 10, 4500
OPEN = [{"weekday": day, "from": "08:00", "to": "20:00"} for day in range(7)]
SOON = (3, 47)
POLICY = {
    "steps": [{"hours_before": 48, "fee": {"type": "percent", "percent": 50}}],
    "no_show_fee": {"type": "percent", "percent": 80},
}


@pytest.fixture(scope="module")
def public(stack: Stack) -> httpx.Client:
    return stack.client()


@pytest.fixture(scope="module")
def manager(stack: Stack) -> Desk:
    return Desk(stack.client("demo:manager"))


@pytest.fixture(scope="module")
def stripe(stack: Stack) -> Stripe:
    return stripe_of(stack)


@pytest.fixture(scope="module")
def kept_terms(stack: Stack) -> Iterator[None]:
    owner, path = stack.client("demo:owner"), "/v1/locations/demo/terms"
    before = owner.get(path).json()
    yield
    assert owner.put(path, json=before).status_code == 200


# ------------------------------------------------------------------ one calendar


def keyed(ask: Callable[[dict[str, str]], httpx.Response]) -> httpx.Response:
    """Ask under a key, and again where no worker was there in time or another one is at it."""
    key = {"idempotency-key": fresh_id("hour")}
    for _ in range(TRIES):
        answer = ask(key)
        if answer.status_code != 503 and "request_in_progress" not in answer.text:
            break
    return answer


def test_twelve_buyers_two_clerks_and_a_push_want_one_hour_and_one_gets_it(
    stack: Stack, public: httpx.Client, manager: Desk, stripe: Stripe
) -> None:
    chair, day = "one-chair", next(days_ahead(348, 349))
    body = {"name": "One Chair", "hours": OPEN}
    assert manager.api.put(f"/v1/locations/demo/employees/{chair}", json=body).status_code == 200
    starts_at = free_slots(public, day, "haircut", chair)[8]
    ends_at = (datetime.fromisoformat(starts_at) + timedelta(hours=1)).isoformat()
    wanted = {"service_id": "haircut", "employee_id": chair, "starts_at": starts_at}
    online = {**wanted, "client": CLIENT, **agreed(public, "haircut")}
    busy = {"intervals": [{"from": starts_at, "to": ends_at, "ref": "other calendar"}]}
    buyers = [stack.client() for _ in range(BUYERS)]
    clerks = [stack.client("demo:manager") for _ in range(CLERKS + 1)]

    def buy(client: httpx.Client) -> httpx.Response:
        path = "/public/locations/demo/bookings"
        return keyed(lambda key: client.post(path, headers=key, json=online))

    def enter(client: httpx.Client) -> httpx.Response:
        return keyed(lambda key: client.post(BOOKINGS, headers=key, json=wanted))

    def push(client: httpx.Client) -> httpx.Response:
        path, days = f"/v1/locations/demo/employees/{chair}/busy", {"from": day, "to": day}
        return keyed(lambda _: client.put(path, params=days, json=busy))

    with ThreadPoolExecutor(BUYERS + CLERKS + 1) as at_once:
        asked = [at_once.submit(buy, each) for each in buyers]
        asked += [at_once.submit(enter, each) for each in clerks[:CLERKS]]
        pushed = at_once.submit(push, clerks[CLERKS]).result()
        answers = [each.result() for each in asked]

    assert pushed.status_code == 200, pushed.text
    conflicts = pushed.json()["conflicts"]
    won = [each.json() for each in answers if each.status_code == 201]
    refused = Counter(each.json()["code"] for each in answers if each.status_code != 201)
    assert set(refused) <= {"slot_taken", "slot_not_offered"}, refused
    # One has the hour: a visit, of which the push was told, or the other calendar.
    assert len(won) + (not conflicts) == 1, (won, conflicts)
    assert [each["booking_id"] for each in conflicts] == [each["booking_id"] for each in won]
    for each in won:
        if url := each.get("checkout_url"):
            assert stripe.pay(url) == "succeeded"
            manager.wait(each["booking_id"], lambda b: b["status"] == "confirmed", "confirmed")
    listed = manager.api.get(BOOKINGS, params={"employee_id": chair, "limit": "100"})
    visits = listed.json()["items"]
    assert [each["booking_id"] for each in visits] == [each["booking_id"] for each in won]
    assert starts_at not in free_slots(public, day, "haircut", chair)
    paid = [each for each in won if each.get("checkout_url")]
    sessions = [
        each["metadata"]["booking_id"]
        for each in stripe.get("/v1/checkout/sessions?limit=100")["data"]
        if each["metadata"].get("booking_id") in {visit["booking_id"] for visit in visits}
    ]
    assert sessions == [each["booking_id"] for each in paid], "the refused were charged nothing"
    keep_final(
        "one hour",
        {"refused": refused, "conflicts": conflicts, "visits": visits, "sessions": sessions},
    )


# ------------------------------------------------------------------ one set of terms


def at_desk(public: httpx.Client, manager: Desk) -> Shown:
    """Book at the desk under the location's terms; its client accepts and goes on to Stripe."""
    starts_at, employee = slot_between(public, "haircut", SOON)
    body = {
        "service_id": "haircut",
        "employee_id": employee,
        "starts_at": starts_at,
        "client": CLIENT,
        "terms": "apply",
        "notify": True,
    }
    made = manager.api.post(BOOKINGS, json=body)
    assert made.status_code == 201, made.text
    url = made.json()["pay_url"]
    page = httpx.get(url, timeout=40)
    assert page.status_code == 200, page.text
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text)
    accepted = httpx.post(
        url, data={name: html.unescape(value) for name, value in fields}, timeout=40
    )
    assert accepted.status_code == 303, accepted.text
    return {**made.json(), "checkout_url": accepted.headers["location"]}


def figures(booking: Shown) -> dict[str, Any]:
    names = ("status", "payment_status", "amount_captured", "amount_refunded", "amount_due")
    fees = [(each["amount"], each["amount_taken"], each["status"]) for each in booking["fees"]]
    accepted = bool(booking["terms"]["accepted_at"])
    return {**{name: booking[name] for name in names}, "fees": fees, "accepted": accepted}


CANCELLED = ("cancel", {"apply_fee": True})
MISSED: tuple[str, dict[str, Any]] = ("no-show", {})
ROWS: dict[str, tuple[dict[str, Any], tuple[str, dict[str, Any]], dict[str, Any]]] = {
    "deposit missed": (
        {"type": "deposit", "percent": 30},
        MISSED,
        {
            "status": "no_show",
            "payment_status": "paid",
            "amount_captured": 1350,
            "amount_refunded": 0,
            "amount_due": 2250,
            "fees": [(3600, 1350, "owed")],
        },
    ),
    "full cancelled": (
        {"type": "full"},
        CANCELLED,
        {
            "status": "cancelled",
            "payment_status": "partially_refunded",
            "amount_captured": 4500,
            "amount_refunded": 2250,
            "amount_due": 0,
            "fees": [(2250, 2250, "taken")],
        },
    ),
    "hold cancelled": (
        {"type": "hold"},
        CANCELLED,
        {
            "status": "cancelled",
            "payment_status": "paid",
            "amount_captured": 2250,
            "amount_refunded": 0,
            "amount_due": 0,
            "fees": [(2250, 2250, "taken")],
        },
    ),
    "card missed": (
        {"type": "card_on_file"},
        MISSED,
        {
            "status": "no_show",
            "payment_status": "paid",
            "amount_captured": 3600,
            "amount_refunded": 0,
            "amount_due": 0,
            "fees": [(3600, 3600, "taken")],
        },
    ),
}


@pytest.mark.usefixtures("kept_terms")
@pytest.mark.parametrize("row", ROWS)
def test_a_visit_ends_the_same_way_whoever_booked_it(
    stack: Stack, public: httpx.Client, manager: Desk, stripe: Stripe, row: str
) -> None:
    prepayment, (end, body), expected = ROWS[row]
    terms = {"prepayment": prepayment, "services": ["haircut"], "cancellation": POLICY}
    assert manager.api.put("/v1/locations/demo/terms", json=terms).status_code == 200
    final = {}
    for who, made in (
        ("widget", book(public, "haircut", SOON)),
        ("desk", at_desk(public, manager)),
    ):
        assert stripe.pay(made["checkout_url"]) == "succeeded"
        booking_id = made["booking_id"]
        manager.wait(booking_id, lambda b: b["status"] == "confirmed", "confirmed")
        if end == "no-show":
            let_begin(stack, booking_id)
        manager.ended(booking_id, end, **body)
        final[who] = manager.wait(
            booking_id, lambda b: figures(b) == {**expected, "accepted": True}, f"{who}: {row}"
        )
    keep_final(f"whoever booked {row}", final)


@pytest.mark.usefixtures("kept_terms")
def test_what_is_paid_at_the_desk_is_asked_for_no_more(
    public: httpx.Client, manager: Desk, stripe: Stripe
) -> None:
    """The open page is closed at Stripe, the booking stands, and its link asks for nothing."""
    terms = {"prepayment": {"type": "full"}, "services": ["haircut"], "cancellation": POLICY}
    assert manager.api.put("/v1/locations/demo/terms", json=terms).status_code == 200
    made = at_desk(public, manager)
    paid = {"amount": PRICE, "method": "card_terminal", "note": "terminal 1"}
    answer = manager.api.post(manager.path(made["booking_id"], "/payments"), json=paid)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["status"], answer.json()["amount_due"]) == ("confirmed", 0)
    session = made["checkout_url"].rpartition("/")[2]

    def closed() -> bool | None:
        found = stripe.get(f"/v1/checkout/sessions/{session}")
        return True if found["status"] == "expired" else None

    wait_until(closed, "the session is closed")
    page = httpx.get(made["pay_url"], timeout=40)
    assert page.status_code == 200
    assert manager.read(made["booking_id"])["amount_captured"] == 0
    keep_final("paid at the desk", manager.read(made["booking_id"]))
