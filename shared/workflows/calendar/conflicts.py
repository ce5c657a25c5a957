"""Visits that time off meets: they stay, and whoever enters the time is told of them."""

from collections.abc import Iterable, Sequence
from itertools import batched

from msgspec import Struct

from shared.adapters.agenda_store import AgendaStore
from shared.domain.calendar.intervals import Interval
from shared.domain.dates.instants import DAY_S

MAX_LISTED = 100
# Days of employees that are read for one answer: a year of one, or ten of three hundred.
MAX_READ = 3000
READ_AT_ONCE = 100
# Nobody is booked further ahead; what is over meets nobody.
MAX_AHEAD_S = 740 * DAY_S


class ConflictingVisit(Struct, frozen=True):
    """A visit, without its buffers, that lies in time off."""

    booking_id: str
    employee_id: str
    visit: Interval


class Conflicts(Struct, frozen=True):
    """The first visits that time off meets, in order; not `complete` where there may be more."""

    found: list[ConflictingVisit]
    complete: bool


def find_conflicts(
    location_id: str, employee_ids: Sequence[str], off: Interval, agendas: AgendaStore, now_s: int
) -> Conflicts:
    """Return the visits to come of some employees that overlap an interval."""
    ahead = off.clipped(Interval(now_s, now_s + MAX_AHEAD_S))
    if ahead is None:
        return Conflicts([], complete=True)
    wanted = [(name, day) for day in ahead.utc_days() for name in employee_ids]
    found: dict[str, ConflictingVisit] = {}
    for part in batched(wanted[:MAX_READ], READ_AT_ONCE, strict=False):
        found |= _in_days(location_id, part, ahead, agendas)
        if len(found) > MAX_LISTED:
            break
    ordered = sorted(found.values(), key=lambda each: (each.visit, each.booking_id))
    is_complete = len(ordered) <= MAX_LISTED and len(wanted) <= MAX_READ
    return Conflicts(ordered[:MAX_LISTED], is_complete)


def _in_days(
    location_id: str, wanted: Iterable[tuple[str, str]], off: Interval, agendas: AgendaStore
) -> dict[str, ConflictingVisit]:
    """Return the visits of some employees' days; one that crosses midnight stands in two."""
    names = list(wanted)
    days = agendas.get_days(location_id, {who for who, _ in names}, {day for _, day in names})
    return {
        booking_id: ConflictingVisit(booking_id, employee_id, time.visit)
        for (employee_id, _), stored in days.items()
        for booking_id, time in stored.agenda.visits.items()
        if time.visit.overlaps(off)
    }
