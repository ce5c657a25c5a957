"""When an employee works on a local day, through clock changes and over midnight. Pure.

Hours mean the time that they cover, however they are written: two that touch are one stretch, and
so are those until midnight and from it on.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.domain.calendar.intervals import Interval, merged
from shared.domain.catalogue.services import DAY_MINUTES, Employee

# The longest visit lasts a day: one that begins on a local day may reach into the two after it,
# where the clocks make the next one shorter.
_DAYS_OF_A_VISIT = 3


def day_interval(day: date, timezone: str) -> Interval:
    """Return a local calendar day: 23 or 25 hours long where the clocks change."""
    zone = ZoneInfo(timezone)
    return Interval(_instant_s(day, 0, zone), _instant_s(day + timedelta(days=1), 0, zone))


def opening_intervals(employee: Employee, day: date, timezone: str) -> list[Interval]:
    """Return when an employee works on a local day, in order.

    A time that the clocks skip is read as the moment of the change; one that comes twice as its
    first coming for an opening and its last for a closing.
    """
    return merged(_openings(employee, day, ZoneInfo(timezone)))


def working_time(employee: Employee, day: date, timezone: str) -> list[Interval]:
    """Return the stretches in which a visit can lie that begins on a local day, in order.

    They go on over midnight where the hours of the next day do.
    """
    zone = ZoneInfo(timezone)
    return merged(
        opening
        for number in range(_DAYS_OF_A_VISIT)
        for opening in _openings(employee, day + timedelta(days=number), zone)
    )


def _openings(employee: Employee, day: date, zone: ZoneInfo) -> Iterator[Interval]:
    for hours in employee.hours:
        if hours.weekday == day.weekday():
            start_s = _instant_s(day, hours.from_minute, zone)
            end_s = _instant_s(day, hours.to_minute, zone, fold=1)
            if start_s < end_s:
                yield Interval(start_s, end_s)


def _instant_s(day: date, minute: int, zone: ZoneInfo, fold: int = 0) -> int:
    """Return the instant of a local wall time; 24:00 is the next day's midnight."""
    days, minute = divmod(minute, DAY_MINUTES)
    clock = time(minute // 60, minute % 60, fold=fold)
    local = datetime.combine(day + timedelta(days=days), clock, zone)
    back = local.astimezone(UTC).astimezone(zone)
    if back.replace(tzinfo=None) != local.replace(tzinfo=None):
        # The clocks skip this time: with the offset from before the change it comes out behind it,
        # with the one from after before it; the change itself lies between.
        return _change_s(local, zone)
    return int(local.timestamp())


def _change_s(skipped: datetime, zone: ZoneInfo) -> int:
    """Return the moment at which the clocks skip a wall time: where the offset steps forward."""
    low = int(skipped.replace(fold=1).timestamp())
    high = int(skipped.replace(fold=0).timestamp())
    before = datetime.fromtimestamp(low, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
