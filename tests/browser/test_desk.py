"""What the desk works with all day: agenda, search, new bookings, moves, payments outside."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from shared.domain.activity.staff_view import staff_view
from shared.domain.catalogue.services import employee_to_dict
from shared.domain.dates.instants import rfc3339
from tests.browser.canned import problem
from tests.browser.canned_agenda import (
    NAMED,
    OFF,
    TEAM,
    TOMORROW,
    VISITS,
    agenda_of,
    at,
    client_page,
    visit,
)
from tests.browser.canned_console import BEGUN, CannedStaffApi, listed, staff_booking
from tests.browser.conftest import Visit
from tests.browser.console_states import BOOKING, CLIENT_ID, PAID_OUTSIDE
from tests.browser.pages_site import PagesSite
from tests.browser.states import OVERFLOW
from tests.browser.visitor import Visitor

AGENDA = f"agenda?day={TOMORROW}"
BOOKED = f"bookings/bk_{1:024x}"


@pytest.fixture
def desk(visit: Visit) -> Visitor:
    """Return somebody at the desk, whose own clock is another one than the salon's."""
    return visit(width=1366, height=900, timezone_id="America/New_York")


@pytest.fixture
def api(desk: Visitor) -> CannedStaffApi:
    made = CannedStaffApi(desk.page)
    made.answers["employees"] = listed([employee_to_dict(each) for each in TEAM])
    made.booking = staff_view(VISITS[0]) | {"cancellation_fee_now": 0, "no_show_fee_now": 0}
    return made


def open_page(desk: Visitor, site: PagesSite, path: str) -> None:
    desk.page.goto(f"{site.url}/console#/demo/{path}")
    expect(desk.page.locator("h1")).to_be_visible()
    expect(desk.page.locator("[aria-busy], .skeleton")).to_have_count(0)


# ------------------------------------------------------------------ the agenda


def test_the_console_opens_on_today_with_who_comes_and_what_is_due(
    desk: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.answers["agenda"] = agenda_of(VISITS, OFF)
    desk.page.goto(f"{site.url}/console")
    expect(desk.heading("Agenda")).to_be_visible()
    expect(desk.page.get_by_role("heading", level=2)).to_contain_text("Today")
    desk.press("Later")
    expect(desk.page.get_by_text("8 visits · 8 not paid · €780.00 due")).to_be_visible()
    expect(desk.page.get_by_label("Ben", exact=True)).to_contain_text("AwayDentist")
    assert str(TOMORROW) in desk.page.url


def test_an_agenda_shows_what_changes_elsewhere_and_keeps_who_is_at_it(
    desk: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    open_page(desk, site, AGENDA)
    first = desk.page.get_by_role("link", name="Jonas Weber").first
    first.focus()
    api.answers["agenda"] = agenda_of([*VISITS, visit(9, "12:30", 30)])
    expect(desk.page.get_by_text("9 visits")).to_be_visible()
    expect(first).to_be_focused()


def test_what_has_not_changed_is_asked_for_by_its_tag(
    desk: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    del api
    tags: list[str | None] = []

    def agenda(route: Any) -> None:
        tags.append(route.request.headers.get("if-none-match"))
        if tags[-1]:
            route.fulfill(status=304)
        else:
            document = agenda_of(VISITS)(route.request.url.partition("?")[2])
            route.fulfill(json=document, headers={"etag": '"one"'})

    desk.page.route("**/agenda?*", agenda)
    open_page(desk, site, AGENDA)
    desk.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    desk.page.wait_for_timeout(500)
    assert tags == [None, '"one"']
    expect(desk.page.get_by_text("8 visits")).to_be_visible()


def test_arrows_lead_through_the_agenda_and_enter_opens(
    desk: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    del api
    open_page(desk, site, AGENDA)
    desk.page.get_by_label("Employee", exact=True).focus()
    desk.page.keyboard.press("Tab")
    expect(desk.page.get_by_role("link", name="09:00 Jonas Weber")).to_be_focused()
    desk.page.keyboard.press("ArrowDown")
    free = desk.page.get_by_role("button", name="Anna is free 10:00 to 11:00")
    expect(free).to_be_focused()
    desk.page.keyboard.press("ArrowRight")
    expect(desk.page.get_by_role("link", name="10:30 Aylin Kaya")).to_be_focused()
    desk.page.keyboard.press("ArrowLeft")
    desk.page.keyboard.press("Home")
    desk.page.keyboard.press("Enter")
    expect(desk.heading("Timeline")).to_be_visible()
    desk.page.get_by_role("link", name="Back to agenda").click()
    expect(desk.page.get_by_role("link", name="09:00 Jonas Weber")).to_be_visible()


def test_a_free_time_makes_a_visit_on_the_salons_clock(
    desk: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    made = staff_view(VISITS[0]) | {"pay_url": "https://pay.example/pay/1"}
    api.answers["POST bookings"] = (201, made)
    api.answers["bookings"] = listed([staff_view(VISITS[1])])
    open_page(desk, site, AGENDA)
    free = desk.page.get_by_role("button", name="Anna is free 12:00 to 15:00")
    # Two thirds down a stretch of three hours.
    box = free.bounding_box()
    assert box
    free.click(position={"x": 20, "y": box["height"] * 2 / 3 + 3})
    dialog = desk.page.get_by_role("dialog")
    expect(dialog.get_by_label("Time", exact=True)).to_have_value("14:00")
    dialog.get_by_label("Client's name").fill("Aylin")
    dialog.get_by_role("button", name=NAMED[2]).click()
    dialog.get_by_role("button", name="Book").click()
    expect(desk.page.get_by_label("The link pays")).to_have_value("https://pay.example/pay/1")
    [(method, path, body)] = api.asked
    assert (method, path) == ("POST", "bookings")
    assert body == {
        "service_id": "haircut",
        "employee_id": "anna",
        "starts_at": rfc3339(at(TOMORROW, "14:00")),
        "duration_minutes": 60,
        "client": {"name": NAMED[2], "email": "client2@example.com", "phone": "+49 30 1234567"},
        "notify": True,
    }
    assert api.keys[0]


def test_a_time_that_was_taken_meanwhile_can_be_booked_all_the_same(
    desk: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    desk.expected.append("409")
    api.answers["POST bookings"] = problem(409, "slot_taken", detail="The time is taken.")
    open_page(desk, site, AGENDA)
    desk.page.get_by_role("button", name="Anna is free 10:00 to 11:00").press("Enter")
    dialog = desk.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Book").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The time is taken.")
    api.answers["POST bookings"] = (201, staff_view(VISITS[0]))
    dialog.get_by_label("although that time is not free").check()
    dialog.get_by_role("button", name="Book").click()
    expect(desk.page.get_by_role("heading", name="Booked")).to_be_visible()
    assert [body.get("allow_overlap") for _, _, body in api.asked] == [None, True]


def test_a_visit_is_moved_by_two_clicks_and_a_yes_and_the_move_is_undone(
    desk: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    reschedule = f"{BOOKED}/reschedule"
    api.answers[f"POST {reschedule}"] = staff_view(VISITS[0])
    open_page(desk, site, AGENDA)
    first = desk.page.get_by_role("link", name="09:00 Jonas Weber")
    first.hover()
    desk.page.get_by_role("button", name="Move Jonas Weber, 09:00").click()
    expect(desk.page.get_by_text("Choose a free time, on any day.")).to_be_visible()
    free = desk.page.get_by_role("button", name="Ben is free 09:00 to 10:30")
    free.click(position={"x": 20, "y": 2})
    dialog = desk.page.get_by_role("dialog")
    expect(dialog).to_contain_text("09:00 with Anna")
    expect(dialog).to_contain_text("Price and payment stay as they are.")
    expect(dialog.get_by_label("Time", exact=True)).to_have_value("09:00")
    dialog.get_by_role("button", name="Move the visit").click()
    expect(desk.page.get_by_text("Choose a free time")).to_have_count(0)
    desk.press("Undo")
    expect(desk.page.get_by_text("The visit is back at its former time.")).to_be_visible()
    moved, back = [body for _, path, body in api.asked if path == reschedule]
    assert (moved["employee_id"], moved["starts_at"]) == ("ben", rfc3339(at(TOMORROW, "09:00")))
    assert (back["employee_id"], back["starts_at"]) == ("anna", rfc3339(at(TOMORROW, "09:00")))
    assert moved["notify"]
    assert (moved["allow_overlap"], back["allow_overlap"]) == (False, True)


def test_on_a_phone_the_day_is_one_list_by_time(visit: Visit, site: PagesSite) -> None:
    desk = visit(width=390, height=844)
    api = CannedStaffApi(desk.page)
    api.answers["employees"] = listed([employee_to_dict(each) for each in TEAM])
    open_page(desk, site, AGENDA)
    times = desk.page.locator(".day-list .visit .entry-time").all_text_contents()
    assert times == sorted(times)
    assert len(times) == len(VISITS)
    desk.page.get_by_role("button", name="Move Jonas Weber, 09:00").click()
    expect(desk.page.get_by_role("dialog")).to_contain_text("Price and payment stay as they are.")


# ------------------------------------------------------------------ find anything


def many(number: int) -> list[Any]:
    """Return bookings of clients with names of their own, the newest first."""
    return [
        staff_booking(
            booking_id=f"bk_{each:024x}",
            client={"name": f"Client {each}", "email": f"client{each}@example.com", "phone": None},
        )
        for each in range(number)
    ]


def searching(bookings: list[Any]) -> Callable[[str], Any]:
    """Return what answers a list's query, a page at a time."""

    def answer(query: str) -> Any:
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        words = asked.get("q", "").lower()
        found = [each for each in bookings if words in each["client"]["name"].lower()]
        first, limit = int(asked.get("cursor", 0)), int(asked["limit"])
        after = first + limit
        more = str(after) if after < len(found) else None
        return {"items": found[first:after], "next_cursor": more}

    return answer


def test_one_of_300_clients_is_found_and_the_way_back_keeps_the_place(
    desk: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    """Bug: only the 25 that were loaded were searched, and Back forgot filters and place."""
    bookings = many(300)
    api.answers["bookings"] = searching(bookings)
    open_page(desk, site, "bookings")
    desk.page.get_by_label("Payment", exact=True).select_option("paid")
    search = desk.page.get_by_label("Search all bookings")
    search.fill("client 217")
    expect(desk.page.get_by_text("1 booking", exact=True)).to_be_visible()
    # A name is in no address; a filter is, and outlives a reload.
    assert "217" not in desk.page.url
    assert "payment_status=paid" in desk.page.url
    search.fill("client 2")
    desk.press("Load more")
    expect(desk.page.get_by_text("50 bookings so far")).to_be_visible()
    last = desk.page.get_by_role("link", name="Client 229")
    last.scroll_into_view_if_needed()
    before = desk.page.evaluate("scrollY")
    # Anywhere in its row.
    desk.page.get_by_role("row").filter(has_text="client229@").get_by_text("€120.00").click()
    expect(desk.heading("Timeline")).to_be_visible()
    desk.page.go_back()
    expect(desk.page.get_by_text("50 bookings so far")).to_be_visible()
    expect(search).to_have_value("client 2")
    expect(last).to_be_focused()
    desk.page.wait_for_timeout(100)
    assert abs(desk.page.evaluate("scrollY") - before) < 50


def test_what_is_listed_is_a_file_that_no_spreadsheet_runs(
    desk: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    bookings = many(120)
    bookings[0]["client"]["name"] = '=HYPERLINK("https://evil.example")'
    api.answers["bookings"] = searching(bookings)
    open_page(desk, site, "bookings")
    with desk.page.expect_download() as downloaded:
        desk.press("Download CSV")
    text = downloaded.value.path().read_text("utf-8-sig")
    lines = text.splitlines()
    assert len(lines) == 121
    assert """ "'=HYPERLINK(""https://evil.example"")" """.strip() in lines[1]
    assert '"EUR","120","36"' in lines[1]


def test_a_client_is_seen_with_all_their_visits_and_no_address_says_who_it_is(
    desk: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.booking = staff_booking()
    api.answers[f"clients/{CLIENT_ID}"] = client_page(VISITS[:3])
    open_page(desk, site, BOOKING)
    desk.page.get_by_role("link", name="All visits of this client").click()
    expect(desk.page.get_by_role("table", name="Bookings").get_by_role("row")).to_have_count(4)
    expect(desk.page.get_by_text("Asks for the window seat")).to_be_visible()
    expect(desk.heading("Terms that they accepted")).to_be_visible()
    assert "mira" not in desk.page.url


# ------------------------------------------------------------------ paid outside


def test_a_visits_end_shows_how_the_rest_is_paid_and_cash_is_recorded(
    desk: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.booking = BEGUN
    api.answers[f"POST {BOOKING}/payments"] = (201, BEGUN)
    open_page(desk, site, BOOKING)
    desk.press("Complete")
    dialog = desk.page.get_by_role("dialog")
    expect(dialog).to_contain_text("€84.00 is still due")
    dialog.get_by_role("button", name="Complete").click()
    expect(dialog).to_contain_text("A saved card is not charged for it.")
    dialog.get_by_role("button", name="Record a payment").click()
    dialog.get_by_label("Amount in EUR").fill("84.01")
    dialog.get_by_role("button", name="Record").click()
    expect(dialog.get_by_label("Amount in EUR")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Amount in EUR").fill("84")
    dialog.get_by_role("button", name="Record").click()
    expect(desk.page.get_by_text("€84.00 is recorded as paid.")).to_be_visible()
    assert api.asked[-1] == ("POST", f"{BOOKING}/payments", {"amount": 8400, "method": "cash"})


def test_what_was_recorded_by_mistake_is_voided_with_a_reason(
    desk: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.booking = PAID_OUTSIDE
    api.answers[f"POST {BOOKING}/payments/po_1/void"] = PAID_OUTSIDE
    open_page(desk, site, BOOKING)
    desk.page.get_by_role("button", name="Void", exact=True).click()
    dialog = desk.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Void €40.00").click()
    expect(dialog).to_contain_text("Say why")
    dialog.get_by_label("Why").fill("Typed twice")
    dialog.get_by_role("button", name="Void €40.00").click()
    expect(desk.page.get_by_text("The payment is voided.")).to_be_visible()
    assert api.asked == [("POST", f"{BOOKING}/payments/po_1/void", {"note": "Typed twice"})]


@pytest.mark.parametrize("code", ["service_fault", "unavailable"])
def test_trying_again_is_offered_only_where_it_helps(
    desk: Visitor, api: CannedStaffApi, site: PagesSite, code: str
) -> None:
    """Bug: "try again in a minute" was said of everything."""
    desk.expected += ["500", "503"]
    status = 500 if code == "service_fault" else 503
    api.answers["agenda"] = problem(status, code, detail="Whatever.")
    open_page(desk, site, AGENDA)
    expect(desk.page.get_by_role("alert")).to_be_visible()
    expect(desk.button("Try again")).to_have_count(0 if code == "service_fault" else 1)


def test_the_agenda_holds_at_200_percent_in_forced_colors_and_without_motion(
    visit: Visit, site: PagesSite
) -> None:
    # A window of 1366 pixels at 200 %.
    desk = visit(width=683, height=450, forced_colors="active", reduced_motion="reduce")
    api = CannedStaffApi(desk.page)
    api.answers["employees"] = listed([employee_to_dict(each) for each in TEAM])
    for path in (AGENDA, f"{AGENDA}&view=week", BOOKING):
        open_page(desk, site, path)
        assert desk.page.evaluate(OVERFLOW) <= 0, path
        assert desk.found_by_axe() == [], path
