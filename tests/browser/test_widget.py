"""What the widget does by itself: what it sends, waits for, tries again and remembers."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Route, expect

from tests.browser.answering import answer
from tests.browser.booking import accept_and_book, go_to_review, open_widget
from tests.browser.canned import CONFIRMED, CannedApi, booking, problem
from tests.browser.conftest import Visit
from tests.browser.pages_site import PagesSite
from tests.browser.states import KEPT
from tests.browser.visitor import Visitor
from tests.browser.world import shown_location

# Sums up how far things moved that nobody had asked to move: https://web.dev/articles/cls
WATCH_SHIFTS = """window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""
GOOD_SHIFT = 0.1
# Where the booking was made, and where its location is now.
ZONES = ("Europe/Berlin", "America/New_York")


@pytest.fixture
def client(visit: Visit) -> Visitor:
    return visit()


@pytest.fixture
def api(client: Visitor) -> CannedApi:
    return CannedApi(client.page)


@pytest.fixture
def address(site: PagesSite) -> str:
    return site.name("demo", "Salon Aurora")


def come_back(client: Visitor, address: str, returned: str) -> None:
    client.page.add_init_script(KEPT)
    client.page.goto(f"{address}?bookpay=demo.1&returned={returned}")


def test_it_sends_what_was_chosen_and_accepted(
    client: Visitor, api: CannedApi, address: str
) -> None:
    open_widget(client, address)
    starts_at = go_to_review(client, "Colour", "Ben", 2)
    accept_and_book(client)
    client.page.wait_for_url("https://checkout.example/**")
    (sent,) = api.asked
    back = sent.pop("return_url")
    assert sent == {
        "service_id": "colour",
        "employee_id": "ben",
        "starts_at": starts_at,
        "client": {"name": "Mira Lindqvist", "email": "mira@example.com"},
        "accepted_price": 12000,
        "accepted_terms": api.location["terms_hash"],
    }
    assert back.startswith(f"{address}?bookpay=demo.")
    assert "ttt" not in back


@pytest.mark.parametrize(
    ("label", "is_paid_now"), [("At the visit", False), ("Now, by card", True)]
)
def test_who_may_pay_at_the_visit_is_asked(
    client: Visitor, api: CannedApi, address: str, label: str, is_paid_now: bool
) -> None:
    api.booking = CONFIRMED
    open_widget(client, address)
    go_to_review(client, "Blow-dry", "Anna")
    client.page.get_by_label(label).check()
    client.page.get_by_label("I accept these terms.").check()
    client.button("Book and pay" if is_paid_now else "Book").click()
    expect(client.heading("Your booking is confirmed")).to_be_focused()
    assert api.asked[0]["pay_now"] is is_paid_now


def test_nobody_books_without_accepting_the_terms(
    client: Visitor, api: CannedApi, address: str
) -> None:
    open_widget(client, address)
    go_to_review(client, "Colour", "Anna")
    client.press("Book and pay")
    expect(client.page.get_by_text("Please accept the terms to book.")).to_be_visible()
    expect(client.page.get_by_label("I accept these terms.")).to_be_focused()
    assert api.asked == []


def test_a_broken_connection_is_tried_again_under_the_same_key(
    client: Visitor, api: CannedApi, address: str
) -> None:
    client.expected.append("net::ERR")
    open_widget(client, address)
    go_to_review(client, "Colour", "Anna")
    keys: list[str] = []

    def broken(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 4:
            route.fallback()
        else:
            route.abort("connectionreset")

    client.page.route("**/bookings", broken)
    accept_and_book(client)
    expect(client.page.get_by_role("alert")).to_contain_text("You seem to be offline")
    assert len(keys) == 3
    client.press("Book and pay")
    client.page.wait_for_url("https://checkout.example/**")
    assert len(keys) == 5
    assert len({*keys, *api.keys}) == 1


def test_a_refusal_that_passes_can_be_tried_again(
    client: Visitor, api: CannedApi, address: str
) -> None:
    client.expected.append("502")
    api.book = problem(502, "payment_unavailable")
    open_widget(client, address)
    go_to_review(client, "Colour", "Anna")
    accept_and_book(client)
    expect(client.page.get_by_role("alert")).to_contain_text("Nothing was booked")
    api.book = None
    client.press("Book and pay")
    client.page.wait_for_url("https://checkout.example/**")


def test_it_leaves_for_no_address_that_runs_a_script(
    client: Visitor, api: CannedApi, address: str
) -> None:
    api.booking = booking(checkout_url="javascript://checkout.example/%0Adocument.title=1")
    come_back(client, address, "left")
    expect(client.heading("Your booking is not paid yet")).to_be_visible()
    expect(client.page.get_by_role("button", name="Pay")).to_have_count(0)


def test_it_waits_for_the_confirmation_and_shows_it_by_itself(
    client: Visitor, api: CannedApi, address: str
) -> None:
    api.booking = booking()
    come_back(client, address, "paid")
    expect(client.heading("Confirming your payment")).to_be_visible()
    api.booking = CONFIRMED
    expect(client.heading("Your booking is confirmed")).to_be_focused()
    expect(client.page.locator(".facts")).to_contain_text("Anna")


def test_while_it_follows_a_booking_trouble_changes_nothing_that_is_shown(
    client: Visitor, api: CannedApi, address: str
) -> None:
    client.expected.append("503")
    api.booking = booking()
    come_back(client, address, "left")
    expect(client.heading("Your booking is not paid yet")).to_be_visible()
    api.fail = problem(503, "unavailable")
    client.page.wait_for_timeout(2500)
    expect(client.heading("Your booking is not paid yet")).to_be_visible()
    api.fail = None
    api.booking = CONFIRMED
    expect(client.heading("Your booking is confirmed")).to_be_visible()


def test_cancelling_says_what_it_costs_now_and_then_what_comes_back(
    client: Visitor, api: CannedApi, address: str
) -> None:
    api.booking = CONFIRMED
    come_back(client, address, "paid")
    client.heading("Your booking is confirmed").wait_for()
    # The page was open for a day: the fee is not what it was.
    api.booking = {**CONFIRMED, "cancellation_fee_now": 2000}
    client.press("Cancel this booking")
    dialog = client.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Cancelling now costs €20.00.")
    expect(dialog).to_contain_text("You get €16.00 back.")
    assert client.found_by_axe() == []
    client.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(client.button("Cancel this booking")).to_be_focused()

    client.press("Cancel this booking")
    expect(dialog).to_contain_text("€20.00")
    api.cancel = (200, {**CONFIRMED, "status": "cancelled"})
    client.press("Yes, cancel it")
    expect(client.heading("Your booking is cancelled")).to_be_focused()
    expect(client.page.get_by_text("€16.00 will be refunded")).to_be_visible()
    expect(client.page.get_by_text("€20.00 was kept")).to_be_visible()


def test_a_refused_cancellation_is_told_in_the_dialog(
    client: Visitor, api: CannedApi, address: str
) -> None:
    client.expected.append("409")
    api.booking = CONFIRMED
    api.cancel = problem(409, "already_completed")
    come_back(client, address, "paid")
    client.press("Cancel this booking")
    client.press("Yes, cancel it")
    expect(client.page.get_by_role("alert")).to_contain_text("can no longer be cancelled here")


def offline(route: Route) -> None:
    route.abort("internetdisconnected")


@pytest.mark.parametrize("trouble", ["503", "offline"])
def test_nobody_accepts_a_fee_that_could_not_be_shown(
    client: Visitor, api: CannedApi, address: str, trouble: str
) -> None:
    """Bug: the button to cancel stood there, of a fee that nobody had seen."""
    api.booking = {**CONFIRMED, "cancellation_fee_now": 2000}
    come_back(client, address, "paid")
    client.heading("Your booking is confirmed").wait_for()
    if trouble == "503":
        client.expected.append("503")
        api.fail = problem(503, "unavailable")
    else:
        client.expected.append("ERR_INTERNET_DISCONNECTED")
        client.page.route("**/public/bookings/**", offline)
    client.press("Cancel this booking")
    dialog = client.page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Try again")).to_be_visible()
    expect(client.button("Yes, cancel it")).to_have_count(0)
    expect(dialog).not_to_contain_text("€")
    api.fail = None
    if trouble == "offline":
        client.page.unroute("**/public/bookings/**", offline)
    dialog.get_by_role("button", name="Try again").click()
    expect(dialog).to_contain_text("Cancelling now costs €20.00.")
    expect(client.button("Yes, cancel it")).to_be_visible()


def test_a_fee_that_rose_meanwhile_is_shown_and_only_that_one_is_accepted(
    client: Visitor, api: CannedApi, address: str
) -> None:
    client.expected.append("409")
    api.booking = {**CONFIRMED, "cancellation_fee_now": 2000}
    api.cancel = problem(409, "fee_changed", cancellation_fee_now=3600)
    come_back(client, address, "paid")
    client.press("Cancel this booking")
    dialog = client.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Cancelling now costs €20.00.")
    client.press("Yes, cancel it")
    expect(dialog).to_contain_text("The cancellation fee has changed:")
    expect(dialog).to_contain_text("Cancelling now costs €36.00.")
    expect(dialog).not_to_contain_text("€20.00")
    api.cancel = (200, {**CONFIRMED, "status": "cancelled"})
    client.press("Yes, cancel it")
    expect(client.heading("Your booking is cancelled")).to_be_focused()
    assert [each["accepted_fee"] for each in api.cancelled] == [2000, 3600]


def test_a_mails_link_leads_to_the_booking_and_leaves_no_token_in_the_address(
    client: Visitor, api: CannedApi, address: str
) -> None:
    api.booking = CONFIRMED
    client.page.goto(f"{address}#bookpay=bk_1.{'t' * 32}")
    expect(client.heading("Your booking is confirmed")).to_be_visible()
    assert "ttt" not in client.page.url


def test_a_booking_keeps_its_clock_after_the_location_has_moved(
    client: Visitor, api: CannedApi, address: str
) -> None:
    api.booking = CONFIRMED
    api.location = {**shown_location(), "timezone": "America/New_York"}
    come_back(client, address, "paid")
    client.heading("Your booking is confirmed").wait_for()
    starts_at = datetime.fromisoformat(CONFIRMED["starts_at"])
    there, here = (starts_at.astimezone(ZoneInfo(zone)) for zone in ZONES)
    expect(client.page.get_by_text(f" {there:%b}, {there.hour}:{there:%M}")).to_be_visible()
    expect(client.page.get_by_text(f" {here:%b}, {here.hour}:{here:%M}")).to_have_count(0)


def test_times_are_the_locations_whatever_the_visitors_clock(visit: Visit, site: PagesSite) -> None:
    visitor = visit(timezone_id="America/New_York")
    CannedApi(visitor.page)
    open_widget(visitor, site.name("demo", "Salon Aurora"))
    visitor.press("Colour")
    visitor.press("Anna")
    slot = visitor.page.locator(".slot").first
    slot.wait_for()
    at = datetime.fromisoformat(slot.get_attribute("data-starts-at") or "")
    shown = slot.text_content() or ""
    assert (int(shown[:2]) - at.hour) % 24 in {1, 2}  # Berlin's offset in winter and summer
    expect(visitor.page.get_by_text("All times are Central European")).to_be_visible()


def test_a_week_without_times_leads_to_the_next_free_day(client: Visitor, address: str) -> None:
    CannedApi(client.page)
    asked: list[str] = []
    later = (datetime.now(UTC) + timedelta(days=16)).replace(hour=12, minute=0, second=0)

    def slots(route: Route) -> None:
        asked.append(route.request.url)
        found = [{"starts_at": f"{later:%Y-%m-%dT%H:%M:%SZ}", "employee_id": "anna"}]
        answer(route, 200, {"slots": found if len(asked) >= 3 else []})

    client.page.route("**/slots?**", slots)
    open_widget(client, address)
    client.press("Colour")
    client.press("Anna")
    client.press("Show the next free day")
    expect(client.page.locator(".day[aria-pressed=true]")).to_be_focused()
    assert client.page.locator(".slot").count() == 1
    assert len(asked) == 3


def test_on_a_slow_network_there_is_something_to_see_and_nothing_jumps(
    visit: Visit, site: PagesSite
) -> None:
    visitor = visit(width=390)
    api = CannedApi(visitor.page)

    def slowly(route: Route) -> None:
        visitor.page.wait_for_timeout(600)
        route.fallback()

    visitor.page.route("**/public/**", slowly)
    visitor.page.add_init_script(WATCH_SHIFTS)
    visitor.page.goto(site.name("demo", "Salon Aurora"), wait_until="commit")
    visitor.page.locator(".choice.skeleton").first.wait_for()
    visitor.button("Colour").wait_for()
    visitor.press("Colour")
    visitor.press("Anna")
    visitor.page.locator(".slots .skeleton").first.wait_for()
    visitor.page.locator(".slot").first.wait_for()
    visitor.page.wait_for_timeout(300)
    assert visitor.page.evaluate("window.shifted") < GOOD_SHIFT
    assert api.asked == []


def test_a_page_that_nobody_knows_says_so(client: Visitor, site: PagesSite) -> None:
    client.expected.append("404")
    client.page.goto(f"{site.url}/book/nobody")
    expect(client.heading("There is no booking page here")).to_be_visible()
    assert client.found_by_axe() == []


def test_what_was_entered_stays_when_a_client_goes_back(
    client: Visitor, api: CannedApi, address: str
) -> None:
    open_widget(client, address)
    go_to_review(client, "Colour", "Anna")
    client.press("Back")
    expect(client.page.get_by_label("Name")).to_have_value("Mira Lindqvist")
    client.press("Change: Colour")
    client.press("Haircut")
    client.press("Ben")
    client.page.locator(".slot").first.click()
    client.heading("Check and book").wait_for()
    expect(client.page.locator(".facts")).to_contain_text("Haircut")
    expect(client.page.locator(".facts")).to_contain_text("Ben")
    assert api.asked == []
