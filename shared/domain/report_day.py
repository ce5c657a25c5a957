"""A calendar day of a location, and the exact stretch of UTC that it is. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.domain.errors import InvalidInput
from shared.domain.local_day import day_bounds, local_day

ONE_DAY = timedelta(days=1)
HOUR_S = 3600
FIRST_YEAR = 1970
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class LocalDay:
    """One day on the wall of `timezone` (IANA): `[start_s, end_s)` in seconds since 1970.

    It has 23 or 25 hours where the clocks change, and none at all where a zone skipped a day.
    """

    day: date
    timezone: str
    start_s: int
    end_s: int

    @property
    def hours(self) -> int:
        """How many hours the day has, a broken one counted."""
        return -((self.start_s - self.end_s) // HOUR_S)

    def holds(self, instant_s: int) -> bool:
        """Whether an instant lies in the day; its end belongs to the next."""
        return self.start_s <= instant_s < self.end_s


def report_day(day: date, timezone: str) -> LocalDay:
    """Return the day of that date in the zone."""
    # A midnight that the clocks skip is the instant of the skip; of two, the first begins the day.
    return LocalDay(day, timezone, *day_bounds(day.isoformat(), timezone))


def day_of(instant_s: int, timezone: str) -> date:
    """Return the date on the wall of the zone at an instant."""
    return date.fromisoformat(local_day(instant_s, timezone))


def local_hour_s(day: date, hour: int, timezone: str) -> int:
    """Return when it is that hour of the day; where the clocks skip it, when they have."""
    return int(datetime.combine(day, time(hour), ZoneInfo(timezone)).timestamp())


def days_between(first: date, last: date) -> Iterator[date]:
    """Give each date from the first to the last, both included."""
    for offset in range((last - first).days + 1):
        yield first + offset * ONE_DAY


def first_of_period(day: date, period: str) -> date:
    """Return the first date of the `day`, `week` (it begins on Monday) or `month` of a date."""
    if period == "month":
        return day.replace(day=1)
    return day - day.weekday() * ONE_DAY if period == "week" else day


def read_day(text: str, name: str, today: date) -> date:
    """Return a day that a caller names, not after today; raises `InvalidInput`."""
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not day.year >= FIRST_YEAR:
        raise _mistake(name, "is a day such as 2026-11-22")
    if day > today:
        raise _mistake(name, "is a day that has begun")
    return day


def _mistake(name: str, what: str) -> InvalidInput:
    errors = [{"pointer": f"/{name}", "detail": f"{name} {what}"}]
    return InvalidInput(f"`{name}` {what}.", errors=errors)
