"""A day at the desk on the running system: a new visit, a move, a no-show, two of staff, search."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_console_on_the_stack import booked_and_paid, go_to, sign_in, staff_view
from tests.browser.visitor import Visitor
from tests.stack.running_stack import Stack
from tests.stack.salon_clients import let_begin

pytestmark = pytest.mark.stack
AHEAD_DAYS = 25
AT_ONCE = 8


def day_ahead(days: int) -> str:
    return (datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(days=days)).date().isoformat()


def open_day(staff: Visitor, day: str) -> None:
    go_to(staff, f"agenda?day={day}")
    expect(staff.page.locator(".day-grid, .empty")).to_be_visible()


def test_a_visit_is_made_in_a_free_time_moved_and_paid_in_cash(stack: Stack, visit: Visit) -> None:
    staff = sign_in(stack, visit, "manager", width=1366)
    expect(staff.page.get_by_role("heading", level=2)).to_contain_text("Today")
    open_day(staff, day_ahead(AHEAD_DAYS))
    staff.page.get_by_role("button", name=re.compile(r"Anna is free")).first.press("Enter")
    dialog = staff.page.get_by_role("dialog")
    dialog.get_by_label("Service", exact=True).select_option("haircut")
    dialog.get_by_label("Client's name").fill("Walkin Wendy")
    dialog.get_by_label("Email", exact=True).fill("wendy@example.com")
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(staff.page.get_by_label("The link pays")).to_have_value(re.compile("/pay/"))
    staff.page.get_by_role("button", name="Close").click()
    entry = staff.page.get_by_role("link", name="Walkin Wendy")
    expect(entry).to_contain_text("€45.00 due")
    assert staff.found_by_axe() == []

    entry.hover()
    staff.page.get_by_role("button", name="Move Walkin Wendy").click()
    staff.page.get_by_role("button", name=re.compile("Move here: Ben is free")).first.press("Enter")
    staff.press("Move the visit")
    expect(staff.page.get_by_text("Moved to")).to_be_visible()
    expect(staff.page.get_by_label("Ben", exact=True)).to_contain_text("Walkin Wendy")

    staff.page.get_by_role("link", name="Walkin Wendy").click()
    expect(staff.heading("Timeline")).to_be_visible()
    staff.press("Record a payment")
    dialog.get_by_role("button", name="Record", exact=True).click()
    expect(staff.page.get_by_role("table", name="Paid outside Stripe")).to_contain_text("Cash")
    expect(staff.page.get_by_role("button", name="QR code")).to_have_count(0)


def test_two_of_staff_see_each_others_refund(stack: Stack, visit: Visit) -> None:
    made = booked_and_paid(stack, AHEAD_DAYS + 1, "anna")
    one, other = (sign_in(stack, visit, role) for role in ("manager", "owner"))
    for each in (one, other):
        go_to(each, f"bookings/{made['booking_id']}")
        expect(each.button("Refund")).to_be_visible()
    other.press("Refund")
    one.press("Refund")
    one.press("Refund €45.00")
    expect(one.page.get_by_role("table", name="Refunds")).to_contain_text("Refunded")
    # The other's dialog promises nothing any more once Stripe's money is gone.
    other.expected.append("409")
    other.press("Refund €45.00")
    expect(other.page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    expect(other.page.get_by_role("dialog")).to_contain_text("Nothing is left to be refunded.")
    other.page.keyboard.press("Escape")
    expect(other.page.get_by_role("table", name="Refunds")).to_contain_text("Refunded")


def test_a_no_show_says_what_it_costs_and_shows_that_it_was_charged(
    stack: Stack, visit: Visit
) -> None:
    """Bug: the fee stayed "Requested" on the page for ever."""
    made = booked_and_paid(stack, AHEAD_DAYS + 2, "ben")
    let_begin(stack, made["booking_id"])
    staff = sign_in(stack, visit, "manager")
    go_to(staff, f"bookings/{made['booking_id']}")
    staff.press("No-show")
    dialog = staff.page.get_by_role("dialog")
    expect(dialog).to_contain_text("The visit of")
    dialog.get_by_role("button", name="Mark as no-show").click()
    expect(staff.page.get_by_text("Noted: the client did not come.")).to_be_visible()
    expect(staff.page.get_by_role("table", name="Fees")).to_contain_text("Charged")
    assert staff_view(stack, made["booking_id"])["status"] == "no_show"


@pytest.mark.parametrize("number", [300, pytest.param(5000, marks=pytest.mark.proof)])
def test_one_client_of_many_is_found_by_a_few_letters(
    stack: Stack, visit: Visit, number: int, record_property: Callable[[str, object], None]
) -> None:
    api = stack.client("demo:manager")
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def make(each: int) -> int:
            client = {"name": f"Findme Number{each}", "email": f"findme{each}@example.com"}
            body = {"amount": 4500, "description": "Haircut", "currency": "eur", "client": client}
            return api.post("/v1/locations/demo/bookings", json=body).status_code

        assert set(pool.map(make, range(number))) == {201}
    staff = sign_in(stack, visit, "manager")
    go_to(staff, "bookings")
    wanted = f"Findme Number{number // 2}"
    begun = time.monotonic()
    staff.page.get_by_label("Search all bookings").fill(f"findme number{number // 2}")
    expect(staff.page.get_by_text("1 booking", exact=True)).to_be_visible()
    staff.page.get_by_role("link", name=wanted).click()
    expect(staff.heading(wanted)).to_be_visible()
    record_property("measured", f"one of {number} found in {time.monotonic() - begun:.1f} s")
