"""Holds what the product said of a history against the oracle, figure by figure."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.truth import oracle, reading, tables
from tests.truth.formats import FormatJudge, Verdict
from tests.truth.histories import Morning, Told
from tests.truth.oracle import ClientMoney, Movement, movements, within
from tests.truth.tables import Tables
from tests.truth.world import EMPLOYEES, LOCATION, SERVICES

# How far back a report looks again, and finds the one before it.
LOOKED_BACK_DAYS = 31
EQUAL, QUIET, UNFINISHED, KEY_REFUSED = "equal", "quiet", "unfinished", "key refused"
CLAIMS = {
    EQUAL: "Every figure equals Stripe to the last minor unit.",
    QUIET: "No money moved on this day.",
    UNFINISHED: "The comparison with Stripe is not finished",
    KEY_REFUSED: "Stripe does not take this location's key any more",
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
    told: dict[str, str]


class Judge:
    """Judges one history: each morning's report as it was sent, and every day at the end."""

    def __init__(self, told: Told) -> None:
        self.told, self.world = told, told.world
        self.verdict = Verdict()
        self._reported: list[Reported] = []
        all_of = movements(self.world.stripe.transactions(), self.world.register)
        # What the report that is looked at tells as come late.
        self._late: list[tuple[date, Movement]] = []
        self._all = {each.name: each for each in all_of}

    def judge(self) -> Verdict:
        """Return what came of comparing everything."""
        for morning in self.told.mornings:
            self._morning(morning)
        self._afterwards()
        return self.verdict

    def _movements(
        self, names: Container[str], attributed: Container[str] = frozenset()
    ) -> list[Movement]:
        """Return some movements, each as the visit's that it was known to be of, if it was."""
        register = self.world.register
        return [
            oracle.claimed(each, register)
            if each.charge in register.claimed and name in attributed
            else each
            for name, each in self._all.items()
            if name in names
        ]

    # ------------------------------------------------------------------ a morning's report

    def _morning(self, morning: Morning) -> None:
        self.verdict.days += 1
        day, known = morning.day, self._movements(morning.known, morning.attributed)
        start_s, end_s = oracle.bounds(day, morning.zone)
        moved = within(known, start_s, end_s)
        name = f"{morning.folder}money-flow-{LOCATION}-{day}-TEST"
        found = reading.json_figures(self._file(f"{name}.json"))
        right = self._figures(known, start_s, end_s)
        right["client_money"], held = self._client_money(known, start_s, end_s)
        right |= self._corrections(morning, known)
        # How these stand is seen at the end: they change after the report.
        for later in ("payouts", "disputes"):
            found.pop(later)
        self.verdict.compare(f"{day} json", found, right)
        lines = {each.name: _line(each, morning.zone) for each in moved}
        self.verdict.compare(f"{day} csv", reading.csv_lines(self._file(f"{name}.csv")), lines)
        self._claim(morning, moved)
        if morning.in_every_format:
            files = FormatJudge(self.verdict, str(day), lambda each: self._file(f"{name}.{each}"))
            files.judge(morning.mail, self._tables(morning, known, right), lines)
        held_s = max(end_s, self._reported[-1].held_s if self._reported else 0)
        told = {each.name: each.booking for each in moved}
        self._reported.append(Reported(day, start_s, end_s, held_s, held, told))

    def _file(self, key: str) -> bytes:
        self.verdict.files += 1
        return self.world.files[key]

    def _figures(self, known: list[Movement], start_s: int, end_s: int) -> dict[str, Any]:
        moved = within(known, start_s, end_s)
        self.verdict.entries += len(moved)
        opening = oracle.sums_by_currency(each for each in known if each.at_s < start_s)
        closing = oracle.sums_by_currency(each for each in known if each.at_s < end_s)
        return {
            "currencies": {
                code: _currency(each, opening.get(code, 0), closing.get(code, 0))
                for code, each in oracle.figures(moved).items()
            },
            "lines": {each.name: _entry(each) for each in moved},
            "entries_total": len(moved),
            "refunds": [
                (each.source, -each.gross, each.currency, each.booking)
                for each in oracle.counted(moved)
                if each.flow in {oracle.REFUNDS, oracle.REFUND_REVERSALS}
            ],
        }

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
        nothing = oracle.ClientFigures(0, 0, 0, 0, 0)
        codes = [code for code in over.keys() | late.keys() if code in over or late[code]]
        figures = {
            code: {**vars(over.get(code, nothing)), "came_late": late.get(code, 0)}
            for code in codes
        }
        return figures, money.held(end_s)

    def _corrections(self, morning: Morning, known: list[Movement]) -> dict[str, Any]:
        """Return what came late to days that were reported, and remember that it is told now."""
        late: dict[str, Any] = {}
        self._late = []
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
                reported.told[each.name] = each.booking
                if before is None:
                    late[f"{day[0]} {each.name}"] = _entry(each)
                    self._late.append((reported.day, each))
                    if each.balance == "payments":
                        _count_in(sums, day, each)
                elif before != each.booking:
                    _count_in(anew, day, each)
        return {"corrections": late, "corrected_days": sums, "reattributed_days": anew}

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
        found |= tables.correction_tables(self._late, right["corrected_days"])
        flows = {oracle.REFUNDS, oracle.REFUND_REVERSALS}
        return found | tables.refund_table(m for m in oracle.counted(moved) if m.flow in flows)

    # ------------------------------------------------------------------ what it claims

    def _claim(self, morning: Morning, moved: list[Movement]) -> None:
        """Hold the report's one sentence against what could be known when it was sent."""
        mail = morning.mail.get_body(("plain",))
        assert mail is not None
        told = next((each for each in CLAIMS if CLAIMS[each] in mail.get_content()), "other")
        _, end_s = oracle.bounds(morning.day, morning.zone)
        # A comparison holds that was made right then, or so late that Stripe's list is whole.
        since_s = min(end_s + 3600, morning.at_s - 60)
        equal = EQUAL if oracle.counted(moved) else QUIET
        right = equal if morning.compared_s >= since_s else UNFINISHED
        if right == UNFINISHED and morning.is_key_refused:
            right = KEY_REFUSED
        if told in {EQUAL, QUIET}:
            there = self._movements(morning.listed)
            missing = [m.name for m in there if m.at_s < end_s and m.name not in morning.known]
            self.verdict.compare(f"{morning.day} claims {told}, and lacks", missing, [])
        elif self.told.shape.late_lists or morning.at_s - end_s < 600:
            # Something may still come that Stripe has told and not listed, or not told yet.
            return
        self.verdict.compare(f"{morning.day} claim", told, right)

    # ------------------------------------------------------------------ at the end

    def _afterwards(self) -> None:
        """Hold every day, as the API answers it when all is known, against all that there is."""
        attributed = self.world.attributed()
        known = self._movements(self._all, attributed)
        claimed = [each for each in known if each.charge in self.world.register.claimed]
        for each in claimed:
            if f"{each.charge} is ours" in self.world.heard:
                self.verdict.compare(f"{each.name} is ours", each.name in attributed, right=True)
        missing = self._all.keys() ^ self.world.known()
        self.verdict.compare("ledger", sorted(missing), [])
        zone = self.world.location.timezone
        for day in sorted({morning.day for morning in self.told.mornings}):
            self.verdict.days += 1
            found = reading.json_figures(self.world.document(day, limit=7))
            right = self._figures(known, *oracle.bounds(day, zone))
            for name in ("client_money", "corrections", "corrected_days", "reattributed_days"):
                found.pop(name)
            right["payouts"] = self._payouts(day, *oracle.bounds(day, zone))
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
        return {code: _currency(each, 0, 0) for code, each in moved.items()}

    def _payouts(self, day: date, start_s: int, end_s: int) -> dict[str, Any]:
        """Return the payouts of a day, those that moved money on it, and those on their way."""
        moved = {
            each.source
            for each in oracle.counted(within(self._all.values(), start_s, end_s))
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


_SUMS = ("count", "gross", "fee", "net")


def _count_in(
    sums: dict[tuple[str, str], dict[str, int]], day: tuple[str, str], each: Movement
) -> None:
    of_day = sums.setdefault(day, dict.fromkeys(_SUMS, 0))
    for name, part in zip(_SUMS, (1, each.gross, each.fee, each.net), strict=True):
        of_day[name] += part


def _currency(each: oracle.CurrencyFigures, opening: int, closing: int) -> dict[str, Any]:
    return {
        **each.flows,
        "payouts": each.payouts,
        "net": each.net,
        "opening": opening,
        "closing": closing,
        "by_category": each.categories,
        "by_purpose": each.purposes,
        "by_service": each.services,
        "by_employee": each.employees,
    }


def _entry(each: Movement) -> dict[str, Any]:
    return {
        name: getattr(each, name)
        for name in (
            *("gross", "fee", "net", "currency", "balance", "category"),
            "booking",
            "purpose",
        )
    }


def _line(each: Movement, zone: str) -> dict[str, Any]:
    utc = datetime.fromtimestamp(each.at_s, UTC)
    return {
        **_entry(each),
        "service": SERVICES.get(each.service, ""),
        "employee": EMPLOYEES.get(each.employee, ""),
        "at": utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "local": utc.astimezone(ZoneInfo(zone)).isoformat(),
    }


def judged(told: Told) -> Verdict:
    """Judge a history."""
    return Judge(told).judge()
