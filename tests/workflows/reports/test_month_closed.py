"""A month closed by following links: from the range to every day, payment and booking, and back.

Nothing is asked for by anything but what the answer before said: a date, a payout, a booking.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from functions.serve_report import handler as report_function
from functions.serve_staff_api import handler as staff_function
from shared.adapters.booking_store import BookingStore
from shared.domain.dates.local_day import local_day
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import DEMO
from tests.surroundings.salon import GOOD_CARD, connected, stripe_beside
from tests.surroundings.till import AVAILABLE_AT_ONCE, LOCATION, Till

pytestmark = pytest.mark.enable_socket
DAYS, DAY_S = 30, 86_400
PAYOUT_TYPES = {"payout", "payout_failure"}
FIGURES = ("opening", "activity", "payouts", "closing")


class Finance:
    """Follows links as somebody of finance."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self.asked = 0

    def get(self, path: str, **query: str) -> Any:
        self.asked += 1
        whole = f"/v1/locations/{LOCATION}{path}"
        function: Any = staff_function if path.startswith("/bookings") else report_function
        claims = {"sub": "finance", "token_use": "id"}
        answer = function.handler(
            {
                "version": "2.0",
                "routeKey": "ANY /v1/{proxy+}",
                "rawPath": whole,
                "rawQueryString": "",
                "headers": {},
                "queryStringParameters": {name.rstrip("_"): each for name, each in query.items()},
                "requestContext": {
                    "stage": "$default",
                    "http": {"method": "GET", "path": whole},
                    "authorizer": {"jwt": {"claims": claims}},
                },
                "isBase64Encoded": False,
            },
            self._context,
        )
        assert answer["statusCode"] == 200, answer["body"]
        return json.loads(answer["body"])

    def pages(self, path: str, name: str = "items", **query: str) -> Iterator[Any]:
        cursor: dict[str, str] = {}
        while True:
            told = self.get(path, limit="100", **query, **cursor)
            yield from told[name]
            if told["next_cursor"] is None:
                return
            cursor = {"cursor": told["next_cursor"]}


@pytest.fixture
def till(table: Any, store: BookingStore, aws: FakeAws) -> Iterator[Till]:
    del table
    with (
        pytest.MonkeyPatch.context() as patched,
        stripe_beside(seed=23) as beside,
        connected(beside, aws, patched),
    ):
        opened = Till(beside, store)
        yield opened
        opened.close()


def live_a_month(till: Till, payments: int) -> None:
    """Ten clients a day at most pay; some are refunded, a dispute, dollars, a payout comes back."""
    charges: list[str] = []
    a_day = payments // DAYS
    for day in range(DAYS):
        for number in range(a_day):
            at = day * a_day + number
            currency = "usd" if at % 29 == 7 else "eur"
            minor = 1_500 + 37 * at
            till.book(f"bk_{at:03d}", minor, currency)
            card = AVAILABLE_AT_ONCE if at % 3 else GOOD_CARD
            charges.append(till.pay(f"bk_{at:03d}", minor, currency, card=card))
            till.advance(1_200)
        if day % 4 == 1:
            till.refund(charges[-1], 700 + day)
        if day == 9:
            till.dispute(charges[-2])
        if day == 12:
            till.pay(None, 5_000)
        if day % 7 == 6:
            payout = till.pay_out()
            if day == 13:
                till._control(f"payouts/{payout}/fail")
        till.advance(DAY_S - a_day * 1_205)
        if day % 10 == 9:
            till.deliver()
            till.sync()
    till.deliver()
    till.sync()
    till.sync()


@pytest.mark.parametrize("payments", [60, pytest.param(300, marks=pytest.mark.proof)])
def test_every_cent_of_a_month_is_found_by_following_links(
    till: Till, context: Any, monkeypatch: pytest.MonkeyPatch, payments: int
) -> None:
    began_s = till.now_s()
    live_a_month(till, payments)
    ended_s = till.now_s()
    first, last = (local_day(at_s, DEMO.timezone) for at_s in (began_s, ended_s))
    at_stripe = {each.id: each for each in till.transactions()}
    assert len(at_stripe) > payments
    monkeypatch.setattr("time.time", lambda: float(ended_s))
    finance = Finance(context)

    month = finance.get("/money-flow", from_=first, to=last)
    check_sums(month, at_stripe)
    listed = follow_days(finance, month)
    assert {each["entry_id"] for each in listed} == at_stripe.keys()
    for each in listed:
        stripes = at_stripe[each["entry_id"]]
        assert (each["amount"], each["fee"], each["net"]) == (
            *(stripes.amount, stripes.fee),
            stripes.net,
        )
    carried = follow_payouts(finance, month)
    assert carried
    follow_bookings(finance, listed, payments)
    assert finance.asked < 4 * payments + 200


def check_sums(month: dict[str, Any], at_stripe: dict[str, Any]) -> None:
    for total in month["totals"]:
        of_currency = [each for each in at_stripe.values() if each.currency == total["currency"]]
        moved = sum(each.net for each in of_currency if each.type not in PAYOUT_TYPES)
        payouts = [each for each in of_currency if each.type in PAYOUT_TYPES]
        fees = sum(each.fee for each in payouts)
        assert total["activity"] == moved - fees
        assert total["payouts"] == -sum(each.amount for each in payouts)
        assert total["opening"] == 0
        assert total["closing"] == sum(each.net for each in of_currency)
        rows = [each for each in month["days"] if each["currency"] == total["currency"]]
        assert sum(each["activity"] for each in rows) == total["activity"]
        assert rows[-1]["closing"] == total["closing"]
    assert month["comparison"]["differences"] == 0


def follow_days(finance: Finance, month: dict[str, Any]) -> list[Any]:
    """Go from each day's row to its report and its entries; each figure is what these come to."""
    rows = defaultdict(list)
    for each in month["days"]:
        rows[each["date"]].append(each)
    listed = []
    for date, of_day in rows.items():
        found = list(finance.pages("/entries", from_=date, to=date))
        listed += found
        report = finance.get(f"/reports/{date}")
        in_report = {each["currency"]: each for each in report["currencies"]}
        assert [each["entry_id"] for each in report["entries"]] == [
            each["entry_id"] for each in found
        ]
        for row in of_day:
            here = [each for each in found if each["currency"] == row["currency"]]
            assert row["count"] == len(here)
            assert sum(each["net"] for each in here) == row["activity"] - row["payouts"]
            payments = [each["amount"] for each in here if each["flow"] == "payments"]
            assert row["payments"] == {"count": len(payments), "amount": sum(payments)}
            if row["currency"] in in_report:
                flow = in_report[row["currency"]]
                assert (flow["net"], -flow["payouts"]["amount"]) == (row["net"], row["payouts"])
                assert flow["balance"]["opening"] == row["opening"]
                assert flow["balance"]["closing"] == row["closing"]
    return listed


def follow_payouts(finance: Finance, month: dict[str, Any]) -> set[str]:
    """Go from each payout to its entries: they add up to it, and no entry is in two payouts."""
    listed = list(finance.pages("/payouts", from_=month["from"], to=month["to"]))
    assert listed == month["payouts"]
    carried: set[str] = set()
    for payout in listed:
        whole = finance.get(f"/payouts/{payout['payout']}")
        entries = list(finance.pages(f"/payouts/{payout['payout']}", "entries"))
        assert {name: whole[name] for name in payout} == payout
        if payout["sum_matches"] is None:
            assert payout["sum_why"]
            assert entries == []
            continue
        assert payout["sum_matches"]
        assert sum(each["net"] for each in entries) == payout["amount"] == payout["items_net"]
        assert {each["paid_out_by"] for each in entries} == {payout["payout"]}
        ids = {each["entry_id"] for each in entries}
        assert not ids & carried
        carried |= ids
    return carried


def follow_bookings(finance: Finance, listed: list[Any], payments: int) -> None:
    """Go from each entry to its booking and from there back to all of its entries."""
    by_booking = defaultdict(list)
    for each in listed:
        if each["booking_id"]:
            by_booking[each["booking_id"]].append(each)
    assert len(by_booking) == payments
    for booking_id, entries in by_booking.items():
        booking = finance.get(f"/bookings/{booking_id}")
        assert booking["external_id"] == entries[0]["external_id"]
        assert list(finance.pages("/entries", booking_id=booking_id)) == entries
