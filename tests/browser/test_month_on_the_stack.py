"""Finance closes a month in the console by following links only, on the running system."""

import csv
import io
import re
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.test_console_on_the_stack import fill_login
from tests.browser.visitor import Visitor
from tests.stack.running_stack import Stack
from tests.stack.salon_month import Month, make_month

pytestmark = pytest.mark.stack
SUM = re.compile(r"([-+]?)€([\d,]+\.\d\d)")


def minor(text: str) -> int:
    """Return the one sum of a text, such as "-€1,234.56", in minor units."""
    [(sign, digits)] = SUM.findall(text)
    amount = int(Decimal(digits.replace(",", "")) * 100)
    return -amount if sign == "-" else amount


class Walk:
    """Somebody who reaches everything by pressing what is on the page: how often, and how long."""

    def __init__(self, visitor: Visitor) -> None:
        self.page = visitor.page
        self.presses, self._begun = 0, time.monotonic()

    def press(self, what: Locator) -> None:
        what.first.click()
        self.presses += 1

    def link(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("link", name=name)

    def table(self, name: str) -> Locator:
        return self.page.get_by_role("table", name=name, exact=True)

    def settled(self, shown: Locator) -> None:
        expect(shown.first).to_be_visible()
        expect(self.page.locator("[aria-busy], .skeleton")).to_have_count(0)

    def told(self) -> str:
        return f"{self.presses} clicks, {time.monotonic() - self._begun:.1f} s"


@pytest.fixture(scope="module")
def month(stack: Stack) -> Month:
    return make_month(stack)


@pytest.fixture
def finance(stack: Stack, visit: Visit, month: Month) -> Visitor:
    visitor = visit(width=1366, height=900)
    visitor.page.goto(f"{stack.api_url}/console#/{month.location_id}/agenda")
    fill_login(visitor, month.finance.email, month.finance.password)
    expect(visitor.heading("Agenda")).to_be_visible()
    return visitor


@pytest.fixture
def read(stack: Stack, month: Month) -> Callable[..., Any]:
    """Return what reads the location's API as an admin."""
    api = stack.client("admin")

    def get(path: str, **query: Any) -> Any:
        answer = api.get(f"/v1/locations/{month.location_id}/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


def equation(walk: Walk) -> dict[str, int]:
    read = [minor(each) for each in walk.page.locator(".equation .value").all_inner_texts()]
    return dict(zip(("opening", "activity", "payouts", "closing"), read, strict=True))


def cells(row: Locator) -> list[str]:
    return row.get_by_role("cell").all_inner_texts()


def test_yesterdays_report_is_two_clicks_away(
    finance: Visitor, read: Callable[..., Any], record_property: Callable[[str, object], None]
) -> None:
    walk = Walk(finance)
    walk.press(walk.link("Money flow"))
    walk.press(walk.link("Yesterday"))
    walk.settled(walk.table("Entries"))
    record_property("measured", f"yesterday's report: {walk.told()}")
    day = walk.page.url.rpartition("/")[2]
    report = read(f"reports/{day}")
    [flow] = report["currencies"]
    facts = walk.page.locator(".facts").first
    for name, amount in (
        ("Opening balance", flow["balance"]["opening"]),
        ("Activity", flow["net"]),
        ("Closing balance", flow["balance"]["closing"]),
    ):
        row = facts.locator("div").filter(has=walk.page.get_by_text(name, exact=True))
        assert minor(row.inner_text()) == amount, name
    rows = walk.table("Entries").get_by_role("row")
    expect(rows).to_have_count(report["entries_total"] + 1)
    assert finance.found_by_axe() == []


def test_finance_closes_a_month_by_following_links_only(
    finance: Visitor,
    month: Month,
    read: Callable[..., Any],
    record_property: Callable[[str, object], None],
) -> None:
    walk = Walk(finance)
    walk.press(walk.link("Money flow"))
    walk.press(walk.link("Last 30 days"))
    walk.settled(walk.page.locator(".equation"))
    first, last = re.findall(r"\d{4}-\d\d-\d\d", walk.page.url)
    flow = read("money-flow", **{"from": first, "to": last})
    [total] = flow["totals"]
    assert total["count"] == month.entries
    assert equation(walk) == {name: total[name] for name in equation(walk)}
    assert total["opening"] + total["activity"] - total["payouts"] == total["closing"]
    _read_days(walk, flow)
    assert finance.found_by_axe() == []

    with walk.page.expect_download() as downloaded:
        walk.press(walk.page.get_by_role("button", name="Download as CSV"))
    _read_file(downloaded.value.path().read_bytes(), flow)

    range_url = walk.page.url
    _close_a_day(walk, flow, read)
    walk.press(walk.link(re.compile("Back to")))
    walk.settled(walk.table("Entries"))
    walk.press(walk.link("Back to money flow"))
    walk.settled(walk.table("Payouts"))
    assert walk.page.url == range_url
    _close_a_payout(walk, flow, read)
    record_property("measured", f"a month of {month.entries} entries: {walk.told()}")


def _read_days(walk: Walk, flow: dict[str, Any]) -> None:
    """Every day's sums are the API's, and those of all days are the range's."""
    shown = [cells(row) for row in walk.table("Days").get_by_role("row").all()[1:]]
    days = [each for each in flow["days"] if each["count"] or each["status"] != "reconciled"]
    names = ("opening", "activity", "payouts", "closing")
    expected = [[each[name] for name in names] for each in reversed(days)]
    assert [[minor(cell) for cell in row[1:5]] for row in shown] == expected
    assert sum(each["activity"] for each in days) == flow["totals"][0]["activity"]
    assert sum(each["payouts"] for each in days) == flow["totals"][0]["payouts"]


def _read_file(body: bytes, flow: dict[str, Any]) -> None:
    """The file's days and totals are what the page shows."""
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    names = ("opening", "activity", "payouts", "closing")

    def sums(kind: str) -> list[list[int]]:
        return [
            [int(Decimal(row[name]) * 100) for name in names] for row in rows if row["row"] == kind
        ]

    assert sums("total") == [[flow["totals"][0][name] for name in names]]
    assert sums("day") == [[each[name] for name in names] for each in flow["days"]]


def _entries_of_the_page(walk: Walk) -> list[tuple[int, int, int]]:
    rows = [cells(row) for row in walk.table("Entries").get_by_role("row").all()[1:]]
    return [(minor(gross), minor(fees), minor(net)) for *_, gross, fees, net in rows]


def _close_a_day(walk: Walk, flow: dict[str, Any], read: Callable[..., Any]) -> None:
    """From a day's line to its entries, and from one of them to its booking."""
    day = next(each for each in flow["days"] if each["refunds"]["count"])
    walk.press(walk.table("Days").locator(f'a[href$="/{day["date"]}"]'))
    walk.settled(walk.table("Entries"))
    asked = {"from": day["date"], "to": day["date"], "limit": 100}
    entries = read("entries", **asked)["items"]
    sums = [(each["amount"], -each["fee"], each["net"]) for each in entries]
    assert _entries_of_the_page(walk) == sums
    moved = [each["net"] for each in entries if each["flow"] != "payouts"]
    assert sum(moved) == day["activity"]
    booked = next(each for each in entries if each["booking_id"])
    walk.press(walk.table("Entries").get_by_role("link", name=f"Booking {booked['external_id']}"))
    walk.settled(walk.page.get_by_role("heading", name="Timeline"))
    assert walk.page.url.endswith(f"/bookings/{booked['booking_id']}")
    expect(walk.page.get_by_text(booked["external_id"], exact=True)).to_be_visible()


def _close_a_payout(walk: Walk, flow: dict[str, Any], read: Callable[..., Any]) -> None:
    """From a payout to what it carried, and from one of those to its booking."""
    payout = next(each for each in flow["payouts"] if each["sum_matches"])
    walk.press(walk.table("Payouts").locator(f'a[href$="/{payout["payout"]}"]'))
    walk.settled(walk.table("Entries"))
    expect(walk.page.get_by_text("the sum is right")).to_be_visible()
    assert minor(walk.page.locator("h1").inner_text()) == payout["amount"]
    shown = _entries_of_the_page(walk)
    found = read(f"payouts/{payout['payout']}", limit=100)["entries"]
    assert shown == [(each["amount"], -each["fee"], each["net"]) for each in found]
    assert sum(net for *_, net in shown) == payout["amount"]
    booked = next(each for each in found if each["booking_id"])
    walk.press(walk.table("Entries").get_by_role("link", name=f"Booking {booked['external_id']}"))
    walk.settled(walk.page.get_by_role("heading", name="Timeline"))
    assert walk.page.url.endswith(f"/bookings/{booked['booking_id']}")
