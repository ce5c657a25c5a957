"""Free slots: an employee's hours less what is taken or off. Pure.

offered    on the grid of the day, within the hours, none of it in an absence or a closure
free       offered, and with its buffers clear of every visit with its own, and of busy time
bookable   free, at least `min_notice_minutes` ahead, on one of the next `max_days_ahead` days
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from shared.domain.calendar.intervals import Interval, TakenTime
from shared.domain.calendar.opening import day_interval, opening_intervals, working_time
from shared.domain.catalogue.services import Employee, Service
from shared.domain.dates.instants import DAY_S, MINUTE_S
from shared.domain.locations.location import Location


class BookingWindow(Struct, frozen=True):
    """How a location lets its clients book: on which grid, how soon, and how far ahead.

    `max_days_ahead` counts local days: 0 is today alone.
    """

    timezone: str
    step_minutes: int
    min_notice_minutes: int
    max_days_ahead: int

    @classmethod
    def of(cls, location: Location) -> "BookingWindow":
        """Return a location's."""
        return cls(
            location.timezone,
            location.slot_step_minutes,
            location.min_notice_minutes,
            location.max_days_ahead,
        )

    def is_open(self, start_s: int, now_s: int) -> bool:
        """Whether clients may book a start now."""
        earliest_s = max(now_s + 1, now_s + self.min_notice_minutes * MINUTE_S)
        # Beyond that it is further ahead in any zone, and may have no date at all.
        if not earliest_s <= start_s < now_s + (self.max_days_ahead + 2) * DAY_S:
            return False
        zone = ZoneInfo(self.timezone)
        today = datetime.fromtimestamp(now_s, zone).date()
        days_ahead = (datetime.fromtimestamp(start_s, zone).date() - today).days
        return days_ahead <= self.max_days_ahead


class Unavailable(Struct, frozen=True):
    """What keeps an employee from a visit: time `taken`, buffers included, and time `off`."""

    taken: Collection[Interval] = ()
    off: Collection[Interval] = ()

    def allows(self, time: TakenTime) -> bool:
        """Whether a visit can have a time."""
        return not any(time.blocked.overlaps(each) for each in self.taken) and not any(
            time.visit.overlaps(each) for each in self.off
        )


def time_of(service: Service, start_s: int) -> TakenTime:
    """Return the time that a service takes from a start on, with its buffers."""
    return TakenTime(
        Interval(start_s, start_s + service.duration_minutes * MINUTE_S),
        service.buffer_before_minutes * MINUTE_S,
        service.buffer_after_minutes * MINUTE_S,
    )


def free_slots(
    employee: Employee,
    day: date,
    window: BookingWindow,
    service: Service,
    unavailable: Unavailable,
    now_s: int,
) -> list[Interval]:
    """Return the slots that can be booked and begin on a local day, in order, without buffers."""
    offered = _offered(employee, day, window, service)
    return [
        time.visit
        for time in offered
        if window.is_open(time.visit.start_s, now_s) and unavailable.allows(time)
    ]


def is_offered(
    employee: Employee, start_s: int, window: BookingWindow, service: Service, now_s: int
) -> bool:
    """Whether a slot could be booked at an instant if nothing were taken or off."""
    if not window.is_open(start_s, now_s):
        return False
    day = datetime.fromtimestamp(start_s, ZoneInfo(window.timezone)).date()
    offered = _offered(employee, day, window, service)
    return any(time.visit.start_s == start_s for time in offered)


def _offered(
    employee: Employee, day: date, window: BookingWindow, service: Service
) -> Iterator[TakenTime]:
    """Give the times within the hours: every step from each opening of the local day on."""
    whole_day = day_interval(day, window.timezone)
    stretches = working_time(employee, day, window.timezone)
    for opening in opening_intervals(employee, day, window.timezone):
        for start_s in range(opening.start_s, opening.end_s, window.step_minutes * MINUTE_S):
            time = time_of(service, start_s)
            if start_s < whole_day.end_s and any(each.contains(time.visit) for each in stretches):
                yield time
