"""A calendar day of a location, and the exact stretch of UTC that it covers. Pure."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from shared.domain.dates.instants import HOUR_S
from shared.domain.dates.local_day import A_DAY, day_bounds, local_day, parse_day
from shared.domain.errors import InvalidInput
from shared.domain.mistakes import mistake

ONE_DAY = timedelta(days=1)
HAS_BEGUN = "must be a day that has begun"


class LocalDay(Struct, frozen=True):
    """One local day in `timezone` (IANA): `[start_s, end_s)` in seconds since 1970.

    It has 23 or 25 hours where the clocks change, and none at all where a zone skipped a day.
    """

    day: date
    timezone: str
    start_s: int
    end_s: int

    @property
    def hours(self) -> int:
        """How many hours the day has, rounded up."""
        return -((self.start_s - self.end_s) // HOUR_S)

    def is_over(self, now_s: int) -> bool:
        """Whether the day is over."""
        return now_s >= self.end_s

    def holds(self, instant_s: int) -> bool:
        """Whether an instant lies in the day; its end belongs to the next."""
        return self.start_s <= instant_s < self.end_s


def report_day(day: date, timezone: str) -> LocalDay:
    """Return the day of that date in the zone."""
    # A midnight that the clocks skip is the instant of the skip; of two, the first begins the day.
    return LocalDay(day, timezone, *day_bounds(day.isoformat(), timezone))


def day_of(instant_s: int, timezone: str) -> date:
    """Return the local date at an instant."""
    return date.fromisoformat(local_day(instant_s, timezone))


def local_hour_s(day: date, hour: int, timezone: str) -> int:
    """Return when that hour of the day begins; if the clocks skip it, when they do."""
    return int(datetime.combine(day, time(hour), ZoneInfo(timezone)).timestamp())


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield each date from the first to the last, both included."""
    for offset in range((last - first).days + 1):
        yield first + offset * ONE_DAY


def first_of_period(day: date, period: str) -> date:
    """Return the first date of the `day`, `week` (it begins on Monday) or `month` of a date."""
    if period == "month":
        return day.replace(day=1)
    return day - day.weekday() * ONE_DAY if period == "week" else day


def read_day(text: str, today: date) -> date:
    """Return the day in the path of a request, not after today; raises `InvalidInput`."""
    day = parse_day(text)
    if day is None:
        raise InvalidInput("There is no such day.", errors=[mistake("/path/date", A_DAY)])
    if day > today:
        errors = [mistake("/path/date", HAS_BEGUN)]
        raise InvalidInput("The day has not begun.", errors=errors)
    return day
