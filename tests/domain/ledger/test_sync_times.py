"""How often a ledger is synced: no location is ever forgotten, and none ordered twice."""

from copy import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.dates.instants import DAY_S, HOUR_S
from shared.domain.ledger.sync_times import (
    MARKED_FOR_S,
    MOVES_FOR_S,
    ORDER_LASTS_S,
    SyncTimes,
    is_sync_due,
    mark_until_s,
)

NOW_S = 1_800_000_000
past = st.integers(NOW_S - 60 * DAY_S, NOW_S)
times = st.builds(
    SyncTimes,
    synced_until_s=st.none() | past,
    is_open=st.booleans(),
    active_until_s=st.none() | st.integers(NOW_S - 60 * DAY_S, NOW_S + MARKED_FOR_S),
    ordered_at_s=st.none() | past,
)
HOUR_AGO, QUIET = NOW_S - HOUR_S, SyncTimes(NOW_S - HOUR_S, is_open=False, active_until_s=0)


@pytest.mark.parametrize(
    ("known", "due"),
    [
        (SyncTimes(), True),
        (SyncTimes(HOUR_AGO), True),
        (SyncTimes(HOUR_AGO, is_open=True, active_until_s=0), True),
        (SyncTimes(HOUR_AGO, is_open=False, active_until_s=NOW_S + 1), True),
        (SyncTimes(HOUR_AGO, is_open=False), True),
        (QUIET, False),
        (replace(QUIET, synced_until_s=NOW_S - DAY_S), True),
        # A report, or a person who looked, has just synced it.
        (SyncTimes(NOW_S - 600), False),
        # The order of the last tick waits for its turn; it was lost; it is done.
        (SyncTimes(HOUR_AGO - 60, ordered_at_s=HOUR_AGO), False),
        (SyncTimes(ordered_at_s=HOUR_AGO), False),
        (SyncTimes(ordered_at_s=NOW_S - ORDER_LASTS_S), True),
        (SyncTimes(HOUR_AGO + 60, ordered_at_s=HOUR_AGO), True),
    ],
)
def test_a_location_is_due_while_something_can_move_and_else_daily(
    known: SyncTimes, due: bool
) -> None:
    assert is_sync_due(known, NOW_S, has_report=False) is due


def test_an_idle_day_is_left_to_the_morning_report_as_long_as_that_comes() -> None:
    """It syncs for itself, a day after the last, or 25 hours after it in October."""
    for hours, is_due in ((24, False), (25, False), (26, True)):
        known = replace(QUIET, synced_until_s=NOW_S - hours * HOUR_S)
        assert is_sync_due(known, NOW_S, has_report=True) is is_due
        assert is_sync_due(known, NOW_S, has_report=False)


@given(times, st.booleans())
def test_no_location_is_forgotten_for_longer_than_a_day_and_its_last_order(
    known: SyncTimes, has_report: bool
) -> None:
    later_s = NOW_S + DAY_S + 2 * HOUR_S + ORDER_LASTS_S
    assert is_sync_due(known, later_s, has_report=has_report)


@given(times, st.booleans())
def test_nothing_is_ordered_again_while_its_last_order_is_open(
    known: SyncTimes, has_report: bool
) -> None:
    ordered = replace(known, ordered_at_s=max(NOW_S, (known.synced_until_s or 0) + 1))
    for later_s in range(NOW_S, NOW_S + ORDER_LASTS_S, HOUR_S):
        assert not is_sync_due(ordered, later_s, has_report=has_report)


@given(times, st.booleans())
def test_what_can_move_is_due_whenever_what_cannot_is(known: SyncTimes, has_report: bool) -> None:
    open_one = replace(known, is_open=True)
    if is_sync_due(known, NOW_S, has_report=has_report):
        assert is_sync_due(open_one, NOW_S, has_report=has_report)


@given(
    st.lists(st.integers(0, 20 * DAY_S), min_size=1, max_size=30).map(sorted),
    st.integers(0, MOVES_FOR_S - 1),
)
def test_for_72_hours_after_any_event_a_location_is_active_and_marked_once_a_day_at_the_most(
    events: list[int], after_s: int
) -> None:
    until_s, marks = 0, []
    for at_s in events:
        if marked := mark_until_s(until_s, at_s):
            marks.append(at_s)
            until_s = marked
        assert at_s + after_s < until_s
    assert all(later - earlier > DAY_S for earlier, later in pairwise(marks))


def test_the_first_sync_marks_a_location_and_events_before_it_need_no_mark() -> None:
    assert mark_until_s(None, NOW_S) is None
    assert mark_until_s(None, NOW_S, is_first=True) == NOW_S + MARKED_FOR_S
