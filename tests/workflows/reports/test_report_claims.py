"""What a report may claim: it says that it equals Stripe only where that was looked at."""

import base64
import csv
import io
from copy import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.booking_items import action_write
from shared.adapters.bookings_table import BookingsTable, Delete, Key
from shared.adapters.event_store import EventStore
from shared.adapters.location_store import LocationStore, location_put
from shared.domain.activity.needed_action import NeededAction
from shared.domain.dates.report_day import report_day
from shared.domain.errors import (
    BookpayError,
    StripeRefused,
    StripeUnavailable,
    UnreadableEvent,
    WriteConflict,
)
from shared.domain.ledger.balance_check import BalanceCheck, BalanceLine
from shared.domain.ledger.bank_payout import CANNOT_BE_ITEMISED, BankPayout
from shared.domain.ledger.money_flow import MAX_LISTED
from shared.domain.ledger.reconciliation import RECONCILED, Reconciliation
from shared.workflows.ledger.sync_ledger import LedgerSync
from shared.workflows.reports.read_report import MAX_ACTIONS
from shared.workflows.stripe_events.record_event import record
from tests.builders import booking, event
from tests.disputed import OPENED_S, dispute
from tests.domain.ledger_entries import entry
from tests.surroundings.kept import keep
from tests.surroundings.morning import DAY, MORNING_H, MORNING_S, NOON_S, Morning, text_of

pytestmark = pytest.mark.enable_socket
EQUAL = "all figures match Stripe"
UNFINISHED = "comparison with Stripe is not finished"


def paid(at: int, created_s: int, minor: int = 5000, **changed: Any) -> Any:
    name = f"{at:03d}"
    facts = {"balance_transaction": f"txn_{name}", "charge": f"ch_{name}", "source": f"ch_{name}"}
    return entry("charge", minor, 145, **{**facts, "created_s": created_s, **changed})


def last_text(morning: Morning) -> str:
    return text_of(morning.mails()[-1], "plain").replace("\xa0", " ")


def send(morning: Morning, now: Any, at: int) -> str:
    """Let the morning after the day `at` days later come; return its mail."""
    (day,) = morning.next_days(at, at)
    now.now_s = day.end_s + MORNING_H * 3600
    morning.order(day)
    return last_text(morning)


def file_of(morning: Morning, wanted: str) -> str:
    answer = morning.get("/2026-11-21", format=wanted)
    body = answer["body"]
    return base64.b64decode(body).decode() if answer["isBase64Encoded"] else str(body)


def move(morning: Morning, timezone: str) -> None:
    """Change the location's time zone."""
    stored = LocationStore(morning.config).get_location("demo")
    assert stored
    morning.location = replace(stored.location, timezone=timezone)
    put = location_put(morning.location, stored.version)
    BookingsTable(morning.config).put([put])


# ------------------------------------------------------------------ equal to Stripe, as of when


def test_a_day_that_was_last_compared_at_noon_is_not_said_to_equal_stripe(
    morning: Morning, now: Any
) -> None:
    """At night Stripe did not answer: what came after noon is not known."""
    now.now_s = NOON_S
    morning.enter(paid(1, NOON_S - 60))
    now.now_s = MORNING_S
    morning.order()
    text = last_text(morning)
    assert UNFINISHED in text
    assert EQUAL not in text
    assert "Difference from Stripe: not compared" in text
    assert "not compared with Stripe" in morning.mails()[-1]["Subject"]
    shown = morning.get_json("/2026-11-21")
    assert shown["reconciliation"]["status"] == "pending"
    assert shown["currencies"][0]["balance"]["difference_to_stripe"] is None


def test_a_day_that_was_compared_after_its_end_equals_stripe(morning: Morning) -> None:
    morning.enter(paid(1, NOON_S))
    morning.order()
    assert EQUAL in last_text(morning)
    assert "compared" not in morning.mails()[-1]["Subject"]
    assert "Difference from Stripe: 0,00" in last_text(morning)


@pytest.mark.parametrize(("after_s", "claims"), [(3, False), (3599, False), (3600, True)])
def test_a_claim_is_no_older_than_what_stripe_takes_to_list(
    morning: Morning, now: Any, after_s: int, claims: bool
) -> None:
    """Bug: it was compared 3 s after midnight; what Stripe listed then was never asked for."""
    now.now_s = DAY.end_s + after_s
    morning.enter(paid(1, NOON_S))
    now.now_s = MORNING_S
    morning.order()
    assert (EQUAL in last_text(morning)) is claims
    assert (UNFINISHED in last_text(morning)) is not claims


def test_a_report_right_after_midnight_may_say_what_it_just_compared(
    morning: Morning, now: Any
) -> None:
    now.now_s = DAY.end_s + 10
    morning.enter(paid(1, NOON_S))
    morning.order()
    assert EQUAL in last_text(morning)


def test_an_open_day_that_was_compared_an_hour_ago_is_pending(morning: Morning, now: Any) -> None:
    now.now_s = NOON_S
    morning.enter(paid(1, NOON_S - 60))
    assert morning.get_json("/2026-11-21")["reconciliation"]["status"] == "reconciled"
    now.now_s = NOON_S + 3600
    assert morning.get_json("/2026-11-21")["reconciliation"]["status"] == "pending"


@pytest.mark.parametrize(
    "trouble",
    [
        StripeUnavailable("no answer"),
        StripeRefused("no", code="api_key_expired"),
        UnreadableEvent("/available/0/amount: is no integer"),
        WriteConflict("the hourly sync was faster"),
    ],
)
def test_a_morning_whose_sync_fails_has_its_report_and_says_that_it_was_not_compared(
    morning: Morning, now: Any, monkeypatch: pytest.MonkeyPatch, trouble: BookpayError
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise trouble

    now.now_s = NOON_S
    morning.enter(paid(1, NOON_S - 60))
    now.now_s = MORNING_S
    monkeypatch.setattr(LedgerSync, "sync", fail)
    assert morning.order() == {"batchItemFailures": []}
    assert UNFINISHED in last_text(morning)
    shown = morning.get_json("/2026-11-21")
    assert (shown["final"], shown["reconciliation"]["status"]) == (True, "pending")


def test_without_a_comparison_nobody_is_told_that_no_money_moved(
    morning: Morning, now: Any
) -> None:
    now.now_s = NOON_S
    morning.agree()
    now.now_s = MORNING_S
    morning.order()
    assert UNFINISHED in last_text(morning)
    assert "No money moved on this day" not in last_text(morning)


def test_a_balance_that_differs_on_a_quiet_day_is_said_first(morning: Morning) -> None:
    morning.enter(paid(1, DAY.start_s - 3600))
    morning.agree(differing_minor=-7)
    morning.order()
    text = last_text(morning)
    assert "differs from Stripe's balance" in text
    assert "No money moved on this day" not in text
    shown = morning.get_json("/2026-11-21")
    assert shown["reconciliation"]["status"] == "differences"
    assert [each["balance"]["difference_to_stripe"] for each in shown["currencies"]] == [-7]


def test_money_that_moved_while_balances_were_taken_is_no_difference(morning: Morning) -> None:
    morning.enter(paid(1, NOON_S))
    lines = (BalanceLine("eur", 9_710, 4_855),)
    morning.sync_state.put_balance_check("demo", BalanceCheck(MORNING_S, False, lines))
    morning.order()
    (mail,) = morning.mails()
    assert "differences" not in mail["Subject"]
    assert UNFINISHED in last_text(morning)


def test_entries_of_another_balance_are_named(morning: Morning) -> None:
    reserve: dict[str, Any] = {"type": "reserve_hold", "reporting_category": "risk_reserved_funds"}
    facts: dict[str, Any] = {"balance_transaction": "txn_held", "balance_type": "risk_reserved"}
    held = entry("fee", 900, created_s=NOON_S, **reserve, **facts)
    morning.enter(paid(1, NOON_S), held)
    morning.order()
    assert "1 entry of another of Stripe's balances" in last_text(morning)


def test_lines_tell_which_balance_moved_and_those_of_payments_add_up(morning: Morning) -> None:
    """Bug: the sum of the CSV's lines was more than the report's figure, with nothing to see."""
    fact: dict[str, Any] = {"type": "reserve_hold", "reporting_category": "risk_reserved_funds"}
    held = entry("fee", -500, balance_transaction="txn_a", created_s=NOON_S, **fact)
    other = replace(held, balance_transaction="txn_b", balance_type="risk_reserved")
    other = replace(other, amount_minor=500, net_minor=500)
    morning.enter(paid(1, NOON_S), held, other)
    shown = morning.get_json("/2026-11-21")
    assert len(shown["entries"]) == shown["entries_total"] == 3
    lines = csv.DictReader(io.StringIO(file_of(morning, "csv")))
    sums = {"payments": 0, "risk_reserved": 0}
    for line in lines:
        sums[line["balance"]] += int(line["net_minor"])
    assert sums == {"payments": shown["currencies"][0]["net"], "risk_reserved": 500}
    assert sums["payments"] == sum(
        each["net"] for each in shown["entries"] if each["balance"] == "payments"
    )


# ------------------------------------------------------------------ what lists leave out


def test_every_list_counts_what_it_leaves_out(morning: Morning) -> None:
    """Bug: 520 refunds were listed as 500, needed actions as 100, open disputes as 100."""
    refunds = [
        entry("refund", -100, balance_transaction=f"txn_{at:03d}", created_s=NOON_S + at)
        for at in range(MAX_LISTED + 20)
    ]
    morning.enter(*refunds)
    table = BookingsTable(morning.config)
    action = NeededAction("overpaid", {})
    for at in range(MAX_ACTIONS + 3):
        table.put([action_write("demo", f"charge#ch_{at:03d}", (action,), NOON_S + at)])
    shown = morning.get_json("/2026-11-21")
    assert len(shown["refunds"]) == MAX_LISTED
    assert len(shown["needs_action"]) == MAX_ACTIONS
    assert (shown["left_out"]["refunds"], shown["left_out"]["needs_action"]) == (20, 3)
    page = file_of(morning, "html")
    assert "20 more are not listed here: the lines of the CSV file have all." in page
    assert "3 more are not listed here: these are the newest; the console" in page


def test_all_open_disputes_are_listed_and_beyond_the_bound_counted(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: the hundredth open dispute was the last, without a word."""
    monkeypatch.setattr("shared.adapters.bookings_table.PAGE_ITEMS", 2)
    for number in range(5):
        told = event("charge.dispute.created", dispute(number, created=OPENED_S + number))
        record("demo", {**told, "id": f"evt_dp_{number}"}, EventStore(morning.config))
    shown = morning.get_json("/2026-11-21")
    listed = [f"dp_{number}" for number in range(5)]
    assert [each["stripe_dispute_id"] for each in shown["disputes"]] == listed
    assert shown["left_out"]["disputes"] == 0
    monkeypatch.setattr("shared.workflows.reports.open_bookings.MAX_LISTED", 3)
    shown = morning.get_json("/2026-11-21")
    assert [each["stripe_dispute_id"] for each in shown["disputes"]] == listed[:3]
    assert shown["left_out"]["disputes"] == 2
    assert "2 more are not listed here: the console" in file_of(morning, "html")


def test_a_day_with_many_payouts_lists_them_and_counts_the_rest(morning: Morning) -> None:
    for at in range(MAX_LISTED + 2):
        morning.payouts.put_payout("demo", payout(payout=f"po_{at}", created_s=NOON_S + at), None)
    shown = morning.get_json("/2026-11-21")
    assert (len(shown["payouts"]), shown["left_out"]["payouts"]) == (MAX_LISTED, 2)


def test_a_payout_that_stripe_has_not_reconciled_is_awaited(morning: Morning) -> None:
    """Bug: it had no items, and could not be itemised."""
    morning.payouts.put_payout("demo", payout(), None)
    by_hand = payout(payout="po_2", automatic=False, itemisation=CANNOT_BE_ITEMISED)
    morning.payouts.put_payout("demo", by_hand, None)
    morning.enter()
    morning.order()
    text = last_text(morning)
    assert "Reconciles: awaited" in text
    assert "Reconciles: cannot be itemised" in text
    assert "Entries: 0" not in text


# ------------------------------------------------------------------ days that no report has


def test_what_comes_after_ten_days_without_stripe_is_corrected_on_every_day(
    morning: Morning, now: Any
) -> None:
    """The key was refused for ten days, and each morning's report went out without its money."""
    for at in range(10):
        send(morning, now, at)
    days = morning.next_days(0, 9)
    morning.enter(*(paid(at, day.start_s + 3600) for at, day in enumerate(days)))
    text = send(morning, now, 10)
    assert [at for at in range(10) if f"txn_{at:03d}" not in text] == []


def test_a_day_without_a_report_is_named_in_the_next_one(morning: Morning, now: Any) -> None:
    assert "in no morning's report" not in send(morning, now, 0)
    assert "in no morning's report" not in send(morning, now, 1)
    # Of the third day none could be made.
    text = send(morning, now, 3)
    assert "in no morning's report" in text
    assert "24.11.2026" in text or "24.11.26" in text
    assert "in no morning's report" not in send(morning, now, 4)


def test_after_a_move_a_day_is_equal_only_where_all_of_its_hours_were_compared(
    morning: Morning, now: Any
) -> None:
    """Bug: the sync's day of the same date stood for hours that nobody had compared."""
    move(morning, "Europe/Berlin")
    day, after = morning.next_days(0, 1)
    now.now_s = after.end_s + MORNING_H * 3600
    morning.enter(paid(1, day.start_s + 12 * 3600))
    for each in morning.next_days(-3, 3):
        if each != day:
            key = Key("demo#reconciliations#test", each.day.isoformat())
            BookingsTable(morning.config).put([Delete(key)])
    morning.order(day, run="berlin")
    assert EQUAL in last_text(morning)
    move(morning, "America/New_York")
    morning.order(day, run="moved")
    assert UNFINISHED in last_text(morning)
    # Its last hours are of the day after, as it was compared before the move.
    found = Reconciliation(
        RECONCILED, checked_at_s=now.now_s, start_s=after.start_s, end_s=after.end_s
    )
    morning.sync_state.put_reconciliations("demo", {after.day.isoformat(): found})
    morning.order(day, run="compared")
    assert EQUAL in last_text(morning)


def test_after_a_move_to_the_west_the_hours_between_are_named(morning: Morning, now: Any) -> None:
    move(morning, "Europe/Berlin")
    send(morning, now, 0)
    move(morning, "America/New_York")
    assert "in no morning's report" in send(morning, now, 1)


def test_after_a_move_to_the_east_nothing_is_counted_twice_unsaid(
    morning: Morning, now: Any
) -> None:
    move(morning, "America/New_York")
    (first,) = morning.next_days(0, 0)
    visit_s = first.end_s + 30 * 86_400
    keep(morning.store, booking("bk_1", starts_at_s=visit_s))
    morning.enter(paid(1, first.end_s - 3600, booking_id="bk_1"))
    assert "Received: 50,00" in send(morning, now, 0).replace("\N{EURO SIGN}", "")
    move(morning, "Europe/Berlin")
    text = send(morning, now, 1).replace("\N{EURO SIGN}", "")
    assert "is in both" in text
    # Clients' money goes on where the report before ended.
    assert "Opening: 50,00 , Received: 0,00 , Used: 0,00 , Refunded: 0,00 , Closing: 50,00" in text
    assert "in no morning's report" not in text


def test_a_change_of_the_time_zone_corrects_nothing_that_was_reported(
    morning: Morning, now: Any
) -> None:
    move(morning, "America/New_York")
    first, second = morning.next_days(0, 1)
    morning.enter(paid(1, first.start_s + 60), paid(2, second.start_s + 60))
    send(morning, now, 0)
    send(morning, now, 1)
    move(morning, "Asia/Tokyo")
    assert "CORRECTIONS" not in send(morning, now, 2)


# ------------------------------------------------------------------ payouts


def payout(**changed: Any) -> BankPayout:
    made = BankPayout(
        payout="po_1",
        amount_minor=4_855,
        currency="eur",
        created_s=NOON_S - 3 * 86_400,
        arrival_date_s=report_day(DAY.day, "UTC").start_s,
        status="paid",
        automatic=True,
        livemode=False,
    )
    return replace(made, **changed)


@pytest.mark.parametrize("timezone", ["America/New_York", "Europe/Berlin", "Pacific/Auckland"])
def test_a_payout_is_listed_on_the_day_of_its_arrival_everywhere(
    morning: Morning, timezone: str
) -> None:
    """Stripe gives the day as a midnight of UTC."""
    move(morning, timezone)
    morning.payouts.put_payout("demo", payout(), None)
    assert [each["payout"] for each in morning.get_json("/2026-11-21")["payouts"]] == ["po_1"]
    next_day = (DAY.day + timedelta(days=1)).isoformat()
    assert morning.get_json(f"/{next_day}")["payouts"] == []


def test_a_payout_that_comes_back_is_listed_on_the_day_that_it_does(morning: Morning) -> None:
    failed = payout(
        created_s=NOON_S - 9 * 86_400,
        arrival_date_s=DAY.start_s - 6 * 86_400,
        status="failed",
        failure_code="account_closed",
    )
    morning.payouts.put_payout("demo", failed, None)
    back = entry(
        "payout_reversal",
        4_855,
        type="payout_failure",
        balance_transaction="txn_back",
        created_s=NOON_S,
        payout="po_1",
        source="po_1",
    )
    morning.enter(back)
    (listed,) = morning.get_json("/2026-11-21")["payouts"]
    assert (listed["payout"], listed["status"]) == ("po_1", "failed")
