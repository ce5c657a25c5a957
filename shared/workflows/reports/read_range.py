"""The money flow of a range of days, read from sums: no entry is, but of days without them."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import islice

from shared.adapters.ledger_quarters import LedgerQuarters
from shared.adapters.ledger_store import DaySum, LedgerStore, balances_of_days
from shared.adapters.payout_store import PayoutStore
from shared.adapters.sync_state import SyncState
from shared.config import Config
from shared.domain.dates.instants import DAY_S
from shared.domain.dates.local_day import day_bounds
from shared.domain.dates.report_day import ONE_DAY, LocalDay, day_of, days_between, report_day
from shared.domain.ledger.money_flow import MAX_LISTED, MoneyFlow
from shared.domain.ledger.quarter_sums import QuarterSums, count_entries, flow_of_quarters
from shared.domain.locations.location import Location
from shared.domain.reports.balances import balances_of, own_opening
from shared.domain.reports.flow_range import (
    Figures,
    FlowRange,
    Period,
    RangeDay,
    period_before,
    shown_currencies,
    sum_up,
    why_no_before,
)
from shared.domain.reports.not_compared import reasons_not_compared
from shared.domain.reports.report import Report, as_compared, compared_since_s
from shared.workflows.reports.read_report import (
    LIVE,
    MAX_ACTIONS,
    ReadingBudget,
    ReportReader,
    reconciled,
    within,
)

UTC_ZONE = "UTC"


class RangeReader:
    """Reads ranges; what it reads grows with the days, not with what moved on them."""

    def __init__(self, config: Config) -> None:
        self._ledger = LedgerStore(config)
        self._quarters = LedgerQuarters(config)
        self._payouts = PayoutStore(config)
        self._state = SyncState(config)
        self._reports = ReportReader(config)
        self._public_url = config.public_url

    def read(
        self,
        location: Location,
        first: date,
        last: date,
        now_s: int,
        budget: ReadingBudget,
        *,
        unsynced: str = "",
    ) -> FlowRange:
        """Return the money flow from the first to the last day, both included, as of now.

        `unsynced` says why the sync before came to no end (a code of `not_compared`). Days that an
        earlier release added up are added up anew, once, from their entries. Raises
        `AwsUnreachable`, and `Unavailable` when the budget's time is over before that is done: the
        next reading goes on from there.
        """
        location_id, livemode = location.location_id, location.mode == LIVE
        first_before, last_before = period_before(first, last)
        spans = [report_day(each, location.timezone) for each in days_between(first_before, last)]
        start_s, end_s = spans[0].start_s, spans[-1].end_s
        sums = self._ledger.sum_days(location_id, day_of(end_s + DAY_S, UTC_ZONE).isoformat())
        quarters = self._read_quarters(location_id, sums, start_s, end_s, budget)
        flows = [
            flow_of_quarters(quarters, each.start_s, each.end_s, livemode=livemode)
            for each in spans
        ]
        length = len(spans) // 2
        days, of_days = spans[length:], flows[length:]
        left: Mapping[str, int] = {}
        if location.stripe_account_since_s:
            left = self._ledger.get_left_balances(location_id)
        opening = _opening(location, sums, quarters, days[0].start_s, left)
        opening_before = _opening(location, sums, quarters, start_s, left)
        currencies = shown_currencies(flows, opening, opening_before)
        by_day, together = sum_up(of_days, opening, currencies)
        _, before = sum_up(flows[:length], opening_before, currencies)
        why = why_no_before(first_before, _known_since(location, sums))
        payouts = self._payouts.list_payouts(location_id, days[0].start_s, end_s)
        return FlowRange(
            location=location,
            whole=Period(first, last, together),
            days=self._compare(location, days, of_days, by_day, now_s, unsynced),
            before=None if why else Period(first_before, last_before, before),
            before_why=why,
            payouts=payouts[:MAX_LISTED],
            payouts_left_out=max(0, len(payouts) - MAX_LISTED),
            other_balance=sum(flow.other_balance for flow in of_days),
            livemode=livemode,
            generated_at_s=now_s,
            public_url=self._public_url,
        )

    def _read_quarters(
        self,
        location_id: str,
        sums: Sequence[DaySum],
        start_s: int,
        end_s: int,
        budget: ReadingBudget,
    ) -> dict[int, QuarterSums]:
        """Return the sums of the UTC days that `[start_s, end_s)` touches, by when these begin."""
        first_day, last_day = (day_of(at_s, UTC_ZONE).isoformat() for at_s in (start_s, end_s))
        counts: dict[str, dict[str, int]] = {}
        for each in sums:
            if first_day <= each.day <= last_day:
                counts.setdefault(each.day, {})[each.currency] = each.count
        found = self._quarters.get(location_id, first_day, last_day)
        quarters = {day: stored.body for day, stored in found.items()}
        for day, of_day in counts.items():
            known = count_entries(quarters.get(day, {}))
            if all(known.get(currency, 0) == count for currency, count in of_day.items()):
                continue
            # An earlier release has written entries of this day without these sums.
            begins_s, ends_s = day_bounds(day, UTC_ZONE)
            entries = within(budget, self._ledger.iterate_entries(location_id, begins_s, ends_s))
            quarters[day] = self._quarters.put(location_id, day, entries, found.get(day))
        return {day_bounds(day, UTC_ZONE)[0]: body for day, body in quarters.items()}

    def _compare(
        self,
        location: Location,
        days: Sequence[LocalDay],
        flows: Sequence[MoneyFlow],
        by_day: Sequence[Mapping[str, Figures]],
        now_s: int,
        unsynced: str,
    ) -> list[RangeDay]:
        """Return each day with how it compares with Stripe, as its own report says."""
        location_id = location.location_id
        beside = days_between(days[0].day - ONE_DAY, days[-1].day + ONE_DAY)
        found = self._state.get_reconciliations(location_id, [each.isoformat() for each in beside])
        check = self._state.get_balance_check(location_id)
        actions = tuple(islice(self._reports.iterate_actions(location_id), MAX_ACTIONS))
        compared = []
        for day, flow, figures in zip(days, flows, by_day, strict=True):
            since_s = compared_since_s(day, now_s)
            of_day, is_zone_moved = reconciled(found, day)
            is_of_former_account = day.start_s < location.stripe_account_since_s
            opening = {currency: each.opening_minor for currency, each in figures.items()}
            report = Report(
                location=location,
                day=day,
                flow=flow,
                generated_at_s=now_s,
                final=day.is_over(now_s),
                balances=balances_of(
                    flow, opening, None if is_of_former_account else check, since_s
                ),
                reconciliation=as_compared(of_day, since_s),
                actions=actions,
                unsynced=unsynced,
                is_zone_moved=is_zone_moved,
                is_of_former_account=is_of_former_account,
            )
            reasons = reasons_not_compared(report)
            why = reasons[0].says if reasons else None
            compared.append(RangeDay(day, figures, report.final, report.status, why))
        return compared


def _opening(
    location: Location,
    sums: Sequence[DaySum],
    quarters: Mapping[int, QuarterSums],
    at_s: int,
    left: Mapping[str, int],
) -> dict[str, int]:
    """Return the balance right before a local day, as its own report has it."""
    day_s = at_s - at_s % DAY_S
    day = day_of(day_s, UTC_ZONE).isoformat()
    opening = balances_of_days(each for each in sums if each.day < day)
    of_day = flow_of_quarters(quarters, day_s, at_s, livemode=location.mode == LIVE)
    for currency, flow in of_day.currencies.items():
        opening[currency] = opening.get(currency, 0) + flow.change_minor
    return opening if at_s < location.stripe_account_since_s else own_opening(opening, left)


def _known_since(location: Location, sums: Sequence[DaySum]) -> date | None:
    """Return the first day of which the ledger knows everything, `None` while it is empty."""
    if not sums:
        return None
    made = day_of(location.created_at_s, location.timezone)
    return min(made, date.fromisoformat(sums[0].day))
