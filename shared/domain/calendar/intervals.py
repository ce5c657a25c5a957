"""Stretches of time, and the time that a visit takes with its buffers. Pure.

Instants are seconds since 1970, which no clock change touches.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from msgspec import Struct


class Interval(Struct, frozen=True, order=True):
    """A stretch of time in seconds since 1970, the end exclusive."""

    start_s: int
    end_s: int

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two overlap; stretches that only touch do not."""
        return self.start_s < other.end_s and other.start_s < self.end_s

    def contains(self, other: "Interval") -> bool:
        """Whether all of the other lies in this one."""
        return self.start_s <= other.start_s and other.end_s <= self.end_s

    def clipped(self, bounds: "Interval") -> "Interval | None":
        """Return the part inside the bounds, or `None` if there is none."""
        if not self.overlaps(bounds):
            return None
        return Interval(max(self.start_s, bounds.start_s), min(self.end_s, bounds.end_s))

    def utc_days(self) -> tuple[str, ...]:
        """Return the UTC days that it touches, such as `2026-11-22`."""
        first = datetime.fromtimestamp(self.start_s, UTC).date()
        last = datetime.fromtimestamp(self.end_s - 1, UTC).date()
        return tuple(
            (first + timedelta(days=number)).isoformat()
            for number in range((last - first).days + 1)
        )


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same time in as few stretches as it takes, in order."""
    found: list[Interval] = []
    for each in sorted(intervals):
        if found and each.start_s <= found[-1].end_s:
            found[-1] = Interval(found[-1].start_s, max(found[-1].end_s, each.end_s))
        else:
            found.append(each)
    return found


class TakenTime(Struct, frozen=True, order=True):
    """The time of a visit, and the buffers before and after it in seconds.

    A visit with its buffers may touch another with its own, and never overlaps it.
    """

    visit: Interval
    before_s: int = 0
    after_s: int = 0

    @property
    def blocked(self) -> Interval:
        """The visit with its buffers: what no other visit may overlap."""
        return Interval(self.visit.start_s - self.before_s, self.visit.end_s + self.after_s)
