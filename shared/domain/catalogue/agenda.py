"""What of an employee's day is taken, and by which booking. Pure.

An agenda is one item a day of UTC; taking a slot writes it on the condition that nobody wrote since
it was read, so that of two who want the same moment one is told that it is gone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.catalogue.slots import Interval
from shared.domain.errors import Conflict

# A day has no more moments than this to begin at, and an item no more room than it needs.
MAX_TAKEN = 400


@dataclass(frozen=True, slots=True)
class Agenda:
    """One employee's day: intervals by booking id."""

    taken: Mapping[str, Interval]

    def take(self, booking_id: str, slot: Interval) -> "Agenda":
        """Return the day with the slot taken; raises `Conflict` `slot_taken`."""
        others = (each for key, each in self.taken.items() if key != booking_id)
        if any(slot.overlaps(other) for other in others) or len(self.taken) >= MAX_TAKEN:
            raise Conflict("Somebody else has this time.", code="slot_taken")
        return Agenda({**self.taken, booking_id: slot})

    def release(self, booking_id: str) -> "Agenda":
        """Return the day without a booking's slot, if it had one."""
        return Agenda({key: each for key, each in self.taken.items() if key != booking_id})

    def to_dict(self) -> dict[str, Any]:
        """Return the day in plain JSON types."""
        return {key: [each.start_s, each.end_s] for key, each in sorted(self.taken.items())}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Agenda":
        """Return the day that `to_dict` wrote."""
        return cls({key: Interval(*bounds) for key, bounds in document.items()})


def taken_intervals(agendas: Iterable[Agenda]) -> set[Interval]:
    """Return all that is taken on some days, what crosses midnight once."""
    return {interval for agenda in agendas for interval in agenda.taken.values()}
