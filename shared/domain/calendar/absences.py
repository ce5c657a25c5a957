"""When somebody is away, or a location is closed: what nobody can be booked in. Pure.

The absences of one employee, and the closures of one location, are one item each. They move no
booking that is there already: whoever enters one is told which visits it meets.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from shared.domain.calendar.intervals import Interval
from shared.domain.catalogue.services import NO_ID, is_catalogue_id
from shared.domain.dates.instants import DAY_S
from shared.domain.errors import Conflict, InvalidInput
from shared.domain.mistakes import mistake

MAX_ABSENCES = 100
MAX_REASON_CHARS = 200
# A parental leave is longer than a year.
MAX_DAYS = 1100
# What ended longer ago is forgotten at the next write: it keeps nobody from booking.
KEPT_DAYS = 92


class Absence(Struct, frozen=True):
    """Time that is off; the reason is for staff alone.

    Raises `InvalidInput` with a pointer for each mistake when built.
    """

    absence_id: str
    time: Interval
    reason: str = ""

    def __post_init__(self) -> None:
        mistakes = []
        if not is_catalogue_id(self.absence_id):
            mistakes.append(mistake("/absence_id", NO_ID))
        if self.time.end_s <= self.time.start_s:
            mistakes.append(mistake("/to", "must be after `from`"))
        elif self.time.end_s - self.time.start_s > MAX_DAYS * DAY_S:
            mistakes.append(mistake("/to", f"must be at most {MAX_DAYS} days after `from`"))
        if len(self.reason) > MAX_REASON_CHARS:
            mistakes.append(mistake("/reason", f"must have at most {MAX_REASON_CHARS} characters"))
        if mistakes:
            raise InvalidInput("Some fields of the absence are not valid.", errors=mistakes)


class Absences(Struct, frozen=True):
    """The absences of an employee, or the closures of a location, by id."""

    by_id: Mapping[str, Absence]

    def put(self, absence: Absence, now_s: int) -> "Absences":
        """Return them with one more, or with one changed.

        What ended `KEPT_DAYS` ago is left out. Raises `Conflict` `too_many_absences`.
        """
        kept = {
            key: each
            for key, each in self.by_id.items()
            if each.time.end_s > now_s - KEPT_DAYS * DAY_S and key != absence.absence_id
        }
        if len(kept) >= MAX_ABSENCES:
            raise Conflict(
                f"There are {MAX_ABSENCES} already: delete one first.", code="too_many_absences"
            )
        return Absences({**kept, absence.absence_id: absence})

    def delete(self, absence_id: str) -> "Absences":
        """Return them without one, if it was there."""
        return Absences({key: each for key, each in self.by_id.items() if key != absence_id})

    def in_order(self) -> list[Absence]:
        """Return them by time."""
        return sorted(self.by_id.values(), key=lambda each: (each.time, each.absence_id))

    def times(self) -> list[Interval]:
        """Return the time that is off."""
        return [each.time for each in self.by_id.values()]

    def to_dict(self) -> dict[str, Any]:
        """Return them in plain JSON types."""
        return {
            key: [each.time.start_s, each.time.end_s, each.reason]
            for key, each in sorted(self.by_id.items())
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Absences":
        """Return those that `to_dict` wrote."""
        return cls(
            {
                key: Absence(key, Interval(start_s, end_s), reason)
                for key, (start_s, end_s, reason) in document.items()
            }
        )


NONE = Absences({})
