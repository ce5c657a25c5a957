"""How much of a day one IP address may book without proving an e-mail address. Pure.

    taken      minutes of the visits on that local day that were booked from the address with
               nothing to pay, and whose e-mail address is not proved; cancelled ones too
    bookable   minutes of that day in which the location's employees work
    rule       taken <= bookable / 5, the new visit included

What goes beyond is not refused: it waits until its client follows the link in a mail. Neither side
depends on anything that a stranger controls, such as what is free just now or what became of the
visits.
"""

from collections.abc import Iterable
from datetime import date

from shared.domain.calendar.intervals import Interval, merged
from shared.domain.calendar.opening import opening_intervals
from shared.domain.catalogue.services import Employee
from shared.domain.dates.instants import DAY_S, MINUTE_S
from shared.domain.locations.budgets import Budget
from shared.domain.locations.location import MAX_DAYS_AHEAD

SHARE = 5
# Longer than anything can be booked ahead: a day's spendings count until the day is over.
_UNTIL_OVER_S = (MAX_DAYS_AHEAD + 2) * DAY_S


def unproved_time(employees: Iterable[Employee], day: date, timezone: str) -> tuple[Budget, ...]:
    """Return how many minutes of a local day one IP address may book without a proved e-mail."""
    minutes = sum(_minutes(opening_intervals(each, day, timezone)) for each in employees)
    return (Budget(minutes // SHARE, _UNTIL_OVER_S),)


def _minutes(openings: Iterable[Interval]) -> int:
    """Return for how many minutes anybody works, overlaps counted once."""
    return sum(each.end_s - each.start_s for each in merged(openings)) // MINUTE_S
