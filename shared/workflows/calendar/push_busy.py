"""What another calendar has taken of an employee's time replaces what it had taken before."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from msgspec import Struct

from shared.adapters.agenda_store import AgendaStore
from shared.domain.calendar.agenda import Agenda
from shared.domain.calendar.intervals import Interval
from shared.domain.dates.instants import DAY_S
from shared.workflows.calendar.conflicts import MAX_LISTED, ConflictingVisit, Conflicts


class BusyDays(Struct, frozen=True):
    """Whole UTC days, both included, and what is taken on them, in any order."""

    first: date
    last: date
    intervals: Sequence[Interval]

    def days(self) -> list[str]:
        """Return the days, such as `2026-11-22`."""
        number = (self.last - self.first).days + 1
        return [(self.first + timedelta(days=each)).isoformat() for each in range(number)]

    def bounds(self) -> Interval:
        """Return the time of all the days."""
        return Interval(utc_day(self.first.isoformat()).start_s, utc_day(self.days()[-1]).end_s)


def utc_day(day: str) -> Interval:
    """Return the time of a UTC day."""
    start_s = int(datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).timestamp())
    return Interval(start_s, start_s + DAY_S)


def push_busy(
    location_id: str, employee_id: str, busy: BusyDays, agendas: AgendaStore
) -> Conflicts:
    """Write what is busy on each of the days, and return the visits there that it meets.

    Each day is written by itself, and a repetition writes nothing. Visits stay. Raises
    `WriteConflict` where a day changed each time: the same request again goes on.
    """

    def with_busy(day: str, agenda: Agenda) -> Agenda:
        return agenda.with_busy(busy.intervals, utc_day(day))

    written = agendas.change_days(location_id, employee_id, busy.days(), with_busy)
    met = {
        booking_id: ConflictingVisit(booking_id, employee_id, time.visit)
        for agenda in written.values()
        for booking_id, time in agenda.visits.items()
        if any(time.visit.overlaps(each) for each in agenda.busy)
    }
    ordered = sorted(met.values(), key=lambda each: (each.visit, each.booking_id))
    return Conflicts(ordered[:MAX_LISTED], complete=len(ordered) <= MAX_LISTED)
