"""What comes late to days that are not compared line by line any more is counted and said."""

from typing import Any

import pytest

from shared.workflows.reports import corrections
from tests.surroundings.morning import Morning
from tests.workflows.reports.test_late_entries import last_text, payment, report_of

pytestmark = pytest.mark.enable_socket


def test_what_comes_late_to_a_day_too_long_ago_to_compare_is_counted_once(
    morning: Morning, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: the opening was higher, no report named the entry, and nothing said so."""
    monkeypatch.setattr(corrections, "CORRECTION_DAYS", 2)
    days = morning.next_days(0, 4)
    for day in days[:3]:
        assert report_of(morning, now, day)["corrections_before"] == []
    late = [payment(f"a{at}", days[0].start_s + 60 + at) for at in range(2)]
    # The last hour of a day that is just not compared any more, and the first of one that is.
    late += [payment("b", days[0].end_s - 60), payment("c", days[1].start_s + 60)]
    morning.enter(*late, payment("today", days[3].start_s + 60))
    told = report_of(morning, now, days[3])
    assert [each["entry_id"] for each in told["corrections"]] == ["txn_c"]
    assert told["corrections_before"] == [
        {
            "currency": "eur",
            "count": 3,
            "net": 3 * 4855,
            "from": "2026-11-20",
            "to": "2026-11-21",
        }
    ]
    assert "3 entries of 145,65 € net that came late to days from 20.11.2026" in last_text(morning)
    assert report_of(morning, now, days[4])["corrections_before"] == []
    assert "Not among these lines" not in last_text(morning)


def test_what_comes_late_beyond_the_entries_that_are_compared_is_counted(
    morning: Morning, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "CORRECTION_ENTRIES", 2)
    days = morning.next_days(0, 3)
    many = [payment(f"{at}", days[2].start_s + 3600 + at) for at in range(3)]
    morning.enter(payment("first", days[0].start_s + 3600), *many)
    for day in days[:3]:
        report_of(morning, now, day)
    morning.enter(payment("a", days[0].start_s + 7200), payment("b", days[2].start_s + 7200))
    told = report_of(morning, now, days[3])
    # However many the newest reported day has, it is compared.
    assert told["corrections_since"] == days[2].day.isoformat()
    assert [each["entry_id"] for each in told["corrections"]] == ["txn_b"]
    assert [(each["count"], each["net"]) for each in told["corrections_before"]] == [(1, 4855)]


def test_where_the_kept_sums_are_lost_what_came_late_before_is_not_known(
    morning: Morning, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "CORRECTION_DAYS", 1)
    first, second, third = morning.next_days(0, 2)
    morning.enter(payment("1", first.start_s + 3600))
    report_of(morning, now, first)
    report_of(morning, now, second)
    key = f"demo/test/{second.day}/morning/days.json"
    morning.s3.delete_object(Bucket="reports", Key=key)
    told = report_of(morning, now, third)
    assert told["corrections_before"] is None
    assert "What came late to days before these is not known." in last_text(morning)
    assert "all figures match Stripe" not in last_text(morning)
