"""A day of the queues, minute by minute, with two hours in which Stripe does not answer.

All locations are in one time zone, which is the worst case: clients book from nine to seven,
reports are due at seven in the morning, and syncs on the hour.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from infra.capacity.work import (
    ENTRY,
    MAIL,
    PAY,
    REFUND,
    REPORT,
    SYNC,
    SYNCS_A_DAY_ACTIVE,
    SYNCS_A_DAY_IDLE,
)

MINUTES = 24 * 60
OPENS, CLOSES = 9 * 60, 19 * 60
OUTAGE = range(11 * 60, 13 * 60)
# Stripe tells what it could not tell as soon as it can again.
CATCHES_UP = range(OUTAGE.stop, OUTAGE.stop + 30)
REPORTS_AT = 7 * 60
# A tick has ordered all within its first minutes.
ORDERS_MIN = 5
PAYMENTS_A_DAY, REFUNDED_SHARE = 50, 0.03


@dataclass(frozen=True, slots=True)
class Town:
    """How many locations there are: half of them take fifty payments a day, half nothing."""

    locations: int

    @property
    def active(self) -> float:
        """Those with payments."""
        return self.locations / 2

    def payments(self, minute: int) -> float:
        """Return the payments of a minute; none while Stripe is away."""
        if not OPENS <= minute < CLOSES or minute in OUTAGE:
            return 0
        return self.active * PAYMENTS_A_DAY / (CLOSES - OPENS)


@dataclass(frozen=True, slots=True)
class Line:
    """A queue: who works at it, how long one message takes, what comes in a minute of a town."""

    name: str
    at_once: int
    seconds: float
    comes: Callable[[Town, int], float]
    needs_stripe: bool = False
    at_most: Callable[[Town], float] = lambda _: math.inf

    def room(self, minute: int) -> float:
        """Return how many messages are done with in a minute; during the outage none is."""
        if self.needs_stripe and minute in OUTAGE:
            return 0
        return self.at_once * 60 / self.seconds


@dataclass(frozen=True, slots=True)
class Backlog:
    """How a queue got through the day: most that waited, and the longest wait in minutes.

    `over_after_min` is how long after the outage it was empty for the first time, None if never.
    """

    most: int
    longest_min: int
    over_after_min: int | None


def _events(town: Town, minute: int) -> float:
    if minute in CATCHES_UP:
        # What was paid in the last minutes before, and the webhooks that were under way.
        return 4 * (town.payments(minute) + town.active * PAYMENTS_A_DAY / 600 * 10 / 30)
    return 4 * town.payments(minute)


def _refunds(town: Town, minute: int) -> float:
    # Staff go on asking.
    during = town.active * PAYMENTS_A_DAY / (CLOSES - OPENS) if OPENS <= minute < CLOSES else 0
    return during * REFUNDED_SHARE


def _syncs(town: Town, minute: int) -> float:
    hourly = town.active * SYNCS_A_DAY_ACTIVE + town.active * SYNCS_A_DAY_IDLE
    return hourly / 24 / ORDERS_MIN if minute % 60 < ORDERS_MIN else 0


def _reports(town: Town, minute: int) -> float:
    return town.locations / ORDERS_MIN if 0 <= minute - REPORTS_AT < ORDERS_MIN else 0


def _mails(town: Town, minute: int) -> float:
    return town.payments(minute) * 1.5


# Batches share one call of the function: a message has its part of it. `at_once` is the template's.
LINES = (
    Line("StripeEvents", 20, PAY.seconds / 9 + 0.004, _events),
    Line("RefundOrders", 10, REFUND.seconds / 3, _refunds, needs_stripe=True),
    Line(
        "LedgerSyncs",
        20,
        SYNC.seconds + 20 * ENTRY.seconds / 24,
        _syncs,
        True,
        lambda town: town.locations,
    ),
    Line("ReportOrders", 20, REPORT.seconds, _reports, needs_stripe=True),
    Line("Mails", 5, MAIL.seconds + 0.05, _mails),
)


def run(line: Line, town: Town) -> Backlog:
    """Let a queue live through the day, and through a second one until it is empty."""
    waiting, most, longest = 0.0, 0.0, 0.0
    rate = line.at_once * 60 / line.seconds
    over = None
    for minute in range(2 * MINUTES):
        if minute < MINUTES:
            # What is ordered and not done yet is not ordered again.
            waiting = min(waiting + line.comes(town, minute), line.at_most(town))
        waiting -= min(waiting, line.room(minute))
        most = max(most, waiting)
        if waiting >= 1:
            away = OUTAGE.stop - minute if line.needs_stripe and minute in OUTAGE else 0
            longest = max(longest, away + waiting / rate)
        elif over is None and minute >= OUTAGE.stop:
            over = minute - OUTAGE.stop
    return Backlog(int(most), int(longest), over)
