"""What is learned after a day's report: told, counted, broken down, and in clients' money."""

import json
from copy import replace
from typing import Any

import pytest

from shared.adapters.ledger_attributions import Attributions
from shared.domain.dates.report_day import LocalDay
from shared.domain.ledger.money_flow import MAX_LISTED
from tests.builders import booking
from tests.domain.ledger_entries import entry
from tests.surroundings.kept import keep
from tests.surroundings.morning import MORNING_H, Morning, text_of

pytestmark = pytest.mark.enable_socket


def payment(name: str, created_s: int, minor: int = 5000, **changed: Any) -> Any:
    facts = {"balance_transaction": f"txn_{name}", "charge": f"ch_{name}", "source": f"ch_{name}"}
    facts |= {"booking_id": f"bk_{name}", "purpose": "prepayment"}
    return entry("charge", minor, 145, **{**facts, "created_s": created_s, **changed})


def refund(name: str, created_s: int, minor: int = 5000) -> Any:
    return entry(
        "refund",
        -minor,
        balance_transaction=f"txn_re_{name}",
        charge=f"ch_{name}",
        refund=f"re_{name}",
        source=f"re_{name}",
        booking_id=f"bk_{name}",
        created_s=created_s,
    )


def report_of(morning: Morning, now: Any, day: LocalDay) -> Any:
    """Let the morning after a day come; return the JSON file of its report."""
    now.now_s = day.end_s + MORNING_H * 3600
    assert morning.order(day) == {"batchItemFailures": []}
    file = f"demo/test/{day.day}/morning/money-flow-demo-{day.day}-TEST.json"
    return json.loads(morning.files()[file])


def last_text(morning: Morning) -> str:
    return text_of(morning.mails()[-1], "plain").replace("\xa0", " ")


def money_of(report: Any) -> list[tuple[int, ...]]:
    names = ("opening", "came_late", "received", "used", "refunded", "closing")
    return [tuple(each[name] for name in names) for each in report["client_money"]]


def book(morning: Morning, name: str, visit_s: int) -> None:
    keep(morning.store, booking(f"bk_{name}", starts_at_s=visit_s))


# ------------------------------------------------------------------ clients' money


def test_money_that_came_after_its_days_report_is_held_until_it_goes_back(
    morning: Morning, now: Any
) -> None:
    """Bug: its refund made clients' money negative until the visit, as "equal to Stripe"."""
    first, second, third = morning.next_days(0, 2)
    book(morning, "late", third.end_s + 86_400)
    assert money_of(report_of(morning, now, first)) == []
    morning.enter(payment("late", first.start_s + 3600), refund("late", second.start_s + 3600))
    assert money_of(report_of(morning, now, second)) == [(5000, 5000, 0, 0, 5000, 0)]
    assert "The opening has 50,00 € that came late" in last_text(morning)
    assert money_of(report_of(morning, now, third)) == []


def test_late_money_is_told_once_and_used_with_its_visit(morning: Morning, now: Any) -> None:
    first, second, third, last = morning.next_days(0, 3)
    book(morning, "late", last.start_s + 3600)
    report_of(morning, now, first)
    morning.enter(payment("late", first.start_s + 3600))
    told = [money_of(report_of(morning, now, day)) for day in (second, third, last)]
    assert told == [
        [(5000, 5000, 0, 0, 0, 5000)],
        [(5000, 0, 0, 0, 0, 5000)],
        [(5000, 0, 0, 5000, 0, 0)],
    ]


def test_a_refund_that_came_late_lowers_the_opening(morning: Morning, now: Any) -> None:
    first, second = morning.next_days(0, 1)
    book(morning, "back", second.end_s + 86_400)
    morning.enter(payment("back", first.start_s + 60))
    told = report_of(morning, now, first)
    assert money_of(told) == [(0, 0, 5000, 0, 0, 5000)]
    assert [each["why_negative"] for each in told["client_money"]] == [None]
    morning.enter(refund("back", first.start_s + 120, 2000))
    assert money_of(report_of(morning, now, second)) == [(3000, -2000, 0, 0, 0, 3000)]


def test_late_money_of_a_visit_that_is_over_is_in_no_opening(morning: Morning, now: Any) -> None:
    first, second = morning.next_days(0, 1)
    book(morning, "over", first.end_s - 60)
    report_of(morning, now, first)
    morning.enter(payment("over", first.start_s + 60))
    assert money_of(report_of(morning, now, second)) == []


def test_less_than_nothing_is_held_only_with_its_reason(morning: Morning, now: Any) -> None:
    first = morning.day
    book(morning, "odd", first.end_s + 86_400)
    morning.enter(refund("odd", first.start_s + 60))
    told = report_of(morning, now, first)
    assert money_of(told) == [(0, 0, 0, 0, 5000, -5000)]
    why = "a refund or a dispute is here and its payment is not"
    assert why in last_text(morning)
    # Bug: the file for machines had the negative figure alone.
    [money] = told["client_money"]
    assert why in money["why_negative"]


@pytest.mark.parametrize("broken", [None, b"{", b'{"at_s": 1, "held": []}', b"[]"])
def test_a_carried_figure_that_cannot_be_read_is_worked_out_anew(
    morning: Morning, now: Any, broken: bytes | None
) -> None:
    """Bug: one bad file kept every morning's report back for a month."""
    first, second = morning.next_days(0, 1)
    book(morning, "held", second.end_s + 86_400)
    morning.enter(payment("held", first.start_s + 60))
    report_of(morning, now, first)
    key = f"demo/test/{first.day}/morning/prepaid.json"
    if broken is None:
        morning.s3.delete_object(Bucket="reports", Key=key)
    else:
        morning.s3.put_object(Bucket="reports", Key=key, Body=broken)
    assert money_of(report_of(morning, now, second)) == [(5000, 0, 0, 0, 0, 5000)]
    assert "worked out anew from the ledger" in last_text(morning)


def test_a_visit_that_has_begun_and_is_still_held_keeps_no_report_back(
    morning: Morning, now: Any
) -> None:
    first, second = morning.next_days(0, 1)
    report_of(morning, now, first)
    held = {"booking_id": "bk_1", "currency": "eur", "visit_s": first.start_s, "amount_minor": 9}
    wrong = {"at_s": first.end_s, "counted": 0, "held": [held]}
    key = f"demo/test/{first.day}/morning/prepaid.json"
    morning.s3.put_object(Bucket="reports", Key=key, Body=json.dumps(wrong).encode())
    assert money_of(report_of(morning, now, second)) == []


# ------------------------------------------------------------------ corrections


def test_more_late_entries_than_are_listed_are_all_told_and_the_next_ones_too(
    morning: Morning, now: Any
) -> None:
    """Bug: beyond a thousand of a day, what came later was in no report, without a word."""
    first, second, third, fourth = morning.next_days(0, 3)
    report_of(morning, now, first)
    late = [payment(f"{at:04d}", first.start_s + at, 100 + at) for at in range(1040)]
    morning.enter(*late[:1020])
    told = report_of(morning, now, second)
    assert len(told["corrections"]) == MAX_LISTED
    assert told["left_out"]["corrections"] == 1020 - MAX_LISTED
    [sums] = told["corrected_days"]
    assert (sums["reported_date"], sums["count"]) == (first.day.isoformat(), 1020)
    assert sums["net"] == sum(each.net_minor for each in late[:1020])
    assert f"{1020 - MAX_LISTED} more are not listed here" in last_text(morning)
    morning.enter(*late[1020:])
    told = report_of(morning, now, third)
    assert [each["entry_id"] for each in told["corrections"]] == [
        each.balance_transaction for each in late[1020:]
    ]
    told = report_of(morning, now, fourth)
    assert (told["corrections"], told["corrected_days"]) == ([], [])


def test_what_came_late_to_another_balance_is_told_and_in_no_sum(
    morning: Morning, now: Any
) -> None:
    """Bug: a reserve that came late added up to nothing, though the opening was 5.00 lower."""
    first, second = morning.next_days(0, 1)
    report_of(morning, now, first)
    facts: dict[str, Any] = {"type": "reserve_hold", "reporting_category": "risk_reserved_funds"}
    facts["created_s"] = first.start_s + 60
    held = entry("fee", -500, balance_transaction="txn_a", **facts)
    reserved = entry("fee", 500, balance_transaction="txn_b", balance_type="risk_reserved", **facts)
    morning.enter(held, reserved)
    told = report_of(morning, now, second)
    assert [each["balance"] for each in told["corrections"]] == ["payments", "risk_reserved"]
    [sums] = told["corrected_days"]
    assert (sums["count"], sums["net"]) == (1, -500)
    assert "One entry is of another of Stripe's balances" in last_text(morning)


def test_a_report_says_since_when_days_were_compared_again(morning: Morning, now: Any) -> None:
    first, second = morning.next_days(0, 1)
    assert report_of(morning, now, first)["corrections_since"] is None
    assert report_of(morning, now, second)["corrections_since"] == first.day.isoformat()
    assert f"The days reported since {first.day:%d.%m.%Y} were compared again" in last_text(morning)


def test_reported_lines_that_are_lost_keep_no_report_back_and_are_named(
    morning: Morning, now: Any
) -> None:
    first, second = morning.next_days(0, 1)
    morning.enter(payment("1", first.start_s + 60))
    report_of(morning, now, first)
    key = f"demo/test/{first.day}/morning/money-flow-demo-{first.day}-TEST.csv"
    morning.s3.delete_object(Bucket="reports", Key=key)
    morning.enter(payment("2", first.start_s + 120))
    told = report_of(morning, now, second)
    assert told["corrections_unread"] == [first.day.isoformat()]
    assert f"What came late to {first.day:%d.%m.%Y} is not known" in last_text(morning)


# ------------------------------------------------------------------ what it was for, learned late


def learn(morning: Morning, *entries: Any, booking_id: str, service: str = "cut") -> None:
    """Let it become known what entries were for, as a sync would write it."""
    found = morning.ledger.find_known("demo", entries)
    changes: dict[str, Any] = {
        "booking_id": booking_id,
        "service_id": service,
        "employee_id": "anna",
    }
    later = [replace(each, **changes, purpose="prepayment") for each in found.values()]
    assert Attributions(morning.config).put("demo", later) == len(later)


def unknown(name: str, created_s: int, minor: int = 5000) -> Any:
    return payment(name, created_s, minor, booking_id=None, purpose="")


def reattributed(report: Any) -> list[tuple[Any, ...]]:
    return [
        (
            *(each["reported_date"], each["entry_id"], each["reported_as"]["booking_id"]),
            *(each["booking_id"], each["service"], each["purpose"]),
        )
        for each in report["reattributions"]
    ]


def test_whose_money_it_was_learned_after_its_report_is_told_once_and_changes_no_sum(
    morning: Morning, now: Any
) -> None:
    first, second, third = morning.next_days(0, 2)
    book(morning, "1", third.end_s + 86_400)
    entry = unknown("1", first.start_s + 60)
    morning.enter(entry, unknown("2", first.start_s + 61, 700))
    before = report_of(morning, now, first)
    assert [each["service_id"] for each in before["currencies"][0]["by_service"]] == [None]
    learn(morning, entry, booking_id="bk_1")
    told = report_of(morning, now, second)
    day = first.day.isoformat()
    assert reattributed(told) == [(day, "txn_1", None, "bk_1", "cut", "prepayment")]
    [sums] = told["reattributed_days"]
    assert sums == {
        "reported_date": day,
        "currency": "eur",
        "count": 1,
        "gross": 5000,
        "fee": 145,
        "net": 4855,
    }
    assert (told["corrections"], told["corrected_days"]) == ([], [])
    text = last_text(morning)
    assert "DAYS ALREADY REPORTED, WITH A NEW BREAKDOWN" in text
    assert f"{first.day:%d.%m.%Y} 48,55 € net in one entry" in text
    assert "The day's totals stay as they were" in text
    assert "Reported as: no booking, Belongs to: Paid in full online, cut, anna <" in text
    # Clients' money had it under no booking.
    assert money_of(told) == [(5000, 5000, 0, 0, 0, 5000)]
    again = report_of(morning, now, third)
    assert (again["reattributions"], again["reattributed_days"]) == ([], [])
    assert money_of(again) == [(5000, 0, 0, 0, 0, 5000)]
    # The day itself, as the console shows it, is broken down as is known by now.
    shown = morning.get_json(f"/{day}")["currencies"][0]
    assert [(each["service_id"], each["amount"]) for each in shown["by_service"]] == [
        ("cut", 5000),
        (None, 700),
    ]
    assert shown["net"] == before["currencies"][0]["net"]


def test_what_is_learned_twice_is_told_twice_and_each_time_against_the_last_word(
    morning: Morning, now: Any
) -> None:
    first, second, third = morning.next_days(0, 2)
    entry = unknown("1", first.start_s + 60)
    morning.enter(entry)
    report_of(morning, now, first)
    learn(morning, entry, booking_id="bk_1")
    day = first.day.isoformat()
    told = reattributed(report_of(morning, now, second))
    assert told == [(day, "txn_1", None, "bk_1", "cut", "prepayment")]
    learn(morning, entry, booking_id="bk_2")
    told = reattributed(report_of(morning, now, third))
    assert told == [(day, "txn_1", "bk_1", "bk_2", "cut", "prepayment")]


def test_what_came_late_and_is_learned_later_is_told_as_each(morning: Morning, now: Any) -> None:
    first, second, third, fourth = morning.next_days(0, 3)
    report_of(morning, now, first)
    entry = unknown("1", first.start_s + 60)
    morning.enter(entry)
    told = report_of(morning, now, second)
    assert ([each["entry_id"] for each in told["corrections"]], reattributed(told)) == (
        ["txn_1"],
        [],
    )
    learn(morning, entry, booking_id="bk_1")
    told = report_of(morning, now, third)
    day = first.day.isoformat()
    assert (told["corrections"], reattributed(told)) == (
        [],
        [(day, "txn_1", None, "bk_1", "cut", "prepayment")],
    )
    told = report_of(morning, now, fourth)
    assert (told["corrections"], told["reattributions"]) == ([], [])


def test_what_is_learned_before_its_days_report_is_in_it_and_nothing_is_told(
    morning: Morning, now: Any
) -> None:
    first, second = morning.next_days(0, 1)
    entry = unknown("1", first.start_s + 60)
    morning.enter(entry)
    learn(morning, entry, booking_id="bk_1")
    shares = report_of(morning, now, first)["currencies"][0]["by_service"]
    assert [each["service_id"] for each in shares] == ["cut"]
    # Its lines need not be read again: they are as many, and no more was learned of them.
    key = f"demo/test/{first.day}/morning/money-flow-demo-{first.day}-TEST.csv"
    morning.s3.delete_object(Bucket="reports", Key=key)
    told = report_of(morning, now, second)
    assert (told["reattributions"], told["corrections_unread"]) == ([], [])


def test_more_that_is_learned_late_than_is_listed_is_counted_and_said(
    morning: Morning, now: Any
) -> None:
    first, second, third = morning.next_days(0, 2)
    many = [unknown(f"{at:04d}", first.start_s + at, 100 + at) for at in range(MAX_LISTED + 20)]
    morning.enter(*many)
    report_of(morning, now, first)
    for start in range(0, len(many), 100):
        learn(morning, *many[start : start + 100], booking_id="bk_1")
    told = report_of(morning, now, second)
    assert len(told["reattributions"]) == MAX_LISTED
    assert told["left_out"]["reattributions"] == 20
    [sums] = told["reattributed_days"]
    assert (sums["count"], sums["net"]) == (len(many), sum(each.net_minor for each in many))
    assert "20 more are not listed here: those days' reports in the console" in last_text(morning)
    assert report_of(morning, now, third)["reattributed_days"] == []


def test_a_refund_that_is_learned_late_to_be_a_clients_lowers_what_was_held(
    morning: Morning, now: Any
) -> None:
    first, second = morning.next_days(0, 1)
    book(morning, "back", second.end_s + 86_400)
    back = replace(refund("back", first.start_s + 120), booking_id=None)
    morning.enter(payment("back", first.start_s + 60), back)
    assert money_of(report_of(morning, now, first)) == [(0, 0, 5000, 0, 0, 5000)]
    learn(morning, back, booking_id="bk_back")
    assert money_of(report_of(morning, now, second)) == [(0, -5000, 0, 0, 0, 0)]
    assert "or was matched to its booking late" in last_text(morning)
