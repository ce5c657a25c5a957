"""Free slots: an employee's hours less what is taken, in the location's zone. Pure.

Instants are seconds since 1970, which no clock change touches; only hours and days are local.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.domain.catalogue.services import DAY_MINUTES, Employee
from shared.domain.dates.instants import MINUTE_S

# A slot begins every quarter of an hour after the employee's own opening.
STEP_MINUTES = 15
# No bookings further ahead: cards, prices and people change.
MAX_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A stretch of time in seconds since 1970, the end exclusive."""

    start_s: int
    end_s: int

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two overlap."""
        return self.start_s < other.end_s and other.start_s < self.end_s

    def utc_days(self) -> tuple[str, ...]:
        """Return the UTC days that it touches, such as `2026-11-22`."""
        first = datetime.fromtimestamp(self.start_s, UTC).date()
        last = datetime.fromtimestamp(self.end_s - 1, UTC).date()
        return tuple(
            (first + timedelta(days=number)).isoformat()
            for number in range((last - first).days + 1)
        )


def day_interval(day: date, timezone: str) -> Interval:
    """Return a local calendar day: 23 or 25 hours long where the clocks change."""
    zone = ZoneInfo(timezone)
    following = day + timedelta(days=1)
    return Interval(_instant_s(day, 0, zone), _instant_s(following, 0, zone))


def opening_intervals(employee: Employee, day: date, timezone: str) -> list[Interval]:
    """Return when an employee works on a local day, in order.

    A time that the clocks skip is read as the moment of the change; one that comes twice as its
    first coming for an opening and its last for a closing.
    """
    zone = ZoneInfo(timezone)
    found = [
        Interval(
            _instant_s(day, hours.from_minute, zone), _instant_s(day, hours.to_minute, zone, fold=1)
        )
        for hours in employee.hours
        if hours.weekday == day.weekday()
    ]
    return [each for each in found if each.start_s < each.end_s]


def free_slots(
    employee: Employee,
    day: date,
    timezone: str,
    duration_minutes: int,
    taken: Collection[Interval],
    now_s: int,
) -> list[Interval]:
    """Return the free slots that begin on a local day, in order, none that has begun."""
    return [
        slot
        for slot in _offered(employee, day, timezone, duration_minutes)
        if slot.start_s > now_s and not any(slot.overlaps(other) for other in taken)
    ]


def is_offered(
    employee: Employee, start_s: int, timezone: str, duration_minutes: int, now_s: int
) -> bool:
    """Whether a slot would be offered at an instant if nothing were taken."""
    if not now_s < start_s < now_s + MAX_AHEAD.total_seconds():
        return False
    day = datetime.fromtimestamp(start_s, ZoneInfo(timezone)).date()
    offered = _offered(employee, day, timezone, duration_minutes)
    return any(slot.start_s == start_s for slot in offered)


def _offered(
    employee: Employee, day: date, timezone: str, duration_minutes: int
) -> Iterator[Interval]:
    duration_s = duration_minutes * MINUTE_S
    whole_day = day_interval(day, timezone)
    for opening in opening_intervals(employee, day, timezone):
        for start_s in range(opening.start_s, opening.end_s, STEP_MINUTES * MINUTE_S):
            slot = Interval(start_s, start_s + duration_s)
            if slot.end_s <= opening.end_s and start_s < whole_day.end_s:
                yield slot


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
