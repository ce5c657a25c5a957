"""What an employee's day has taken: visits, and what another calendar says is busy. Pure.

An agenda is one item per UTC day. Taking time writes it on the condition that nobody has written
since it was read, so that of two who want the same time one learns that it is taken. What crosses
midnight stands in the items of both days.
"""

from collections.abc import Iterable, Mapping
from copy import replace
from typing import Any

from msgspec import field

from shared.domain.calendar.intervals import Interval, TakenTime, merged
from shared.domain.errors import Conflict
from shared.domain.stored_record import StoredRecord, newer_fields

# A day has no more starting times than this, and the item needs no more room.
MAX_VISITS = 400


class Agenda(StoredRecord, frozen=True):
    """One employee's day: the time of each visit by booking id, and what is busy elsewhere.

    `busy` is in order and has no overlaps: a day's item stays small, whatever was pushed.
    """

    visits: Mapping[str, TakenTime] = field(default_factory=dict)
    busy: tuple[Interval, ...] = ()

    def take(self, booking_id: str, time: TakenTime, *, allow_overlap: bool = False) -> "Agenda":
        """Return the day with the time taken; a booking that has time already, moves.

        Raises `Conflict` `slot_taken` where others, or their buffers, overlap it, unless that is
        allowed, and where the day is full.
        """
        others = {key: each for key, each in self.visits.items() if key != booking_id}
        if len(others) >= MAX_VISITS:
            raise Conflict("This day takes no more visits.", code="slot_taken")
        if not allow_overlap and any(
            time.blocked.overlaps(each) for each in _blocked(others, self)
        ):
            raise Conflict("Somebody else has this time.", code="slot_taken")
        return replace(self, visits={**others, booking_id: time})

    def release(self, booking_id: str) -> "Agenda":
        """Return the day without a booking's time, if it had any."""
        return replace(
            self, visits={key: each for key, each in self.visits.items() if key != booking_id}
        )

    def with_busy(self, busy: Iterable[Interval], day: Interval) -> "Agenda":
        """Return the day with what another calendar has taken on it, in place of what it had."""
        inside = (each.clipped(day) for each in busy)
        return replace(self, busy=tuple(merged(each for each in inside if each)))

    def overlapping(self) -> frozenset[str]:
        """Return the ids of the bookings whose time overlaps that of another, or something busy."""
        return frozenset(
            key
            for key, time in self.visits.items()
            if any(
                time.blocked.overlaps(each)
                for each in _blocked({k: v for k, v in self.visits.items() if k != key}, self)
            )
        )

    def visits_in(self, interval: Interval) -> frozenset[str]:
        """Return the ids of the bookings whose visit, without buffers, overlaps an interval."""
        return frozenset(key for key, time in self.visits.items() if time.visit.overlaps(interval))

    def to_dict(self) -> dict[str, Any]:
        """Return the day in plain JSON types."""
        return {
            "visits": {key: _to_list(each) for key, each in sorted(self.visits.items())},
            "busy": [[each.start_s, each.end_s] for each in self.busy],
            **self.newer,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Agenda":
        """Return the day that `to_dict` wrote."""
        return cls(
            {key: _from_list(*each) for key, each in document["visits"].items()},
            tuple(Interval(*bounds) for bounds in document["busy"]),
            newer=newer_fields(document, ("visits", "busy")),
        )


def blocked_intervals(agendas: Iterable[Agenda]) -> list[Interval]:
    """Return everything taken on some days, buffers included, in order and without overlaps."""
    return merged(each for agenda in agendas for each in _blocked(agenda.visits, agenda))


def _blocked(visits: Mapping[str, TakenTime], agenda: Agenda) -> Iterable[Interval]:
    yield from (each.blocked for each in visits.values())
    yield from agenda.busy


def _to_list(time: TakenTime) -> list[int]:
    return [time.visit.start_s, time.visit.end_s, time.before_s, time.after_s]


def _from_list(start_s: int, end_s: int, before_s: int, after_s: int) -> TakenTime:
    return TakenTime(Interval(start_s, end_s), before_s, after_s)
