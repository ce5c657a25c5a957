"""Days of an agenda: each visit on its own local day, through clock changes and odd zones."""

from copy import replace
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.activity.agenda_view import TimeOff, agenda_days
from shared.domain.bookings.authorship import Person
from shared.domain.bookings.booking import Booking
from shared.domain.calendar.intervals import Interval
from shared.domain.calendar.opening import day_interval
from shared.domain.dates.instants import DAY_S, rfc3339
from shared.domain.dates.local_day import local_day
from shared.domain.refunds.approval import UNLIMITED
from shared.domain.visits.move_visit import move_for_staff
from shared.domain.visits.new_time import NewTime, Place
from tests.builders import booking
from tests.surroundings.demo_location import DEMO

# Days on which the clocks change by an hour or by half of one, and a zone that is 5:45 ahead.
CHANGES = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "Asia/Kathmandu": (date(2026, 1, 1), date(2026, 12, 31)),
}
ZONES_AND_DAYS = [(zone, day) for zone, days in CHANGES.items() for day in days]
around = st.sampled_from(ZONES_AND_DAYS)
# Seconds from the midnight of the changing day, over the days around it and to both ends.
edges = st.sampled_from([-1, 0, 1, DAY_S - 3600, DAY_S, DAY_S + 3600])
offsets = st.lists(st.integers(-2 * DAY_S, 3 * DAY_S) | edges, max_size=12)


def shown_days(day: date) -> list[date]:
    return [day + timedelta(days=number) for number in range(-1, 2)]


def visits_at(midnight_s: int, seconds: list[int]) -> list[Booking]:
    return [
        booking(f"bk_{number}", starts_at_s=midnight_s + each, ends_at_s=midnight_s + each + 5400)
        for number, each in enumerate(seconds)
    ]


@given(around, offsets)
@example(("Europe/Berlin", date(2026, 10, 25)), [0, 2 * 3600, 3 * 3600, 25 * 3600 - 1, 25 * 3600])
@example(("Europe/Berlin", date(2026, 3, 29)), [0, 3600, 2 * 3600, 23 * 3600 - 1, 23 * 3600])
def test_every_visit_stands_once_on_the_local_day_on_which_it_begins(
    where: tuple[str, date], seconds: list[int]
) -> None:
    zone, day = where
    visits = visits_at(day_interval(day, zone).start_s, seconds)
    days = agenda_days(shown_days(day), zone, visits, [], (), {})
    assert [each["date"] for each in days] == [each.isoformat() for each in shown_days(day)]
    shown = {visit["booking_id"]: each["date"] for each in days for visit in each["visits"]}
    dates = {each["date"] for each in days}
    expected = {
        each.booking_id: local_day(each.starts_at_s or 0, zone)
        for each in visits
        if local_day(each.starts_at_s or 0, zone) in dates
    }
    assert shown == expected
    assert sum(len(each["visits"]) for each in days) == len(expected)
    for each in days:
        starts = [visit["starts_at"] for visit in each["visits"]]
        assert starts == sorted(starts)


@given(around, st.integers(-3 * DAY_S, 3 * DAY_S), st.integers(1, 4 * DAY_S))
def test_time_off_stands_on_the_days_that_it_touches_and_on_no_other(
    where: tuple[str, date], start: int, length: int
) -> None:
    zone, day = where
    start_s = day_interval(day, zone).start_s + start
    off = TimeOff("absence", Interval(start_s, start_s + length), "anna", "one")
    days = agenda_days(shown_days(day), zone, [], [off], (), {})
    first, last = local_day(start_s, zone), local_day(start_s + length - 1, zone)
    for each in days:
        assert bool(each["absences"]) == (first <= each["date"] <= last)
        for told in each["absences"]:
            assert (told["from"], told["to"]) == (rfc3339(start_s), rfc3339(start_s + length))


def test_visits_stand_in_order_of_their_time_then_of_who_does_them_with_their_names() -> None:
    day = date(2026, 12, 1)
    nine_s = day_interval(day, "UTC").start_s + 9 * 3600
    visits = [
        booking("bk_4", starts_at_s=nine_s + 600, ends_at_s=nine_s + 1200, employee_id=None),
        booking("bk_3", starts_at_s=nine_s, ends_at_s=nine_s + 3600, employee_id="anna"),
        booking("bk_2", starts_at_s=nine_s, ends_at_s=nine_s + 1800, employee_id="ben"),
        booking("bk_1", starts_at_s=nine_s, ends_at_s=nine_s + 1800, employee_id="anna"),
    ]
    names = {"anna": "Anna", "ben": "Ben"}
    [shown] = agenda_days([day], "UTC", visits, [], ("bk_2",), names)
    told = [(v["booking_id"], v["employee_name"], v["overlaps"]) for v in shown["visits"]]
    assert told == [
        ("bk_1", "Anna", False), ("bk_2", "Ben", True), ("bk_3", "Anna", False),
        ("bk_4", None, False),
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_what_takes_nobodys_time_is_not_shown(status: str) -> None:
    gone = booking(status=status, starts_at_s=day_interval(date(2026, 12, 1), "UTC").start_s)
    [day] = agenda_days([date(2026, 12, 1)], "UTC", [gone], [], (), {})
    assert day["visits"] == []


@given(around, st.integers(0, 2 * DAY_S), st.integers(0, 2 * DAY_S))
def test_a_moved_visit_lasts_as_long_and_stands_on_its_new_day(
    where: tuple[str, date], start: int, to: int
) -> None:
    """Over a change of the clocks a visit of 90 minutes is still one of 90 minutes."""
    zone, day = where
    midnight_s = day_interval(day - timedelta(days=1), zone).start_s
    [visit] = visits_at(midnight_s, [start])
    before = replace(visit, employee_id="anna", buffer_after_s=600)
    moved = move_for_staff(
        before,
        NewTime(midnight_s + to),
        Place(DEMO),
        Person("u_1", "desk@x.de"),
        midnight_s - 1,
        allowance=UNLIMITED,
    )
    assert moved.ends_at_s == midnight_s + to + 5400
    time = moved.held_time()
    assert time
    assert time.blocked == Interval(midnight_s + to, midnight_s + to + 6000)
    days = agenda_days(shown_days(day), zone, [moved], [], (), {})
    [on] = [each["date"] for each in days if each["visits"]]
    assert on == local_day(midnight_s + to, zone)
