"""Holds every day of a history, when all has come, against all that there is at Stripe."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.truth import oracle, reading
from tests.truth.formats import Verdict
from tests.truth.histories import Told
from tests.truth.oracle import Movement, movements, within
from tests.truth.right import (
    CORRECTIONS,
    NOTHING_LEFT_OUT,
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
        for day in sorted({morning.day for morning in self.told.mornings}):
            self.verdict.days += 1
            found = reading.json_figures(self.world.document(day, limit=7))
            start_s, end_s = oracle.bounds(day, zone)
            self.verdict.entries += len(within(known, start_s, end_s))
            right = figures_of(known, start_s, end_s)
            for name in ("client_money", *CORRECTIONS):
                found.pop(name)
            right["left_out"] = NOTHING_LEFT_OUT
            right["payouts"] = self._payouts(day, start_s, end_s)
            right["disputes"] = self._disputes(found["disputes"])
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

    def _payouts(self, day: date, start_s: int, end_s: int) -> dict[str, Any]:
        """Return the payouts of a day, those that moved money on it, and those on their way."""
        moved = {
            each.source
            for each in oracle.counted(within(self._all, start_s, end_s))
            if each.flow == oracle.PAYOUTS
        }
        found = {}
        for each in self.world.stripe.objects("payout"):
            if not start_s - 31 * 86_400 <= each["created"] < end_s:
                continue
            arrives = datetime.fromtimestamp(each["arrival_date"], UTC).date()
            is_of_day = each["created"] >= start_s or each["id"] in moved
            if is_of_day or each["status"] in {"pending", "in_transit"} or arrives >= day:
                found[each["id"]] = self._payout(each)
        return found

    def _payout(self, told: Mapping[str, Any]) -> dict[str, Any]:
        items = None
        if told["automatic"] and told["reconciliation_status"] == "completed":
            carried = self.world.stripe.carried(told["id"])
            items = [each for each in carried if each["id"] != told["balance_transaction"]]
        return {
            **{name: told[name] for name in ("amount", "currency", "status", "automatic")},
            "items": len(items or ()),
            "sum_matches": sum(each["net"] for each in items) == told["amount"] if items else None,
            "trace_id": told["trace_id"]["value"],
        }

    def _disputes(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the open disputes; one that moved no money and was not told need not be known.

        Nor need it be known whose one is that was claimed, as its webhook may be lost.
        """
        register = self.world.register
        payments = register.payments | {
            each["charge"]: register.claimed[each["charge"]]
            for each in self.world.stripe.objects("dispute")
            if each["charge"] in register.claimed and found.get(each["id"], {}).get("booking")
        }
        return {
            each["id"]: {
                "booking": payments.get(each["charge"], ("", ""))[0],
                "amount": each["amount"],
                "currency": each["currency"],
                "status": each["status"],
                "inquiry": each["status"].startswith("warning_"),
            }
            for each in self.world.stripe.objects("dispute")
            if each["status"] not in {"won", "lost", "warning_closed"}
            if each["balance_transactions"] or each["id"] in self.world.heard or each["id"] in found
        }


def judge_end(told: Told, verdict: Verdict) -> None:
    """Judge the end of a history; what differs goes into the verdict."""
    EndJudge(told, verdict).judge()
