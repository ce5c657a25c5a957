"""A location's own days, where clocks change too."""

import pytest

from shared.domain.dates.local_day import day_bounds, local_day, local_days


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2026-03-29", "Europe/London", 23),
        ("2026-10-25", "Europe/London", 25),
        ("2026-06-01", "Asia/Kathmandu", 24),
        ("2026-04-05", "Pacific/Auckland", 25),
    ],
)
def test_a_local_day_has_the_hours_that_its_clocks_give_it(day: str, zone: str, hours: int) -> None:
    start_s, end_s = day_bounds(day, zone)
    assert end_s - start_s == hours * 3600
    assert local_day(start_s, zone) == local_day(end_s - 1, zone) == day
    assert local_day(start_s - 1, zone) < day < local_day(end_s, zone)


def test_the_days_that_a_span_touches_are_the_newest_ones() -> None:
    start_s, _ = day_bounds("2026-11-20", "Europe/Berlin")
    _, end_s = day_bounds("2026-11-22", "Europe/Berlin")
    days = local_days(start_s, end_s - 1, "Europe/Berlin", 10)
    assert days == ["2026-11-20", "2026-11-21", "2026-11-22"]
    assert local_days(0, end_s - 1, "Europe/Berlin", 2) == days[1:]
