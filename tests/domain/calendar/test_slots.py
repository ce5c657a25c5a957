"""Slots through clock changes, odd zones and midnight: hours mean the time that they cover."""

from copy import replace
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar.intervals import Interval, TakenTime
from shared.domain.calendar.opening import day_interval, opening_intervals, working_time
from shared.domain.calendar.slots import (
    BookingWindow,
    Unavailable,
    free_slots,
    is_offered,
    time_of,
)
from shared.domain.catalogue.services import Employee, OpeningHours, Service
from shared.domain.money.money import Money

LONG_AGO_S = 0
HOUR_S = 3600
# Far enough for every test that is not about it.
AHEAD = 700_000


def working(from_hour: int, to_hour: int) -> Employee:
    """Return somebody who works every day, by the local clock."""
    return at_work((from_hour * 60, to_hour * 60))


def at_work(*minutes: tuple[int, int]) -> Employee:
    hours = tuple(OpeningHours(day, *each) for day in range(7) for each in minutes)
    return Employee("anna", "Anna", hours)


def service(minutes: int, before: int = 0, after: int = 0) -> Service:
    return Service(
        "cut",
        "Haircut",
        Money(4500, "eur"),
        minutes,
        buffer_before_minutes=before,
        buffer_after_minutes=after,
    )


def window(timezone: str = "Europe/Berlin", *, step: int = 15, ahead: int = AHEAD) -> BookingWindow:
    return BookingWindow(timezone, step, 0, ahead)


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def starts(slots: list[Interval]) -> list[str]:
    return [f"{datetime.fromtimestamp(slot.start_s, UTC):%Y-%m-%dT%H:%M}" for slot in slots]


def free(
    employee: Employee,
    day: date,
    minutes: int | Service,
    timezone: str = "Europe/Berlin",
    unavailable: Unavailable = Unavailable(),  # noqa: B008 (frozen)
    now_s: int = LONG_AGO_S,
) -> list[Interval]:
    asked = service(minutes) if isinstance(minutes, int) else minutes
    return free_slots(employee, day, window(timezone), asked, unavailable, now_s)


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
    slots = free(working(9, 11), date(2026, 11, 23), 60)

    assert starts(slots) == [
        f"2026-11-23T{clock}" for clock in ("08:00", "08:15", "08:30", "08:45", "09:00")
    ]


def test_kathmandu_opens_at_a_quarter_past_three_of_utc() -> None:
    slots = free(working(9, 10), date(2026, 11, 23), 60, "Asia/Kathmandu")

    assert starts(slots) == ["2026-11-23T03:15"]


def test_hours_in_the_skipped_hour_begin_when_the_clocks_have_changed() -> None:
    (opening,) = opening_intervals(working(2, 4), date(2026, 3, 29), "Europe/Berlin")

    # 02:00 is skipped: the clocks go to 03:00 at 01:00 UTC, and 04:00 is 02:00 UTC.
    assert opening == Interval(utc("2026-03-29T01:00"), utc("2026-03-29T02:00"))


def test_hours_over_the_repeated_hour_have_it_twice() -> None:
    (opening,) = opening_intervals(working(2, 3), date(2026, 10, 25), "Europe/Berlin")

    assert opening.end_s - opening.start_s == 2 * HOUR_S


def test_hours_until_midnight_end_with_the_day() -> None:
    slots = free(working(23, 24), date(2026, 11, 23), 30)

    assert starts(slots) == ["2026-11-23T22:00", "2026-11-23T22:15", "2026-11-23T22:30"]


def test_hours_that_touch_are_one_stretch() -> None:
    noon = at_work((9 * 60, 12 * 60), (12 * 60, 17 * 60))

    assert free(noon, date(2026, 11, 23), 90) == free(working(9, 17), date(2026, 11, 23), 90)


def test_a_visit_goes_over_midnight_where_the_hours_do() -> None:
    night = at_work((22 * 60, 24 * 60), (0, 2 * 60))

    slots = free(night, date(2026, 11, 23), 90)

    # From 00:00 to 00:30 local, and from 22:00 on until the last that ends at 02:00.
    assert starts(slots)[:3] == ["2026-11-22T23:00", "2026-11-22T23:15", "2026-11-22T23:30"]
    assert starts(slots)[3:] == [
        f"2026-11-23T{clock}"
        for clock in ("21:00", "21:15", "21:30", "21:45", "22:00", "22:15", "22:30", "22:45")
    ]


def test_who_never_closes_can_be_booked_for_a_whole_day() -> None:
    slots = free(working(0, 24), date(2026, 11, 23), 1440)

    assert len(slots) == 96


@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 10, 24)])
def test_a_day_long_visit_goes_through_a_clock_change(day: date) -> None:
    assert len(free(working(0, 24), day, 1440)) == 96


def test_what_is_taken_or_over_is_not_offered() -> None:
    taken = Unavailable([Interval(utc("2026-11-23T08:30"), utc("2026-11-23T09:00"))])

    slots = free(
        working(9, 11), date(2026, 11, 23), 30, unavailable=taken, now_s=utc("2026-11-23T08:00")
    )

    # 08:00 has begun, 08:15 to 08:45 would overlap what is taken; 09:00 begins where it ends.
    assert starts(slots) == ["2026-11-23T09:00", "2026-11-23T09:15", "2026-11-23T09:30"]


def test_buffers_keep_clear_of_what_is_taken_and_may_lie_outside_the_hours() -> None:
    taken = Unavailable([Interval(utc("2026-11-23T09:00"), utc("2026-11-23T09:30"))])

    slots = free(working(9, 12), date(2026, 11, 23), service(30, 15, 15), unavailable=taken)

    assert starts(slots) == [
        f"2026-11-23T{clock}" for clock in ("08:00", "08:15", "09:45", "10:00", "10:15", "10:30")
    ]


def test_a_visit_may_touch_an_absence_with_its_buffer_in_it() -> None:
    off = Unavailable(off=[Interval(utc("2026-11-23T09:00"), utc("2026-11-23T10:00"))])

    slots = free(working(9, 12), date(2026, 11, 23), service(60, 15, 15), unavailable=off)

    assert starts(slots) == ["2026-11-23T08:00", "2026-11-23T10:00"]


def test_only_what_would_be_listed_is_offered() -> None:
    anna, now_s = working(9, 11), utc("2026-11-22T12:00")

    def offered(text: str) -> bool:
        return is_offered(anna, utc(text), window(ahead=366), service(60), now_s)

    assert offered("2026-11-23T08:15")
    assert not offered("2026-11-23T08:20"), "not on the grid"
    assert not offered("2026-11-23T09:15"), "would end after closing"
    assert not offered("2026-11-22T08:15"), "over"
    assert not offered("2028-01-10T08:15"), "too far ahead"


def test_a_location_sets_the_step_the_notice_and_the_furthest_day() -> None:
    anna, own = working(9, 11), BookingWindow("Europe/Berlin", 30, 24 * 60, 2)
    now_s = utc("2026-11-22T08:10")

    found = [
        free_slots(anna, date(2026, 11, day), own, service(60), Unavailable(), now_s)
        for day in (22, 23, 24, 25)
    ]

    assert [starts(each) for each in found] == [
        [],
        ["2026-11-23T08:30", "2026-11-23T09:00"],
        ["2026-11-24T08:00", "2026-11-24T08:30", "2026-11-24T09:00"],
        [],
    ]


ZONES = st.sampled_from(
    [
        "Europe/London",
        "Asia/Kathmandu",
        "Pacific/Auckland",
        "America/St_Johns",
        "America/Havana",
        "Australia/Lord_Howe",
    ]
)
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(DAYS, ZONES, st.integers(5, 1440), st.integers(0, 23), st.integers(1, 24))
def test_every_slot_lies_within_hours_and_is_offered(
    day: date, timezone: str, duration: int, opens: int, length: int
) -> None:
    anna = working(opens, min(24, opens + length))
    stretches = working_time(anna, day, timezone)

    slots = free(anna, day, duration, timezone)

    for slot in slots:
        assert any(each.contains(slot) for each in stretches)
        assert day_interval(day, timezone).start_s <= slot.start_s
        assert slot.start_s < day_interval(day, timezone).end_s
        asked, now_s = service(duration), slot.start_s - 1
        assert is_offered(anna, slot.start_s, window(timezone), asked, now_s)
    assert sorted(slots) == slots


@given(
    DAYS,
    ZONES,
    st.integers(5, 600),
    st.lists(st.integers(1, 1439), max_size=4, unique=True),
    st.integers(0, 600),
    st.integers(840, 1440),
)
def test_hours_mean_the_time_that_they_cover_however_they_are_written(
    day: date, timezone: str, duration: int, cuts: list[int], opens: int, closes: int
) -> None:
    inside = sorted(each for each in cuts if opens < each < closes)
    bounds = [opens, *inside, closes]
    written = at_work(*pairwise(bounds))

    assert free(written, day, duration, timezone) == free(
        at_work((opens, closes)), day, duration, timezone
    )


@given(
    st.integers(0, 60),
    st.integers(0, 60),
    st.lists(
        st.tuples(st.integers(0, 600), st.integers(1, 120), st.integers(0, 30), st.integers(0, 30)),
        max_size=5,
    ),
)
def test_a_free_slot_touches_its_neighbours_and_never_overlaps_them(
    before: int, after: int, others: list[tuple[int, int, int, int]]
) -> None:
    day, asked = date(2026, 11, 23), service(60, before, after)
    opened_s = day_interval(day, "Europe/Berlin").start_s + 9 * HOUR_S
    taken = [
        TakenTime(
            Interval(opened_s + start * 60, opened_s + (start + length) * 60), lead * 60, tail * 60
        ).blocked
        for start, length, lead, tail in others
    ]

    offered = free(working(9, 19), day, asked)
    slots = free(working(9, 19), day, asked, unavailable=Unavailable(taken))

    for slot in offered:
        blocked = time_of(asked, slot.start_s).blocked
        is_clear = all(
            blocked.end_s <= each.start_s or each.end_s <= blocked.start_s for each in taken
        )
        assert (slot in slots) == is_clear


def test_a_location_that_lets_nobody_book_ahead_offers_today_alone() -> None:
    own = replace(window(), max_days_ahead=0)
    now_s = utc("2026-11-23T05:00")

    today, tomorrow = (
        free_slots(working(9, 11), date(2026, 11, day), own, service(60), Unavailable(), now_s)
        for day in (23, 24)
    )

    assert (len(today), tomorrow) == (5, [])
