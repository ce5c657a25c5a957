"""Holds every day of a history, when all has come, against all that there is at Stripe."""

from datetime import date, timedelta
from typing import Any

from tests.truth import oracle, reading
from tests.truth.asked import about_bookings, asked_of, holds_of
from tests.truth.at_stripe import disputes_of, payouts_of
from tests.truth.compared import lists_at_the_end
from tests.truth.formats import Verdict
from tests.truth.histories import Told
from tests.truth.oracle import Movement, movements, within
from tests.truth.right import (
    CORRECTIONS,
    attributed_movements,
    currency_of,
    figures_of,
)


class EndJudge:
    """Judges what the API answers after a history's last sync."""

    def __init__(self, told: Told, verdict: Verdict) -> None:
        self.told, self.world, self.verdict = told, told.world, verdict
        self._all = movements(self.world.stripe.transactions(), self.world.register)

    def judge(self) -> None:
        """Hold every day, as the API answers it when all is known, against all that there is."""
        attributed = self.world.attributed()
        known = attributed_movements(self.world, self._all, attributed)
        claimed = [each for each in known if each.charge in self.world.register.claimed]
        for each in claimed:
            if f"{each.charge} is ours" in self.world.heard:
                self.verdict.compare(f"{each.name} is ours", each.name in attributed, right=True)
        missing = {each.name for each in self._all} ^ self.world.known()
        self.verdict.compare("ledger", sorted(missing), [])
        zone = self.world.location.timezone
        has_moved = any(morning.zone != zone for morning in self.told.mornings)
        for day in sorted({morning.day for morning in self.told.mornings}):
            self.verdict.days += 1
            found = reading.json_figures(self.world.document(day, limit=7))
            start_s, end_s = oracle.bounds(day, zone)
            self.verdict.entries += len(within(known, start_s, end_s))
            right = figures_of(known, start_s, end_s)
            for name in ("client_money", *CORRECTIONS):
                found.pop(name)
            stripe, where = self.world.stripe, (day, (start_s, end_s))
            right["payouts"] = payouts_of(self.world, stripe.objects("payout"), self._all, *where)
            right["disputes"] = disputes_of(
                self.world,
                stripe.objects("dispute"),
                found["disputes"],
                self.world.heard,
                self.world.now_s(),
            )
            right["holds"] = holds_of(self.world, found["holds"])
            found["asked"] = about_bookings(self.world, found["asked"])
            right["asked"] = asked_of(self.world)
            moved = within(known, start_s, end_s)
            right["compared"] = lists_at_the_end(
                self.world, known, moved, found["compared"], has_moved=has_moved
            )
            self.verdict.compare(f"{day} at the end", found, right)
        self._summaries(known, zone)

    def _summaries(self, known: list[Movement], zone: str) -> None:
        """Hold the summary of all days against the sums of the whole stretch."""
        first, last = (pick(m.day for m in self.told.mornings) for pick in (min, max))
        days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
        for by in ("day", "month"):
            found = reading.summary_figures(self.world.summary(first, last, by))
            periods = {day.isoformat(): [day] for day in days}
            if by == "month":
                begins = {(day.year, day.month): day for day in reversed(days)}
                periods = {
                    start.isoformat(): [day for day in days if (day.year, day.month) == month]
                    for month, start in begins.items()
                }
            right = {name: self._period(known, of[0], of[-1], zone) for name, of in periods.items()}
            right["totals"] = self._period(known, first, last, zone)
            self.verdict.compare(f"summary by {by}", found, right)

    def _period(self, known: list[Movement], first: date, last: date, zone: str) -> dict[str, Any]:
        start_s, end_s = oracle.day_begins(first, zone), oracle.bounds(last, zone)[1]
        moved = oracle.figures(within(known, start_s, end_s))
        return {code: currency_of(each, 0, 0) for code, each in moved.items()}


def judge_end(told: Told, verdict: Verdict) -> None:
    """Judge the end of a history; what differs goes into the verdict."""
    EndJudge(told, verdict).judge()
