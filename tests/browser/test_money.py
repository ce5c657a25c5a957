"""Finance's pages by themselves: ranges in addresses, links from figures to bookings, failures."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from tests.browser.canned import problem
from tests.browser.canned_console import DAY, FAILS, CannedStaffApi, report, staff_location
from tests.browser.canned_money import PAYOUT_ID, entries, money_range, money_year
from tests.browser.clock import NOW
from tests.browser.conftest import Visit
from tests.browser.pages_site import PagesSite
from tests.browser.visitor import Visitor
from tests.browser.world import BOOKING_ID

TODAY = NOW.date()
MONTH = TODAY.replace(day=1)
# What `Intl` writes between a range's days, as spaces.
SPACES = re.compile(r"\s+")


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    return visit(width=1280, height=900)


@pytest.fixture
def api(visitor: Visitor) -> CannedStaffApi:
    return CannedStaffApi(visitor.page)


class Asked:
    """What was asked of a path: each query."""

    def __init__(self, api: CannedStaffApi, path: str) -> None:
        self.queries: list[dict[str, str]] = []
        self._given = api.answers[path]
        api.answers[path] = self._answer

    def _answer(self, query: str) -> Any:
        self.queries.append({name: value for name, [value] in parse_qs(query).items()})
        return self._given


def open_page(visitor: Visitor, site: PagesSite, path: str) -> None:
    visitor.page.goto(f"{site.url}/console#/demo/{path}")


def shown(visitor: Visitor, selector: str) -> list[str]:
    return [SPACES.sub(" ", each) for each in visitor.page.locator(selector).all_inner_texts()]


def link(visitor: Visitor, name: str) -> Any:
    return visitor.page.get_by_role("link", name=name).first


def test_money_flow_opens_on_this_month_and_other_days_are_one_press_away(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    asked = Asked(api, "money-flow")
    open_page(visitor, site, "money-flow")
    expect(visitor.page.get_by_text("Closing balance")).to_be_visible()
    expect(link(visitor, "This month")).to_have_attribute("aria-current", "true")
    last_month = MONTH - timedelta(days=1)
    for name, first, last in (
        ("Last month", last_month.replace(day=1), last_month),
        ("Last 30 days", TODAY - timedelta(days=29), TODAY),
        ("This week", TODAY - timedelta(days=TODAY.weekday()), TODAY),
        ("This quarter", MONTH.replace(month=MONTH.month - (MONTH.month - 1) % 3), TODAY),
        ("This year", MONTH.replace(month=1), TODAY),
    ):
        link(visitor, name).click()
        expect(link(visitor, name)).to_have_attribute("aria-current", "true")
        expect(visitor.page).to_have_url(re.compile(f"from={first}&to={last}$"))
        expect(visitor.page.get_by_text("Closing balance")).to_be_visible()
        assert asked.queries[-1] == {"from": str(first), "to": str(last)}
    assert asked.queries[0] == {"from": str(MONTH), "to": str(TODAY)}
    visitor.page.go_back()
    expect(link(visitor, "This quarter")).to_have_attribute("aria-current", "true")
    link(visitor, "Yesterday").click()
    expect(visitor.page).to_have_url(re.compile(f"money-flow/{TODAY - timedelta(days=1)}$"))


def test_two_days_are_chosen_by_keyboard_alone(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    asked = Asked(api, "money-flow")
    open_page(visitor, site, "money-flow")
    expect(visitor.page.get_by_text("Closing balance")).to_be_visible()
    first = visitor.page.get_by_label("From")
    first.fill("2025-03-01")
    visitor.page.get_by_label("Until").fill("2025-03-31")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page).to_have_url(re.compile("from=2025-03-01&to=2025-03-31"))
    expect(visitor.heading("Money flow")).to_be_focused()
    assert asked.queries[-1] == {"from": "2025-03-01", "to": "2025-03-31"}


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-02-02&to=2026-02-01", "The first day is after the last."),
        ("from=2024-01-01&to=2025-06-01", "At most 366 days are added up at once."),
        ("from=2026-02-30&to=2026-03-01", "Choose a first and a last day."),
        ("from=yesterday&to=today", "Choose a first and a last day."),
        ("from=2026-02-02", "Choose a first and a last day."),
        (f"from={TODAY + timedelta(days=1)}&to={TODAY + timedelta(days=3)}", "have not begun"),
    ],
)
@pytest.mark.parametrize("page", ["money-flow", "payouts", "entries"])
def test_days_that_cannot_be_shown_are_said_with_a_way_on(
    visitor: Visitor, site: PagesSite, page: str, query: str, said: str
) -> None:
    open_page(visitor, site, f"{page}?{query}")
    expect(visitor.page.get_by_text(said)).to_be_visible()
    link(visitor, "This month").click()
    expect(visitor.page.get_by_text(said)).to_have_count(0)
    expect(visitor.page.get_by_role("table").first).to_be_visible()


@pytest.mark.usefixtures("api")
def test_the_balance_reads_as_an_equation_and_is_compared_with_the_period_before(
    visitor: Visitor, site: PagesSite
) -> None:
    # 823.88 a day for nine days, 612.00 of it paid out; seven days before.
    open_page(visitor, site, "money-flow")
    figures = visitor.page.locator(".equation")
    expect(figures).to_be_visible()
    assert shown(visitor, ".equation .value") == [
        *("€1,200.00", "€7,414.92", "€5,508.00", "€3,106.92"),
    ]
    assert shown(visitor, ".equation .sign") == ["+", "\N{MINUS SIGN}", "="]
    expect(figures).to_contain_text("€1,647.76 more than")
    table = visitor.page.get_by_role("table", name="Activity in EUR")
    refunds = table.get_by_role("row").filter(has_text="Refunds to clients")
    assert [SPACES.sub(" ", each) for each in refunds.get_by_role("cell").all_inner_texts()] == [
        *("Refunds to clients", "9", "-€729.00", "-€567.00", "-€162.00"),
    ]
    days = visitor.page.get_by_role("table", name="Days").get_by_role("row")
    expect(days).to_have_count(10)
    expect(days.nth(1)).to_contain_text("Not compared yet")
    expect(days.nth(2)).to_contain_text("No difference")
    expect(visitor.page.get_by_text("Not compared with Stripe yet: 1 of 9 days")).to_be_visible()
    expect(visitor.page.get_by_text("The day is not over yet.")).to_be_visible()


def test_each_currency_has_a_picture_with_its_own_axis_and_its_sums_as_text(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.answers["money-flow"] = money_range(currencies=("eur", "gbp"), other_balance=2)
    open_page(visitor, site, "money-flow")
    charts = visitor.page.locator("figure.chart")
    expect(charts).to_have_count(2)
    expect(charts.nth(1)).to_contain_text("Payments £8,856.00")
    expect(charts.nth(1)).to_contain_text("Refunds and disputes -£1,053.00")
    expect(charts.nth(1).locator("svg > text").first).to_contain_text("£")
    expect(charts.nth(0).locator("svg > text").first).to_contain_text("€")
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    expect(charts.nth(0).locator("svg")).to_have_attribute("width", re.compile(r"^3\d\d$"))
    cut = "each => each.scrollWidth > each.clientWidth"
    assert not any(each.evaluate(cut) for each in visitor.page.locator(".legend li").all())
    letters = charts.nth(0).locator("svg > text").first
    assert letters.evaluate("each => each.getBoundingClientRect().height") >= 12
    expect(visitor.page.get_by_text("2 entries of another of Stripe's balances")).to_be_visible()


def test_a_year_shows_weeks_and_says_which_days_it_leaves_out(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.answers["money-flow"] = money_year()
    open_page(visitor, site, "money-flow?from=2025-01-01&to=2025-12-31")
    expect(visitor.page.get_by_text("The newest 62 of 366 lines are shown.")).to_be_visible()
    rows = visitor.page.get_by_role("table", name="Days").get_by_role("row")
    expect(rows).to_have_count(63)
    visitor.press("Show all 366 lines")
    expect(rows).to_have_count(367)
    columns = visitor.page.locator("figure.chart svg g").count()
    assert columns in (53, 54)


def test_no_figure_of_the_balance_is_broken_on_any_screen(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    """Bug: on a phone, and at 768 px, a year's €301,540.08 was broken in two."""
    api.answers["money-flow"] = money_year()
    open_page(visitor, site, "money-flow?from=2025-01-01&to=2025-12-31")
    expect(visitor.page.get_by_text("Closing balance")).to_be_visible()
    lines = """() => [...document.querySelectorAll(".figure .value")].map((each) => {
      const range = document.createRange();
      range.selectNodeContents(each);
      return range.getClientRects().length;
    })"""
    for width in (320, 390, 768, 1366):
        visitor.page.set_viewport_size({"width": width, "height": 800})
        assert visitor.page.evaluate(lines) == [1, 1, 1, 1], width


def test_finance_follows_links_from_a_range_to_a_booking_and_back(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.answers[f"reports/{TODAY - timedelta(days=2)}"] = report()
    open_page(visitor, site, "money-flow")
    visitor.page.get_by_role("table", name="Days").get_by_role("link").nth(1).click()
    expect(visitor.page).to_have_url(re.compile(f"money-flow/{DAY}$"))
    visitor.page.get_by_role("table", name="Entries").get_by_role("link").first.click()
    expect(visitor.page).to_have_url(re.compile(f"bookings/{BOOKING_ID}$"))
    expect(visitor.heading("Timeline")).to_be_visible()
    link(visitor, "Money at Stripe").click()
    expect(visitor.page).to_have_url(re.compile(f"entries\\?booking_id={BOOKING_ID}$"))
    link(visitor, "Back to the booking").click()
    link(visitor, "Back to").click()
    expect(visitor.page).to_have_url(re.compile(f"money-flow/{DAY}$"))
    visitor.press("The day before")
    link(visitor, "Back to money flow").click()
    expect(visitor.heading("Money flow")).to_be_visible()
    visitor.page.get_by_role("table", name="Payouts").get_by_role("link").last.click()
    expect(visitor.page.get_by_text("the sum is right")).to_be_visible()
    visitor.page.get_by_role("table", name="Entries").get_by_role("link").first.click()
    expect(visitor.heading("Timeline")).to_be_visible()
    link(visitor, "Back to the payout").click()
    expect(visitor.page).to_have_url(re.compile(f"payouts/{PAYOUT_ID}$"))


def test_a_figure_leads_to_the_entries_behind_it_page_by_page(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    payments = [each for each in entries() if each["flow"] == "payments"]
    asked: list[dict[str, Any]] = []

    def page(query: str) -> dict[str, Any]:
        asked.append(parse_qs(query))
        more = "cursor" not in asked[-1]
        return {
            "items": payments[:1] if more else payments[1:],
            "next_cursor": "2" if more else None,
        }

    api.answers["entries"] = page
    open_page(visitor, site, f"money-flow/{DAY}")
    visitor.page.locator(".facts").get_by_role("link", name="2 entries").click()
    expect(visitor.heading("Payments from clients")).to_be_visible()
    said = visitor.page.get_by_role("status").filter(has_text="The first 1 entry")
    expect(said).to_contain_text("gross €600.00, fees -€15.00, net €585.00")
    visitor.press("Load more")
    whole = visitor.page.get_by_role("status").filter(has_text="2 entries: gross €984.00")
    expect(whole).to_contain_text("net €960.88.")
    assert asked[-1] == {
        **{name: [DAY] for name in ("from", "to")},
        "flow": ["payments"],
        "limit": ["100"],
        "cursor": ["2"],
    }


@pytest.mark.usefixtures("api")
def test_a_category_leads_to_its_entries_alone(visitor: Visitor, site: PagesSite) -> None:
    open_page(visitor, site, f"money-flow/{DAY}")
    visitor.page.get_by_role("table", name="Categories").get_by_role("link", name="Refund").click()
    expect(visitor.page.get_by_role("status").filter(has_text="gross -€81.00")).to_be_visible()
    expect(visitor.page.get_by_role("table", name="Entries").get_by_role("row")).to_have_count(2)


@pytest.mark.parametrize(("wanted", "name"), [("pdf", "PDF"), ("xlsx", "Excel"), ("csv", "CSV")])
def test_a_range_is_downloaded_with_the_login(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite, wanted: str, name: str
) -> None:
    open_page(visitor, site, "money-flow?from=2026-01-01&to=2026-01-31")
    visitor.button(f"Download as {name}").wait_for()
    asked = Asked(api, "money-flow")
    asked._given = "a file"
    with visitor.page.expect_download() as downloaded:
        visitor.press(f"Download as {name}")
    # Of the days that the answer was about.
    whole = money_range()
    stem = f"demo-{whole['from']}-{whole['to']}"
    assert downloaded.value.suggested_filename == f"{stem}.{wanted}"
    days = {name: whole[name] for name in ("from", "to")}
    assert asked.queries == [{**days, "format": wanted, "redirect": "false"}]


OFFLINE = None


@pytest.mark.parametrize(
    ("failure", "said", "can_retry"),
    [
        (problem(500, "internal_error"), "This is an error in Bookpay.", True),
        (FAILS, "Bookpay did not answer in time.", True),
        (OFFLINE, "There is no connection.", True),
        (problem(403, "forbidden"), "Ask an owner of this location.", False),
    ],
    ids=["500", "503", "offline", "403"],
)
@pytest.mark.parametrize(
    ("page", "path"),
    [
        ("money-flow", "money-flow"),
        (f"money-flow/{DAY}", f"reports/{DAY}"),
        ("payouts", "payouts"),
        (f"payouts/{PAYOUT_ID}", f"payouts/{PAYOUT_ID}"),
        ("entries", "entries"),
    ],
)
def test_what_fails_says_why_and_can_be_tried_again(
    visitor: Visitor,
    api: CannedStaffApi,
    site: PagesSite,
    page: str,
    path: str,
    failure: Any,
    said: str,
    can_retry: bool,
) -> None:
    visitor.expected += ["500", "503", "403", "ERR_FAILED"]
    given = api.answers[path]
    address = re.compile(f"/demo/{re.escape(path)}(\\?|$)")
    if failure is OFFLINE:
        visitor.page.route(address, lambda route: route.abort())
    else:
        api.answers[path] = failure
    open_page(visitor, site, page)
    alert = visitor.page.get_by_role("alert")
    expect(alert).to_contain_text(said)
    if not can_retry:
        expect(visitor.button("Try again")).to_have_count(0)
        expect(link(visitor, "Agenda")).to_be_visible()
        return
    if failure is OFFLINE:
        visitor.page.unroute(address)
    api.answers[path] = given
    visitor.press("Try again")
    expect(alert).to_have_count(0)
    expect(visitor.page.get_by_role("table").first).to_be_visible()


@pytest.mark.parametrize("page", ["money-flow", "entries"])
def test_days_that_are_still_being_added_up_say_so(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite, page: str
) -> None:
    visitor.expected.append("503")
    api.answers[page] = problem(503, "range_not_ready")
    open_page(visitor, site, page)
    expect(visitor.page.get_by_role("alert")).to_contain_text("being added up for the first time")
    expect(visitor.button("Try again")).to_be_visible()


def test_a_manager_has_no_way_to_the_money(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.locations = [staff_location(roles=["manager"])]
    open_page(visitor, site, f"bookings/{BOOKING_ID}")
    expect(visitor.heading("Timeline")).to_be_visible()
    for name in ("Money at Stripe", "Money flow", "Payouts"):
        assert visitor.page.get_by_role("link", name=name).count() == 0
    for page in ("money-flow", "payouts", f"payouts/{PAYOUT_ID}", "entries"):
        visitor.page.evaluate("path => { location.hash = path }", f"#/demo/{page}")
        expect(visitor.heading("Not for your role")).to_be_visible()


@pytest.mark.usefixtures("api")
def test_a_day_has_what_its_mail_has(visitor: Visitor, site: PagesSite) -> None:
    open_page(visitor, site, f"money-flow/{DAY}")
    facts = visitor.page.locator(".facts").first
    expect(facts).to_contain_text("Opening balance")
    for name in ("Needs action", "Refunds", "Disputes", "Payouts", "Clients' money not yet earned"):
        expect(visitor.page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    refunds = visitor.page.get_by_role("table", name="Refunds")
    expect(refunds.get_by_role("link")).to_have_attribute("href", f"#/demo/bookings/{BOOKING_ID}")
    expect(visitor.page.get_by_text("2 more are not listed here")).to_be_visible()
