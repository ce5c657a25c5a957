"""One moment of an employee's day has one owner, unless somebody means it."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar.agenda import MAX_VISITS, Agenda, blocked_intervals
from shared.domain.calendar.intervals import Interval, TakenTime, merged
from shared.domain.errors import Conflict

DAY = Interval(0, 86_400)


def at(start_s: int, length_s: int, before_s: int = 0, after_s: int = 0) -> TakenTime:
    return TakenTime(Interval(start_s, start_s + length_s), before_s, after_s)


TIMES = st.builds(at, st.integers(0, 50), st.integers(1, 10), st.integers(0, 3), st.integers(0, 3))


@given(st.lists(TIMES, max_size=25))
def test_whatever_is_asked_for_no_moment_has_two_owners(asked: list[TakenTime]) -> None:
    agenda = Agenda()
    for number, wanted in enumerate(asked):
        if any(wanted.blocked.overlaps(other.blocked) for other in agenda.visits.values()):
            with pytest.raises(Conflict, match="Somebody else") as refused:
                agenda.take(f"bk_{number}", wanted)
            assert refused.value.code == "slot_taken"
        else:
            agenda = agenda.take(f"bk_{number}", wanted)
    for one, other in combinations(agenda.visits.values(), 2):
        assert not one.blocked.overlaps(other.blocked)
    assert agenda.overlapping() == set()
    assert Agenda.from_dict(agenda.to_dict()) == agenda


@given(st.lists(TIMES, max_size=8))
def test_who_overlaps_on_purpose_is_shown_as_overlapping(asked: list[TakenTime]) -> None:
    agenda = Agenda()
    for number, wanted in enumerate(asked):
        agenda = agenda.take(f"bk_{number}", wanted, allow_overlap=True)

    expected = {
        f"bk_{number}"
        for pair in combinations(range(len(asked)), 2)
        if asked[pair[0]].blocked.overlaps(asked[pair[1]].blocked)
        for number in pair
    }
    assert agenda.overlapping() == expected


def test_a_booking_that_has_time_moves_over_its_own() -> None:
    agenda = Agenda().take("bk_1", at(100, 60)).take("bk_2", at(200, 60))

    moved = agenda.take("bk_1", at(130, 60))

    assert moved.visits == {"bk_1": at(130, 60), "bk_2": at(200, 60)}
    with pytest.raises(Conflict):
        agenda.take("bk_1", at(180, 60))


def test_buffers_of_neighbours_touch_and_never_overlap() -> None:
    agenda = Agenda().take("bk_1", at(100, 60, 10, 10))

    assert agenda.take("bk_2", at(180, 60, 10))
    with pytest.raises(Conflict):
        agenda.take("bk_2", at(179, 60, 10))
    with pytest.raises(Conflict):
        agenda.take("bk_2", at(169, 60))


@given(st.lists(st.tuples(st.integers(-50, 86_450), st.integers(1, 3000)), max_size=30))
def test_busy_time_is_that_of_the_day_in_as_few_stretches_as_it_takes(
    pushed: list[tuple[int, int]],
) -> None:
    intervals = [Interval(start, start + length) for start, length in pushed]
    busy = Agenda().with_busy(intervals, DAY).busy

    covered = {
        second
        for each in intervals
        for second in range(max(0, each.start_s), min(86_400, each.end_s))
    }
    assert {second for each in busy for second in range(each.start_s, each.end_s)} == covered
    assert list(busy) == merged(busy)
    again = Agenda().with_busy(intervals, DAY).with_busy(intervals, DAY)
    assert again.busy == busy


def test_busy_time_keeps_visits_away_and_releases_none() -> None:
    agenda = Agenda().take("bk_1", at(100, 60)).with_busy([Interval(150, 300)], DAY)

    assert agenda.overlapping() == {"bk_1"}
    assert agenda.visits_in(Interval(150, 300)) == {"bk_1"}
    with pytest.raises(Conflict):
        agenda.take("bk_2", at(280, 60))
    assert blocked_intervals([agenda]) == [Interval(100, 300)]


def test_a_full_day_takes_no_more_visits_even_on_purpose() -> None:
    agenda = Agenda()
    for number in range(MAX_VISITS):
        agenda = agenda.take(f"bk_{number}", at(number, 1))

    with pytest.raises(Conflict, match="no more visits"):
        agenda.take("bk_one_more", at(500, 1), allow_overlap=True)
    assert agenda.take("bk_1", at(500, 1))


def test_a_released_time_is_free() -> None:
    agenda = Agenda().take("bk_1", at(100, 60))

    assert agenda.release("bk_1") == Agenda()
    assert agenda.release("bk_unknown") == agenda
