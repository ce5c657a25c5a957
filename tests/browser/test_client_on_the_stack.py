"""A client's way on the running system, whatever fails: nothing is blind, nothing is lost."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.booking import GOOD, accept_and_book, enter_contact, open_widget, pay
from tests.browser.conftest import Visit
from tests.browser.faults import FAULTS, IMPATIENT, LOGGED, SAID, failing, slow
from tests.browser.visitor import Visitor
from tests.stack.running_stack import Stack
from tests.stack.salon_clients import free_slots
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack
CONFIRMED = "Your booking is confirmed"
UNPAID = "Your booking is not paid yet"
LOCATION, SLOTS = "/public/locations/demo", "/public/locations/demo/slots"
ORDERS = "/public/locations/demo/bookings"
BOOKING, CANCEL = r"/public/bookings/bk_\w+", r"/public/bookings/bk_\w+/cancel"
MOVE = r"/public/bookings/bk_\w+/reschedule"
COUNT_CLICKS = "addEventListener('click', (at) => at.isTrusted && window.clicked(), true)"


@pytest.fixture
def client(visit: Visit) -> Visitor:
    """A client whose page loses no time over what fails."""
    visitor = visit()
    visitor.expected += LOGGED
    visitor.page.add_init_script(IMPATIENT)
    return visitor


@pytest.fixture
def public(stack: Stack) -> httpx.Client:
    return stack.client()


@pytest.fixture
def times(public: httpx.Client) -> Callable[..., Iterator[str]]:
    """Return what yields Ben's free times for a haircut, from some hours ahead on."""

    def of(hours: float) -> Iterator[str]:
        first = datetime.now(UTC) + timedelta(hours=hours)
        for number in range(14):
            day = (first + timedelta(days=number)).date().isoformat()
            for starts_at in free_slots(public, day, "haircut", "ben"):
                if datetime.fromisoformat(starts_at) >= first:
                    yield starts_at

    return of


def page_for(stack: Stack, starts_at: str) -> str:
    """Return the address of the page with a time's service, employee and day chosen."""
    return f"{stack.api_url}/book/demo?service=haircut&employee=ben&day={starts_at[:10]}"


def take(client: Visitor, starts_at: str) -> None:
    client.page.locator(f'[data-starts-at="{starts_at}"]').click()


def order(client: Visitor, address: str, starts_at: str) -> None:
    """Book a time, as far as Stripe's page."""
    client.page.goto(address)
    take(client, starts_at)
    enter_contact(client)
    accept_and_book(client)
    client.page.wait_for_url("**/c/pay/**")


def leave(client: Visitor) -> None:
    client.page.get_by_role("link", name="Leave without paying").click()


def said(client: Visitor, fault: str) -> None:
    expect(client.page.get_by_role("alert")).to_contain_text(SAID[fault])


def kept_id(page: Page) -> str:
    """Return the id of the booking that the page shows."""
    name = "new URL(location).searchParams.get('bookpay')"
    kept = page.evaluate(f"localStorage.getItem('bookpay:demo:' + {name})")
    return str(json.loads(kept)["id"])


def as_staff(stack: Stack, booking_id: str) -> dict[str, Any]:
    answer = stack.client("demo:manager").get(f"/v1/locations/demo/bookings/{booking_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def at(stack: Stack, starts_at: str) -> list[dict[str, Any]]:
    """Return the bookings of a time, whatever became of them."""
    day = starts_at[:10]
    query: dict[str, Any] = {"visit_from": day, "visit_to": day, "employee_id": "ben", "limit": 100}
    answer = stack.client("demo:manager").get("/v1/locations/demo/bookings", params=query)
    assert answer.status_code == 200, answer.text
    return [each for each in answer.json()["items"] if each["starts_at"] == starts_at]


# ------------------------------------------------------------------ what fails


def test_while_booking_fails_the_cause_is_said_and_what_was_entered_stays(
    stack: Stack, client: Visitor, times: Callable[..., Iterator[str]]
) -> None:
    page, starts_at = client.page, next(times(24 * 20))
    for fault in FAULTS:
        with failing(page, LOCATION, fault):
            page.goto(f"{stack.api_url}/book/demo")
            said(client, fault)
            again = client.button("Try again").count()
        page.reload() if fault == "fault" else client.press("Try again")
        assert again == (0 if fault == "fault" else 1)
        client.button("Haircut").wait_for()
    for fault in FAULTS:
        page.goto(f"{stack.api_url}/book/demo?service=haircut")
        with failing(page, SLOTS, fault):
            client.press("Ben")
            said(client, fault)
            assert page.locator(".day:not(.unknown)").count() == 0, "nothing is known of a day"
        if fault != "fault":
            client.press("Try again")
            page.locator(".slot").first.wait_for()

    page.goto(page_for(stack, starts_at))
    take(client, starts_at)
    enter_contact(client)
    page.get_by_label("I accept these terms.").check()
    for fault in FAULTS:
        with failing(page, ORDERS, fault):
            client.press("Book and pay")
            said(client, fault)
        expect(page.get_by_text("Mira Lindqvist").filter(visible=True).first).to_be_visible()
        expect(page.get_by_label("I accept these terms.")).to_be_checked()
    assert client.found_by_axe() == []
    with failing(page, ORDERS, "offline", is_done=True):
        client.press("Book and pay")
        said(client, "offline")
    client.press("Book and pay")
    page.wait_for_url("**/c/pay/**")
    assert [each["status"] for each in at(stack, starts_at)] == ["awaiting_payment"]


def test_who_has_paid_or_left_is_told_so_while_nothing_answers(
    stack: Stack, client: Visitor, times: Callable[..., Iterator[str]]
) -> None:
    page, starts_at = client.page, next(times(24 * 21))
    order(client, page_for(stack, starts_at), starts_at)
    leave(client)
    client.heading(UNPAID).wait_for()
    address = page.url
    for fault in FAULTS:
        with failing(page, BOOKING, fault):
            page.goto(f"{address}&returned=left")
            said(client, fault)
            assert client.button("Pay").count() == 0, "nobody pays for what is not known"
        client.heading(UNPAID).wait_for()
    for path, fault in ((BOOKING, "unavailable"), (CANCEL, "fault"), (CANCEL, "silent")):
        with failing(page, path, fault):
            client.press("Give up the slot")
            said(client, fault)
        expect(client.button("Pay €45.00 now")).to_be_enabled()
    client.press("Pay €45.00 now")
    pay(client, GOOD)
    client.heading(CONFIRMED).wait_for()
    for path, fault in ((LOCATION, "offline"), *((BOOKING, each) for each in FAULTS)):
        with failing(page, path, fault):
            page.goto(f"{address}&returned=paid")
            expect(page.get_by_text("You do not need to pay again")).to_be_visible()
            assert page.get_by_text("try again").count() == 0
            assert page.get_by_role("alert").count() == 0
        client.heading(CONFIRMED).wait_for()


def test_a_cancellation_with_a_fee_is_agreed_to_seen_and_happens_once(
    stack: Stack, client: Visitor, times: Callable[..., Iterator[str]]
) -> None:
    """A haircut of 45.00, cancelled between 48 and 24 hours before: half of it is kept."""
    page, starts_at = client.page, next(times(26))
    order(client, page_for(stack, starts_at), starts_at)
    pay(client, GOOD)
    client.heading(CONFIRMED).wait_for()
    booking_id = kept_id(page)
    dialog, yes = page.get_by_role("dialog"), client.button("Yes, cancel it")
    cost = "€22.50 of what you paid is kept as the cancellation fee, and €22.50 will be refunded"
    for fault in FAULTS:
        with failing(page, BOOKING, fault):
            client.press("Cancel this booking")
            said(client, fault)
            assert (yes.count(), dialog.get_by_text("€").count()) == (0, 0)
        page.keyboard.press("Escape")
    client.press("Cancel this booking")
    expect(dialog).to_contain_text(cost)
    assert client.found_by_axe() == []
    for fault in FAULTS:
        with failing(page, CANCEL, fault):
            yes.click()
            said(client, fault)
        expect(dialog).to_contain_text(cost)
    with failing(page, CANCEL, "offline", is_done=True):
        yes.click()
        said(client, "offline")
    yes.click()
    expect(client.heading("Your booking is cancelled")).to_be_focused()
    expect(page.get_by_text("€22.50 will be refunded.")).to_be_visible()
    done = wait_until(
        lambda: found if (found := as_staff(stack, booking_id))["amount_refunded"] else None,
        "the refund is made",
    )
    assert (done["amount_refunded"], len(done["refunds"]), len(done["fees"])) == (2250, 1, 1)


@pytest.fixture
def _moves_at_a_fee(stack: Stack) -> Iterator[None]:
    owner, path = stack.client("demo:owner"), "/v1/locations/demo/terms"
    before = owner.get(path).json()
    rule = {"client_until_hours": 1, "fee": "as_cancelling"}
    assert owner.put(path, json={**before, "reschedule": rule}).status_code == 200
    yield
    assert owner.put(path, json=before).status_code == 200


@pytest.mark.usefixtures("_moves_at_a_fee")
def test_a_move_for_a_fee_is_agreed_to_seen_and_happens_once(
    stack: Stack, client: Visitor, times: Callable[..., Iterator[str]]
) -> None:
    page, starts_at, to = client.page, next(times(26)), next(times(24 * 24))
    order(client, page_for(stack, starts_at), starts_at)
    pay(client, GOOD)
    client.heading(CONFIRMED).wait_for()
    booking_id, move = kept_id(page), client.button("Move it")
    for fault in FAULTS:
        with failing(page, SLOTS, fault):
            client.press("Move to another time")
            said(client, fault)
        client.press("Keep the present time")
    client.press("Move to another time")
    for fault in FAULTS:
        page.get_by_label("Another date").fill(to[:10])
        with failing(page, BOOKING, fault):
            take(client, to)
            said(client, fault)
            assert move.count() == 0
        client.press("Choose another time")
    page.get_by_label("Another date").fill(to[:10])
    take(client, to)
    fee = "Moving now costs a fee of €22.50 under the terms that you accepted"
    expect(page.get_by_text(fee)).to_be_visible()
    assert client.found_by_axe() == []
    for fault in FAULTS:
        with failing(page, MOVE, fault):
            move.click()
            said(client, fault)
        expect(page.get_by_text(fee)).to_be_visible()
    with failing(page, MOVE, "offline", is_done=True):
        move.click()
        said(client, "offline")
    move.click()
    expect(client.heading("Your booking has a new time")).to_be_focused()
    moved = as_staff(stack, booking_id)
    assert (moved["starts_at"], len(moved["fees"])) == (to, 1)


def test_on_a_slow_network_every_step_says_that_it_is_at_work(
    stack: Stack, visit: Visit, times: Callable[..., Iterator[str]]
) -> None:
    client, starts_at = visit(), next(times(24 * 22))
    page = client.page
    with slow(page, "/public/.*", 3000):
        page.goto(page_for(stack, starts_at))
        expect(page.locator(".choice.skeleton").first).to_be_visible()
        expect(page.locator(".slots .skeleton").first).to_be_visible()
        take(client, starts_at)
        enter_contact(client)
        accept_and_book(client)
        expect(client.button("Opening the payment page")).to_be_visible()
        # Whoever is impatient books once.
        client.button("Opening the payment page").click(force=True)
        pay(client, GOOD)
        expect(client.heading("Confirming your payment")).to_be_visible()
        expect(page.get_by_text("you do not need to pay again")).to_be_visible()
        expect(client.heading(CONFIRMED)).to_be_visible()
        client.press("Cancel this booking")
        expect(page.get_by_role("dialog").get_by_text("Loading")).to_be_visible()
        client.press("Yes, cancel it")
        expect(client.button("Cancelling")).to_be_visible()
        expect(client.heading("Your booking is cancelled")).to_be_visible()
    assert len(at(stack, starts_at)) == 1


# ------------------------------------------------------------------ tabs and devices


def test_two_tabs_show_one_booking(
    stack: Stack, visit: Visit, times: Callable[..., Iterator[str]]
) -> None:
    first, starts_at = visit(), next(times(24 * 23))
    order(first, page_for(stack, starts_at), starts_at)
    leave(first)
    first.heading(UNPAID).wait_for()
    second = Visitor(first.page.context.new_page())
    second.page.goto(first.page.url)
    second.heading(UNPAID).wait_for()
    second.press("Pay €45.00 now")
    pay(second, GOOD)
    second.heading(CONFIRMED).wait_for()
    # The first one looks by itself.
    first.page.bring_to_front()
    expect(first.heading(CONFIRMED)).to_be_visible()
    first.press("Cancel this booking")
    first.press("Yes, cancel it")
    first.heading("Your booking is cancelled").wait_for()
    second.press("Cancel this booking")
    expect(second.heading("Your booking is cancelled")).to_be_visible()
    expect(second.page.get_by_role("dialog")).to_have_count(0)
    assert len(at(stack, starts_at)) == 1
    assert second.errors == []


# ------------------------------------------------------------------ clicks and seconds


class Stopwatch:
    """Counts what a client clicks, on our pages and Stripe's, and the seconds that it takes."""

    def __init__(self, client: Visitor) -> None:
        self._clicks = 0
        self._began = time.monotonic()
        client.page.context.expose_function("clicked", self._count)
        client.page.add_init_script(COUNT_CLICKS)

    def _count(self) -> None:
        self._clicks += 1

    def lap(self) -> tuple[int, float]:
        """Return the clicks and seconds since it began, or since the last lap."""
        now = time.monotonic()
        told = self._clicks, round(now - self._began, 1)
        self._clicks, self._began = 0, now
        return told


@pytest.mark.usefixtures("_moves_at_a_fee")
def test_few_clicks_lead_through_booking_leaving_moving_and_cancelling(
    stack: Stack, visit: Visit, record_property: Callable[[str, object], None]
) -> None:
    client = visit()
    page, watch = client.page, Stopwatch(client)
    laps: dict[str, tuple[int, float]] = {}
    open_widget(client, f"{stack.api_url}/book/demo")
    watch.lap()
    client.press("Haircut")
    client.press("Ben")
    page.get_by_label("Another date").fill(f"{datetime.now(UTC) + timedelta(days=27):%Y-%m-%d}")
    page.locator(".slot").first.click()
    enter_contact(client)
    accept_and_book(client)
    pay(client, GOOD)
    client.heading(CONFIRMED).wait_for()
    laps["book and pay"] = watch.lap()

    client.press("Move to another time")
    page.locator(".slot").nth(2).click()
    client.press("Move it")
    client.heading("Your booking has a new time").wait_for()
    laps["move"] = watch.lap()
    client.press("Cancel this booking")
    client.press("Yes, cancel it")
    client.heading("Your booking is cancelled").wait_for()
    laps["cancel"] = watch.lap()

    client.press("Book another visit")
    client.press("Haircut")
    client.press("Ben")
    page.get_by_label("Another date").fill(f"{datetime.now(UTC) + timedelta(days=28):%Y-%m-%d}")
    page.locator(".slot").first.click()
    accept_and_book(client)
    page.wait_for_url("**/c/pay/**")
    watch.lap()
    leave(client)
    client.press("Choose another time")
    page.locator(".slot").nth(3).click()
    accept_and_book(client)
    pay(client, GOOD)
    client.heading(CONFIRMED).wait_for()
    laps["leave Stripe, take another time and pay"] = watch.lap()
    told = (f"{what}: {clicks} clicks, {seconds} s" for what, (clicks, seconds) in laps.items())
    record_property("measured", "; ".join(told))
    assert {what: clicks for what, (clicks, _) in laps.items()} == {
        "book and pay": 8,
        "move": 3,
        "cancel": 2,
        "leave Stripe, take another time and pay": 7,
    }
