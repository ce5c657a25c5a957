"""Slots through clock changes, odd zones and midnight; one moment has one owner."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.catalogue.agenda import Agenda, taken_intervals
from shared.domain.catalogue.services import Employee, OpeningHours
from shared.domain.catalogue.slots import (
    Interval,
    day_interval,
    free_slots,
    is_offered,
    opening_intervals,
)
from shared.domain.errors import Conflict

LONG_AGO_S = 0
HOUR_S = 3600


def working(from_hour: int, to_hour: int) -> Employee:
    """Return somebody who works every day, by the local clock."""
    hours = tuple(OpeningHours(day, from_hour * 60, to_hour * 60) for day in range(7))
    return Employee("anna", "Anna", hours)


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def starts(slots: list[Interval]) -> list[str]:
    return [f"{datetime.fromtimestamp(slot.start_s, UTC):%Y-%m-%dT%H:%M}" for slot in slots]


@pytest.mark.parametrize(
    ("day", "timezone", "hours"),
    [
        (date(2026, 3, 29), "Europe/London", 23),
        (date(2026, 10, 25), "Europe/London", 25),
        (date(2026, 11, 22), "Asia/Kathmandu", 24),
        (date(2026, 4, 5), "Pacific/Auckland", 25),
        (date(2026, 9, 27), "Pacific/Auckland", 23),
        (date(2026, 10, 4), "Australia/Lord_Howe", 23.5),
    ],
)
def test_a_local_day_is_as_long_as_its_clock_changes_make_it(
    day: date, timezone: str, hours: float
) -> None:
    interval = day_interval(day, timezone)

    assert interval.end_s - interval.start_s == hours * HOUR_S


def test_slots_fill_the_hours_every_quarter_and_the_last_ends_with_them() -> None:
    slots = free_slots(working(9, 11), date(2026, 11, 23), "Europe/Berlin", 60, [], LONG_AGO_S)

    assert starts(slots) == [
        f"2026-11-23T{clock}" for clock in ("08:00", "08:15", "08:30", "08:45", "09:00")
    ]


def test_kathmandu_opens_at_a_quarter_past_three_of_utc() -> None:
    slots = free_slots(working(9, 10), date(2026, 11, 23), "Asia/Kathmandu", 60, [], LONG_AGO_S)

    assert starts(slots) == ["2026-11-23T03:15"]


def test_hours_in_the_skipped_hour_begin_when_the_clocks_have_changed() -> None:
    (opening,) = opening_intervals(working(2, 4), date(2026, 3, 29), "Europe/Berlin")

    # 02:00 is skipped: the clocks go to 03:00 at 01:00 UTC, and 04:00 is 02:00 UTC.
    assert opening == Interval(utc("2026-03-29T01:00"), utc("2026-03-29T02:00"))


def test_hours_over_the_repeated_hour_have_it_twice() -> None:
    (opening,) = opening_intervals(working(2, 3), date(2026, 10, 25), "Europe/Berlin")

    assert opening.end_s - opening.start_s == 2 * HOUR_S


def test_hours_until_midnight_end_with_the_day() -> None:
    slots = free_slots(working(23, 24), date(2026, 11, 23), "Europe/Berlin", 30, [], LONG_AGO_S)

    assert starts(slots) == ["2026-11-23T22:00", "2026-11-23T22:15", "2026-11-23T22:30"]


def test_what_is_taken_or_over_is_not_offered() -> None:
    day, anna = date(2026, 11, 23), working(9, 11)
    taken = [Interval(utc("2026-11-23T08:30"), utc("2026-11-23T09:00"))]

    free = free_slots(anna, day, "Europe/Berlin", 30, taken, utc("2026-11-23T08:00"))

    # 08:00 has begun, 08:15 to 08:45 would touch what is taken; 09:00 begins where it ends.
    assert starts(free) == ["2026-11-23T09:00", "2026-11-23T09:15", "2026-11-23T09:30"]


def test_only_what_would_be_listed_is_offered() -> None:
    anna, now_s = working(9, 11), utc("2026-11-22T12:00")

    def offered(text: str) -> bool:
        return is_offered(anna, utc(text), "Europe/Berlin", 60, now_s)

    assert offered("2026-11-23T08:15")
    assert not offered("2026-11-23T08:20"), "not on the grid"
    assert not offered("2026-11-23T09:15"), "would end after closing"
    assert not offered("2026-11-22T08:15"), "over"
    assert not offered("2028-01-10T08:15"), "too far ahead"


@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.sampled_from(["Europe/London", "Asia/Kathmandu", "Pacific/Auckland", "America/St_Johns"]),
    st.integers(5, 600),
    st.integers(0, 23),
    st.integers(1, 24),
)
def test_every_slot_lies_within_hours_and_is_offered(
    day: date, timezone: str, duration: int, opens: int, length: int
) -> None:
    anna = working(opens, min(24, opens + length))
    openings = opening_intervals(anna, day, timezone)

    slots = free_slots(anna, day, timezone, duration, [], LONG_AGO_S)

    for slot in slots:
        assert any(o.start_s <= slot.start_s and slot.end_s <= o.end_s for o in openings)
        assert is_offered(anna, slot.start_s, timezone, duration, slot.start_s - 1)
    assert sorted(slots) == slots


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10)), max_size=25))
def test_whatever_is_asked_for_no_moment_has_two_owners(asked: list[tuple[int, int]]) -> None:
    agenda = Agenda({})
    for number, (start, length) in enumerate(asked):
        wanted = Interval(start, start + length)
        if any(wanted.overlaps(other) for other in agenda.taken.values()):
            with pytest.raises(Conflict, match="Somebody else"):
                agenda.take(f"bk_{number}", wanted)
        else:
            agenda = agenda.take(f"bk_{number}", wanted)
    taken = sorted(agenda.taken.values())
    assert all(one.end_s <= other.start_s for one, other in pairwise(taken))
    assert Agenda.from_dict(agenda.to_dict()) == agenda


def test_a_slot_can_be_taken_again_once_it_is_released() -> None:
    slot = Interval(0, 60)
    agenda = Agenda({}).take("bk_1", slot)

    with pytest.raises(Conflict):
        agenda.take("bk_2", slot)
    assert agenda.take("bk_1", slot) == agenda, "its owner may repeat"
    assert agenda.release("bk_1").take("bk_2", slot).taken == {"bk_2": slot}


def test_a_slot_over_midnight_of_utc_stands_in_two_days_and_counts_once() -> None:
    slot = Interval(utc("2026-11-22T23:30"), utc("2026-11-23T00:30"))

    assert slot.utc_days() == ("2026-11-22", "2026-11-23")
    days = [Agenda({"bk_1": slot}), Agenda({"bk_1": slot})]
    assert taken_intervals(days) == {slot}
    assert Interval(utc("2026-11-22T23:00"), utc("2026-11-23T00:00")).utc_days() == ("2026-11-22",)


# Clock changes at 1, 2 and 3 o'clock, by half an hour, and at midnight itself.
CHANGING = (
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "America/Havana",
    "Africa/Cairo",
    "Pacific/Chatham",
)


@cache
def days_around_changes(timezone: str) -> list[date]:
    """Return the days of two years that are longer or shorter than a day, and their neighbours."""
    every = [date(2026, 1, 1) + timedelta(days=number) for number in range(730)]
    lengths = {day: day_interval(day, timezone) for day in every}
    changed = [day for day in every if lengths[day].end_s - lengths[day].start_s != 24 * HOUR_S]
    return sorted({day + timedelta(days=off) for day in changed for off in (-1, 0, 1)})


@pytest.mark.parametrize("timezone", CHANGING)
def test_days_follow_each_other_without_a_gap_through_every_clock_change(timezone: str) -> None:
    days = days_around_changes(timezone)
    assert len(days) >= 4 * 3, "two changes a year, each with its neighbours"
    for day in days:
        following = day_interval(day + timedelta(days=1), timezone)
        assert day_interval(day, timezone).end_s == following.start_s


@pytest.mark.parametrize("timezone", CHANGING)
@given(
    data=st.data(),
    duration=st.sampled_from([5, 15, 60, 90, 240]),
    opens=st.integers(0, 23),
    length=st.integers(1, 24),
)
def test_around_a_clock_change_each_slot_lasts_as_long_as_any_other_and_is_of_one_day(
    timezone: str, data: st.DataObject, duration: int, opens: int, length: int
) -> None:
    day = data.draw(st.sampled_from(days_around_changes(timezone)))
    anna = working(opens, min(24, opens + length))

    slots = free_slots(anna, day, timezone, duration, [], LONG_AGO_S)

    for slot in slots:
        assert slot.end_s - slot.start_s == duration * 60
        local = datetime.fromtimestamp(slot.start_s, ZoneInfo(timezone))
        assert local.date() == day
        assert is_offered(anna, slot.start_s, timezone, duration, slot.start_s - 1)
    # Somebody who works around the clock is offered on each day what the day before was not.
    nora = working(0, 24)
    today, tomorrow = (
        set(free_slots(nora, each, timezone, 15, [], LONG_AGO_S))
        for each in (day, day + timedelta(days=1))
    )
    assert not today & tomorrow
    whole_day = day_interval(day, timezone)
    assert len(today) == (whole_day.end_s - whole_day.start_s) // (15 * 60)
