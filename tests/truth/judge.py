"""Holds what the product said of a history against the oracle, figure by figure."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.truth import oracle, reading, tables
from tests.truth.at_stripe import disputes_of, payouts_of
from tests.truth.at_the_end import judge_end
from tests.truth.client_money import ClientFigures, ClientMoney
from tests.truth.compared import lists_of_a_morning
from tests.truth.formats import FormatJudge, Verdict
from tests.truth.histories import Morning, Told
from tests.truth.oracle import Movement, movements, within
from tests.truth.right import (
    attributed_movements,
    count_in,
    entry_of,
    figures_of,
    line_of,
    listed,
    refunds_of,
)
from tests.truth.tables import Tables
from tests.truth.world import EMPLOYEES, LOCATION, SERVICES

# How far back a report looks again, and finds the one before it.
LOOKED_BACK_DAYS = 31
EQUAL, SMALLER, QUIET = "equal", "sums are equal", "quiet"
UNFINISHED, KEY_REFUSED = "unfinished", "key refused"
CLAIMS = {
    EQUAL: "Reconciled: all figures match Stripe exactly.",
    SMALLER: "The day's totals and balances match Stripe exactly.",
    QUIET: "No money moved on this day.",
    UNFINISHED: "The comparison with Stripe is not finished",
    KEY_REFUSED: "Stripe no longer accepts this location's key",
    "differs": "The ledger differs from Stripe's balance",
    "unexplained": "Not everything is explained",
}


@dataclass
class Reported:
    """A morning's report as it was sent: its stretch, what it held when, and what was told."""

    day: date
    start_s: int
    end_s: int
    held_s: int
    held: Mapping[str, int]
    told: dict[str, Movement]


class Judge:
    """Judges one history: each morning's report as it was sent, and every day at the end."""

    def __init__(self, told: Told) -> None:
        self.told, self.world = told, told.world
        self.verdict = Verdict()
        self._reported: list[Reported] = []
        # What the report that is looked at tells as come late.
        self._late: list[tuple[date, Movement]] = []
        # What it tells as another's, before and now.
        self._anew: list[tuple[date, Movement, Movement]] = []
        self._all = movements(self.world.stripe.transactions(), self.world.register)

    def judge(self) -> Verdict:
        """Return what came of comparing everything."""
        for morning in self.told.mornings:
            self._morning(morning)
        judge_end(self.told, self.verdict)
        return self.verdict

    def _movements(
        self, names: Container[str], attributed: Container[str] = frozenset()
    ) -> list[Movement]:
        return [
            each
            for each in attributed_movements(self.world, self._all, attributed)
            if each.name in names
        ]

    # ------------------------------------------------------------------ a morning's report

    def _morning(self, morning: Morning) -> None:
        self.verdict.days += 1
        day, known = morning.day, self._movements(morning.known, morning.attributed)
        start_s, end_s = oracle.bounds(day, morning.zone)
        moved = within(known, start_s, end_s)
        name = f"{morning.folder}money-flow-{LOCATION}-{day}-TEST"
        found = reading.json_figures(self._file(f"{name}.json"))
        self.verdict.entries += len(moved)
        right = figures_of(known, start_s, end_s)
        right["client_money"], held = self._client_money(known, start_s, end_s)
        right |= self._corrections(morning, known)
        if self._is_compared_now(morning):
            right["payouts"] = payouts_of(self.world, morning.payouts, known, day, (start_s, end_s))
            right["disputes"] = disputes_of(
                self.world, morning.disputes, found["disputes"], morning.heard, morning.at_s
            )
            right["compared"] = lists_of_a_morning(
                self.world, moved, found["compared"], morning.listed
            )
        else:
            # How they stand at Stripe is not known then; it is seen at the end.
            for later in ("payouts", "disputes", "compared"):
                found.pop(later)
        # What is held and asked for without a movement of money is seen at the end too.
        for later in ("holds", "asked"):
            found.pop(later)
        self.verdict.compare(f"{day} json", found, right)
        lines = {each.name: line_of(each, morning.zone) for each in moved}
        self.verdict.compare(f"{day} csv", reading.csv_lines(self._file(f"{name}.csv")), lines)
        self._claim(morning, moved)
        if morning.in_every_format:
            files = FormatJudge(self.verdict, str(day), lambda each: self._file(f"{name}.{each}"))
            said = tables.came_late(right["client_money"])
            said += tables.remainder(right["left_out"]["refunds"])
            files.judge(morning.mail, self._tables(morning, known, right), lines, said)
        held_s = max(end_s, self._reported[-1].held_s if self._reported else 0)
        told = {each.name: each for each in moved}
        self._reported.append(Reported(day, start_s, end_s, held_s, held, told))

    def _is_compared_now(self, morning: Morning) -> bool:
        """Whether the report's own sync went through, and Stripe listed all that there was."""
        return morning.compared_s == morning.at_s and morning.listed <= morning.known

    def _file(self, key: str) -> bytes:
        self.verdict.files += 1
        return self.world.files[key]

    def _client_money(
        self, known: list[Movement], start_s: int, end_s: int
    ) -> tuple[dict[str, Any], Mapping[str, int]]:
        """Return clients' money of a stretch, and what is held at its end.

        What a report before this one has counted is not counted again, and how much of the opening
        that one did not have came late.
        """
        money = ClientMoney(known, self.world.register)
        late: dict[str, int] = {}
        if self._reported:
            before = self._reported[-1]
            start_s = max(start_s, before.held_s)
            by_now = money.held(before.held_s)
            for code in by_now.keys() | before.held.keys():
                late[code] = by_now.get(code, 0) - before.held.get(code, 0)
        end_s = max(start_s, end_s)
        over = money.over(start_s, end_s)
        nothing = ClientFigures(0, 0, 0, 0, 0)
        codes = [code for code in over.keys() | late.keys() if code in over or late[code]]
        figures = {
            code: {**vars(over.get(code, nothing)), "came_late": late.get(code, 0)}
            for code in codes
        }
        return figures, money.held(end_s)

    def _corrections(self, morning: Morning, known: list[Movement]) -> dict[str, Any]:
        """Return what came late to days that were reported, and remember that it is told now."""
        late: dict[str, Any] = {}
        self._late, self._anew = [], []
        lines: dict[str, Any] = {}
        sums: dict[tuple[str, str], dict[str, int]] = {}
        anew: dict[tuple[str, str], dict[str, int]] = {}
        for reported in self._reported:
            age = (morning.day - reported.day).days
            if not 1 <= age <= LOOKED_BACK_DAYS:
                continue
            start_s, end_s = reported.start_s, reported.end_s
            for each in within(known, start_s, end_s):
                day = (reported.day.isoformat(), each.currency)
                before = reported.told.get(each.name)
                reported.told[each.name] = each
                if before is None:
                    late[f"{day[0]} {each.name}"] = entry_of(each)
                    self._late.append((reported.day, each))
                    if each.balance == "payments":
                        count_in(sums, day, each)
                elif before.booking != each.booking:
                    count_in(anew, day, each)
                    self._anew.append((reported.day, before, each))
                    lines[f"{day[0]} {each.name}"] = {
                        **entry_of(each),
                        "service": SERVICES.get(each.service, ""),
                        "employee": EMPLOYEES.get(each.employee, ""),
                        "before": before.booking,
                    }
        return {
            "corrections": late,
            "corrected_days": sums,
            "reattributions": lines,
            "reattributed_days": anew,
        }

    def _tables(self, morning: Morning, known: list[Movement], right: Any) -> Tables:
        """Return the tables that every format is to have."""
        start_s, end_s = oracle.bounds(morning.day, morning.zone)
        moved = within(known, start_s, end_s)
        figures = oracle.figures(moved)
        before, after = (
            oracle.sums_by_currency(each for each in known if each.at_s < at_s)
            for at_s in (start_s, end_s)
        )
        found = tables.balance_table(figures, before, after)
        for code, each in figures.items():
            found |= tables.currency_tables(code, each, {**SERVICES, **EMPLOYEES})
        found |= tables.client_table(right["client_money"])
        found |= tables.correction_tables(
            self._late, right["corrected_days"], {**SERVICES, **EMPLOYEES}
        )
        found |= tables.reattribution_table(self._anew, {**SERVICES, **EMPLOYEES})
        return found | tables.refund_table(listed(refunds_of(moved)))

    # ------------------------------------------------------------------ what it claims

    def _claim(self, morning: Morning, moved: list[Movement]) -> None:
        """Hold the report's one sentence against what could be known when it was sent."""
        mail = morning.mail.get_body(("plain",))
        assert mail is not None
        told = next((each for each in CLAIMS if CLAIMS[each] in mail.get_content()), "other")
        _, end_s = oracle.bounds(morning.day, morning.zone)
        # A comparison holds that was made right then, or so late that Stripe's list is whole.
        since_s = min(end_s + 3600, morning.at_s - 60)
        equal = SMALLER if morning.bound_late else EQUAL
        equal = equal if oracle.counted(moved) else QUIET
        right = equal if morning.compared_s >= since_s else UNFINISHED
        if right == UNFINISHED and morning.is_key_refused:
            right = KEY_REFUSED
        if told in {EQUAL, SMALLER, QUIET}:
            there = self._movements(morning.listed)
            missing = [m.name for m in there if m.at_s < end_s and m.name not in morning.known]
            self.verdict.compare(f"{morning.day} claims {told}, and lacks", missing, [])
        elif self.told.shape.late_lists or morning.at_s - end_s < 600:
            # Something may still come that Stripe has told and not listed, or not told yet.
            return
        self.verdict.compare(f"{morning.day} claim", told, right)


def judged(told: Told) -> Verdict:
    """Judge a history."""
    return Judge(told).judge()
