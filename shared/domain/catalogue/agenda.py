"""Which parts of an employee's day are taken, and by which booking. Pure.

An agenda is one item per UTC day. Taking a slot writes it on the condition that nobody has written
since it was read, so that of two clients who want the same time one learns that it is taken.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.catalogue.slots import Interval
from shared.domain.errors import Conflict

# A day has no more starting times than this, and the item needs no more room.
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
    """Return everything taken on some days; what crosses midnight counts once."""
    return {interval for agenda in agendas for interval in agenda.taken.values()}
