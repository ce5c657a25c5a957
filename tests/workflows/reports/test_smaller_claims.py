"""Where sums equal Stripe and something built on them is behind, a report claims that much less."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.adapters.sync_notes import BoundLate, SyncNotes
from shared.domain.dates.report_day import LocalDay
from tests.surroundings.morning import MORNING_H, Morning
from tests.workflows.reports.test_late_entries import book, last_text, payment, report_of

pytestmark = pytest.mark.enable_socket
EQUAL = "all figures match Stripe"
SMALLER = "The day's totals and balances match Stripe exactly."


def bound_late(morning: Morning, _before: LocalDay) -> None:
    """Of two payments it was learned whose they are, and no sync has taken them yet."""
    notes = [BoundLate(charge, "", 1, "evt_1") for charge in ("ch_a", "ch_b")]
    SyncNotes(morning.config).note_bound_late("demo", False, notes)


def lines_lost(morning: Morning, before: LocalDay) -> None:
    key = f"demo/test/{before.day}/morning/money-flow-demo-{before.day}-TEST.csv"
    morning.s3.delete_object(Bucket="reports", Key=key)
    morning.enter(payment("late", before.start_s + 120))


def held_lost(morning: Morning, before: LocalDay) -> None:
    key = f"demo/test/{before.day}/morning/prepaid.json"
    morning.s3.delete_object(Bucket="reports", Key=key)


BEHIND = [
    (bound_late, "bindings_awaited", "What 2 payments paid for became known late"),
    (lines_lost, "corrections_unread", "What came late to 2026-11-21 is not known"),
    (held_lost, "client_money_anew", "Clients' money is worked out anew"),
]


@pytest.mark.parametrize(("happen", "what", "says"), BEHIND)
@pytest.mark.parametrize("is_quiet", [False, True], ids=["a day with money", "a quiet day"])
def test_what_is_behind_is_in_the_sentence_of_a_day_whose_sums_are_equal(
    morning: Morning,
    now: Any,
    happen: Callable[[Morning, LocalDay], None],
    what: str,
    says: str,
    is_quiet: bool,
) -> None:
    """Bug: the mail said that every figure equals Stripe, and the breakdown was behind."""
    first, second = morning.next_days(0, 1)
    book(morning, "1", second.end_s + 86_400)
    morning.enter(payment("1", first.start_s + 60))
    if not is_quiet:
        morning.enter(payment("2", second.start_s + 60))
    report_of(morning, now, first)
    assert EQUAL in last_text(morning)
    now.now_s = second.end_s + MORNING_H * 3600
    happen(morning, first)
    morning.agree()
    told = report_of(morning, now, second)["reconciliation"]
    assert told["status"] == "reconciled"
    assert [each["what"] for each in told["behind"]] == [what]
    text = last_text(morning)
    assert EQUAL not in text
    assert f"{'No money moved on this day.' if is_quiet else SMALLER} {says}" in text


def test_what_is_no_more_behind_is_claimed_again(morning: Morning, now: Any) -> None:
    morning.enter(payment("1", morning.day.start_s + 60))
    bound_late(morning, morning.day)
    assert [
        each["what"] for each in report_of(morning, now, morning.day)["reconciliation"]["behind"]
    ]
    notes = SyncNotes(morning.config)
    notes.forget_bound_late("demo", False, notes.list_bound_late("demo", False))
    morning.order(run="again")
    assert EQUAL in last_text(morning)
