"""A location's own calendar days. Pure.

A day is 23 or 25 hours long where clocks change. https://docs.python.org/3/library/zoneinfo.html
"""

import re
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

A_DAY = "must be a day such as 2026-11-22"
# So that the days before and after are valid days too.
FIRST_YEAR, LAST_YEAR = 1970, 9998
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_day(text: str) -> date | None:
    """Return a day that is written like `2026-11-22`, from 1970 to 9998, else `None`."""
    try:
        # Python reads other forms too, such as 20261122 and 2026-W47-7.
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
    return day if day and FIRST_YEAR <= day.year <= LAST_YEAR else None


def local_day(at_s: int, timezone: str) -> str:
    """Return the local day of an instant (seconds since 1970), such as `2026-11-22`."""
    return datetime.fromtimestamp(at_s, UTC).astimezone(ZoneInfo(timezone)).date().isoformat()


def day_bounds(day: str, timezone: str) -> tuple[int, int]:
    """Return a local day as `[start_s, end_s)` in seconds since 1970.

    Raises `ValueError` for a text that is no day.
    """
    first = date.fromisoformat(day)
    zone = ZoneInfo(timezone)
    start = datetime.combine(first, clock.min, zone)
    end = datetime.combine(first + timedelta(days=1), clock.min, zone)
    return int(start.timestamp()), int(end.timestamp())


def local_days(start_s: int, end_s: int, timezone: str, limit: int) -> list[str]:
    """Return the local days that `[start_s, end_s]` touches, the newest `limit` of them."""
    last = date.fromisoformat(local_day(end_s, timezone))
    first = date.fromisoformat(local_day(start_s, timezone))
    first = max(first, last - timedelta(days=limit - 1))
    return [(first + timedelta(days=each)).isoformat() for each in range((last - first).days + 1)]
