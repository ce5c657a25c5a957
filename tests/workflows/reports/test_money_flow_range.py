"""The money flow of a range: it adds up, is the sum of its days, and equals each day's report."""

import base64
import json
from copy import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.serve_report import handler as serve_function
from shared.adapters.bookings_table import BookingsTable, Key
from shared.adapters.ledger_keys import LedgerAccount
from shared.adapters.ledger_quarters import LedgerQuarters, quarters_key
from shared.domain.ledger.reconciliation import DIFFERENCES, Reconciliation
from tests.domain.ledger_entries import entry
from tests.surroundings.morning import DAY, MORNING_S, NOON_S, SALON, Morning
from tests.surroundings.places import locations
from tests.surroundings.units import Meter

pytestmark = pytest.mark.enable_socket
DAY_S = 86_400
FIGURES = ("opening", "activity", "payouts", "closing")
FLOWS = (
    *("payments", "refunds", "refund_reversals", "disputes", "dispute_reversals"),
    *("stripe_fees", "adjustments"),
)


class Range:
    """Asks for ranges, payouts and entries as somebody."""

    def __init__(self, morning: Morning) -> None:
        self._morning = morning
        self.headers: dict[str, str] = {}

    def __call__(self, path: str, by: str = "finance", **query: str) -> tuple[int, Any]:
        answer = self.answer(path, by, **query)
        return answer["statusCode"], json.loads(answer["body"])

    def answer(self, path: str, by: str = "finance", **query: str) -> dict[str, Any]:
        asked = {name.rstrip("_"): value for name, value in query.items()}
        whole = f"/v1/locations/demo{path}"
        answer: dict[str, Any] = serve_function.handler(
            {
                "version": "2.0",
                "routeKey": "ANY /v1/{proxy+}",
                "rawPath": whole,
                "rawQueryString": "",
                "headers": {},
                "queryStringParameters": asked,
                "requestContext": {
                    "stage": "$default",
                    "http": {"method": "GET", "path": whole},
                    "authorizer": {"jwt": {"claims": {"sub": by, "token_use": "id"}}},
                },
                "isBase64Encoded": False,
            },
            self._morning.context,
        )
        self.headers = {name.lower(): text for name, text in answer["headers"].items()}
        return answer

    def flow(self, first: int, last: int) -> Any:
        """Return the flow of days counted from `DAY`."""
        status, told = self("/money-flow", from_=day(first), to=day(last))
        assert status == 200, told
        return told

    def file(self, wanted: str, first: int, last: int) -> bytes:
        """Return a range's file."""
        answer = self.answer("/money-flow", from_=day(first), to=day(last), format=wanted)
        assert answer["statusCode"] == 200, answer["body"]
        body: str = answer["body"]
        return base64.b64decode(body) if answer["isBase64Encoded"] else body.encode()


def day(at: int) -> str:
    return (DAY.day + timedelta(days=at)).isoformat()


@pytest.fixture
def ask(morning: Morning) -> Range:
    return Range(morning)


def moved(number: int, category: str, amount: int, fee: int = 0, days: int = 0, **more: Any) -> Any:
    facts = {
        "balance_transaction": f"txn_{number:03d}",
        "created_s": NOON_S + days * DAY_S + number,
        "source": f"ch_{number:03d}",
        "charge": f"ch_{number:03d}",
    }
    return entry(category, amount, fee, **{**facts, **more})


def a_week(morning: Morning) -> None:
    """Five days with payments, a refund, fees, a payout and its return, and two currencies."""
    morning.enter(
        moved(1, "charge", 10_000, 320, -4, booking_id="bk_1"),
        moved(2, "charge", 5_000, 175, -3, booking_id="bk_2"),
        moved(3, "refund", -2_000, 0, -2, booking_id="bk_1"),
        moved(4, "fee", -150, 0, -2, charge=None),
        moved(5, "payout", -12_000, 30, -1, charge=None, payout="po_1"),
        moved(6, "payout_reversal", 12_000, 0, 0, charge=None, payout="po_1"),
        moved(7, "charge", 700, 50, 0, currency="usd"),
        moved(8, "dispute", -5_000, 2_000, 0, booking_id="bk_2"),
    )


def just_synced(morning: Morning) -> None:
    """Let the last sync have been a moment ago, so that nothing is asked of Stripe."""
    account = LedgerAccount("demo", "test", "")
    begun = morning.sync_state.read_position(account, Key("demo#troubles", "key_refused"))
    morning.sync_state.move_cursor(account, begun, MORNING_S, is_open=False)


def adds_up(each: dict[str, Any]) -> bool:
    sums: int = each["opening"] + each["activity"] - each["payouts"]
    flows = sum(each[name]["amount"] for name in FLOWS)
    nets = {each["net"], each["activity"], flows, each["gross"] + each["fees"]}
    return sums == int(each["closing"]) and len(nets) == 1


def test_a_range_adds_up_by_currency_by_day_and_before(morning: Morning, ask: Range) -> None:
    a_week(morning)
    told = ask.flow(-2, 0)
    euros, dollars = told["totals"]
    assert [euros[name] for name in ("currency", *FIGURES)] == ["eur", 14_505, -9_180, 0, 5_325]
    assert [dollars[name] for name in ("currency", *FIGURES)] == ["usd", 0, 650, 0, 650]
    assert euros["refunds"] == {"count": 1, "amount": -2_000}
    assert euros["stripe_fees"] == {"count": 3, "amount": -2_180}
    assert euros["count"] == 5
    before = euros["before"]
    assert (before["from"], before["to"]) == (day(-5), day(-3))
    assert [before[name] for name in FIGURES] == [0, 14_505, 0, 14_505]
    rows = [each for each in told["days"] if each["currency"] == "eur"]
    assert [each["date"] for each in rows] == [day(-2), day(-1), day(0)]
    assert [each["payouts"] for each in rows] == [0, 12_000, -12_000]
    assert all(adds_up(each) for each in (euros, dollars, before, *told["days"]))
    assert [later["opening"] for later in rows[1:]] == [each["closing"] for each in rows[:-1]]
    assert told["comparison"] == {
        "status": "reconciled",
        "reconciled": 3,
        "differences": 0,
        "pending": 0,
    }
    assert (told["time_zone"], told["livemode"], told["final"]) == ("Europe/Berlin", False, True)


def test_a_range_of_one_day_is_that_days_report(morning: Morning, ask: Range) -> None:
    a_week(morning)
    for at in range(-5, 1):
        told = ask.flow(at, at)
        report = morning.get_json(f"/{day(at)}")
        rows = {each["currency"]: each for each in told["days"]}
        for flow in report["currencies"]:
            total = next(each for each in told["totals"] if each["currency"] == flow["currency"])
            row = rows[flow["currency"]]
            for name in (*FLOWS, "net"):
                assert total[name] == row[name] == flow[name], (at, name)
            assert total["by_category"] == flow["by_category"]
            assert total["payouts"] == -flow["payouts"]["amount"]
            balance = flow["balance"]
            assert (total["opening"], total["closing"]) == (balance["opening"], balance["closing"])
        assert told["comparison"]["status"] == report["reconciliation"]["status"]


def test_ranges_that_follow_one_another_are_the_whole(morning: Morning, ask: Range) -> None:
    a_week(morning)
    whole = {each["currency"]: each for each in ask.flow(-4, 0)["totals"]}
    for cut in range(-4, 0):
        first = {each["currency"]: each for each in ask.flow(-4, cut)["totals"]}
        second = {each["currency"]: each for each in ask.flow(cut + 1, 0)["totals"]}
        for currency, total in whole.items():
            nothing = {"activity": 0, "payouts": 0, "opening": 0, "closing": 0}
            one, two = first.get(currency, nothing), second.get(currency, nothing)
            assert total["activity"] == one["activity"] + two["activity"]
            assert total["payouts"] == one["payouts"] + two["payouts"]
            assert (total["opening"], total["closing"]) == (one["opening"], two["closing"])


def test_nothing_before_the_ledger_begins_is_compared(morning: Morning, ask: Range) -> None:
    locations().save_location(replace(SALON, created_at_s=NOON_S))
    assert ask.flow(-1, 0)["totals"] == []
    a_week(morning)
    (total, _) = ask.flow(-3, 0)["totals"]
    assert total["before"] is None
    assert day(-4) in total["before_why"]
    (total, _) = ask.flow(-2, 0)["totals"]
    assert total["before"] is None
    (total, _) = ask.flow(-1, 0)["totals"]
    assert total["before_why"] is None
    assert total["before"]["activity"] == 4_825 - 2_150


@pytest.mark.parametrize(
    ("query", "pointer", "says"),
    [
        ({"from_": day(-1)}, "/query/to", "is required"),
        ({"to": day(-1)}, "/query/from", "is required"),
        ({"from_": "yesterday", "to": day(0)}, "/query/from", "must be a day such as 2026-11-22"),
        ({"from_": day(0), "to": day(-1)}, "/query/from", "one of the 365 days before it"),
        ({"from_": day(-366), "to": day(0)}, "/query/from", "one of the 365 days before it"),
        ({"from_": day(0), "to": day(2)}, "/query/to", "must be a day that has begun"),
    ],
)
@pytest.mark.parametrize("path", ["/money-flow", "/payouts", "/entries"])
def test_days_that_make_no_range_are_refused_with_a_sentence(
    ask: Range, path: str, query: dict[str, str], pointer: str, says: str
) -> None:
    status, told = ask(path, **query)
    assert (status, told["code"]) == (422, "invalid_input")
    (mistake,) = told["errors"]
    assert mistake["pointer"] == pointer
    assert says in mistake["detail"]


@pytest.mark.parametrize("path", ["/money-flow", "/payouts", "/payouts/po_1", "/entries"])
def test_what_an_address_does_not_take_is_refused(ask: Range, path: str) -> None:
    status, told = ask(path, from_=day(0), to=day(0), colour="red")
    assert (status, told["code"]) == (422, "unknown_parameter")


@pytest.mark.parametrize("path", ["/money-flow", "/payouts", "/payouts/po_1", "/entries"])
def test_managers_see_none_of_it(ask: Range, path: str) -> None:
    status, told = ask(path, by="manager", from_=day(0), to=day(0))
    assert (status, told["code"]) == (403, "forbidden")


def test_a_year_is_one_range(morning: Morning, ask: Range) -> None:
    a_week(morning)
    told = ask.flow(-365, 0)
    assert len(told["days"]) == 2 * 366
    assert [each["closing"] for each in told["totals"]] == [5_325, 650]
    assert told["totals"][0]["before"] is None


def test_a_day_that_differs_or_was_not_compared_says_so(morning: Morning, ask: Range) -> None:
    a_week(morning)
    found = Reconciliation(
        DIFFERENCES, start_s=DAY.start_s, end_s=DAY.end_s, checked_at_s=DAY.end_s + DAY_S
    )
    morning.sync_state.put_reconciliations("demo", {day(0): found})
    assert "not connected to Stripe" in ask.flow(-4, -4)["days"][0]["why"]
    just_synced(morning)
    told = ask.flow(-4, 0)
    by_day = {each["date"]: (each["status"], each["why"]) for each in told["days"]}
    assert by_day[day(0)] == ("differences", None)
    assert by_day[day(-1)] == ("reconciled", None)
    assert by_day[day(-4)] == ("pending", "No sync has compared this day with Stripe yet.")
    assert told["comparison"]["status"] == "differences"
    assert told["comparison"]["pending"] == 1


def test_no_entry_is_read_where_the_sums_are_there(
    morning: Morning, ask: Range, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_week(morning)

    def read(*_: Any, **__: Any) -> Any:
        raise AssertionError("an entry was read")

    monkeypatch.setattr("shared.adapters.ledger_store.LedgerStore._iterate_day", read)
    assert ask.flow(-365, 0)["totals"][0]["closing"] == 5_325


def test_days_of_an_earlier_release_are_added_up_once(
    morning: Morning, ask: Range, table: Any
) -> None:
    a_week(morning)
    expected = ask.flow(-4, 0)
    kept = {key: item for key, item in table.items().items() if "#ledger-quarters#" in key[0]}
    assert kept
    saved = table.save()
    for pk, sk in kept:
        BookingsTable(morning.config)._model(pk, sk).delete()
    # One day has a part of its entries in its sums: an earlier release wrote the rest.
    partly = quarters_key("demo", "test", day(0))
    LedgerQuarters(morning.config).put("demo", partly.sk, [moved(7, "charge", 700, 50)], None)
    assert ask.flow(-4, 0) == {**expected, "generated_at": ask.flow(-4, 0)["generated_at"]}
    again = {key: item for key, item in table.items().items() if "#ledger-quarters#" in key[0]}
    assert {key: json.loads(each["body"]) for key, each in again.items()} == {
        key: json.loads(each["body"]) for key, each in kept.items()
    }
    table.restore(saved)


def test_a_year_costs_the_same_calls_however_much_moved(
    morning: Morning, ask: Range, table: Any, clients: Any
) -> None:
    a_week(morning)
    just_synced(morning)
    ask.flow(-365, 0)
    meter = Meter(table, clients)
    with meter.counting():
        ask.flow(-365, 0)
    quiet = meter.cost
    morning.enter(*(moved(at, "charge", 1_000 + at, 40, -at % 5) for at in range(100, 300)))
    with meter.counting():
        ask.flow(-365, 0)
    assert meter.cost == quiet
    assert (quiet.calls, quiet.units) == (17, 0)


def test_an_entry_is_written_with_its_sums_and_its_place(
    morning: Morning, table: Any, clients: Any
) -> None:
    morning.enter(moved(1, "charge", 900, 40, booking_id="bk_1"))
    meter = Meter(table, clients)
    with meter.counting():
        morning.ledger.put_entries("demo", [moved(2, "charge", 900, 40, booking_id="bk_1")])
    assert meter.cost.units == 8
