"""A range of days adds up, is the sum of its days, and equals them, in every zone and currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.dates.instants import DAY_S
from shared.domain.dates.report_day import LocalDay, days_between, report_day
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.flows import NET_FLOWS
from shared.domain.ledger.money_flow import MoneyFlow
from shared.domain.ledger.quarter_sums import (
    QUARTER_S,
    count_entries,
    flow_of_quarters,
    with_entries,
)
from shared.domain.reports.flow_range import (
    Figures,
    period_before,
    shown_currencies,
    sum_up,
    why_no_before,
)
from tests.domain.ledger_entries import TYPES, entry

ZONES = sorted(available_timezones())
# Half and quarter hours, changes of the clocks at midnight, the first and the last zone.
ODD_ZONES = (
    *("Asia/Kathmandu", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Chatham"),
    *("America/Santiago", "Africa/Cairo", "Pacific/Kiritimati", "Pacific/Niue", "Europe/Berlin"),
)
# Of no, two and three decimals, and the two that Stripe writes with decimals that are always 00.
CURRENCIES = ("eur", "usd", "gbp", "huf", "jpy", "krw", "clp", "kwd", "bhd", "tnd", "isk", "ugx")
FIRST_DAY = date(2026, 10, 20)
DAYS = 12
START_S = int(datetime(2026, 10, 18, tzinfo=UTC).timestamp())
END_S = START_S + (DAYS + 4) * DAY_S


@dataclass(frozen=True, slots=True)
class Ledger:
    """Entries, kept as the table keeps them."""

    entries: Sequence[LedgerEntry]

    def quarters(self) -> dict[int, Mapping[str, Any]]:
        by_day: dict[int, list[LedgerEntry]] = {}
        for each in self.entries:
            by_day.setdefault(each.created_s - each.created_s % DAY_S, []).append(each)
        return {day_s: with_entries({}, of_day) for day_s, of_day in by_day.items()}

    def before(self, at_s: int) -> dict[str, int]:
        found: dict[str, int] = {}
        for each in self.entries:
            if each.created_s < at_s and each.balance_type == "payments":
                found[each.currency] = found.get(each.currency, 0) + each.net_minor
        return found


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    made = draw(
        st.lists(
            st.builds(
                entry,
                st.sampled_from(sorted(TYPES)),
                st.integers(-(10**9), 10**9),
                st.integers(-(10**5), 10**5),
                currency=st.sampled_from(CURRENCIES),
                created_s=st.integers(START_S, END_S - 1),
                balance_type=st.sampled_from(["payments"] * 9 + ["risk_reserved"]),
            ),
            max_size=40,
        )
    )
    return Ledger(made)


zones = st.sampled_from(ODD_ZONES) | st.sampled_from(ZONES)
first_days = st.integers(0, DAYS - 1)
lengths = st.integers(1, DAYS)


def spans_of(zone: str, first: int, length: int) -> list[LocalDay]:
    begins = FIRST_DAY + timedelta(days=first)
    last = min(begins + timedelta(days=length - 1), FIRST_DAY + timedelta(days=DAYS))
    return [report_day(each, zone) for each in days_between(begins, last)]


def read(ledger: Ledger, spans: Sequence[LocalDay]) -> tuple[Any, dict[str, Figures]]:
    quarters = ledger.quarters()
    flows = [flow_of_quarters(quarters, each.start_s, each.end_s, livemode=False) for each in spans]
    opening = ledger.before(spans[0].start_s)
    return sum_up(flows, opening, shown_currencies(flows, opening))


@given(ledger=ledgers(), zone=zones, first=first_days, length=lengths)
def test_opening_activity_and_payouts_are_the_closing_of_every_day_and_of_all(
    ledger: Ledger, zone: str, first: int, length: int
) -> None:
    spans = spans_of(zone, first, length)
    by_day, together = read(ledger, spans)
    ends = ledger.before(spans[-1].end_s)
    for currency, whole in together.items():
        chain = [each[currency] for each in by_day]
        for each in (*chain, whole):
            assert each.opening_minor + each.activity_minor - each.payouts_minor == (
                each.closing_minor
            )
            assert each.gross_minor + each.fees_minor == each.activity_minor
            assert sum(each.flow.flows[name].amount_minor for name in NET_FLOWS) == (
                each.activity_minor
            )
        for day, figures in zip(spans, chain, strict=True):
            assert figures.opening_minor == ledger.before(day.start_s).get(currency, 0)
        assert whole.opening_minor == ledger.before(spans[0].start_s).get(currency, 0)
        assert whole.closing_minor == ends.get(currency, 0)
        assert whole.activity_minor == sum(each.activity_minor for each in chain)
        assert whole.payouts_minor == sum(each.payouts_minor for each in chain)
        assert whole.count == sum(each.count for each in chain)
    assert {currency for currency, minor in ends.items() if minor} <= together.keys()


@given(ledger=ledgers(), zone=zones, first=first_days, length=lengths, cut=st.integers(1, DAYS))
def test_two_ranges_that_follow_one_another_come_to_both_together(
    ledger: Ledger, zone: str, first: int, length: int, cut: int
) -> None:
    spans = spans_of(zone, first, length)
    cut = min(cut, len(spans))
    _, whole = read(ledger, spans)
    _, one = read(ledger, spans[:cut])
    _, two = read(ledger, spans[cut:]) if spans[cut:] else ([], {})
    for currency, figures in whole.items():
        parts = [each[currency] for each in (one, two) if currency in each]
        assert figures.activity_minor == sum(each.activity_minor for each in parts)
        assert figures.payouts_minor == sum(each.payouts_minor for each in parts)
        assert figures.count == sum(each.count for each in parts)
        merged: dict[str, int] = {}
        for each in parts:
            for category, sums in each.flow.by_category.items():
                merged[category] = merged.get(category, 0) + sums.net_minor
        assert {name: sums.net_minor for name, sums in figures.flow.by_category.items()} == merged


@given(ledger=ledgers(), zone=zones, first=first_days)
def test_a_day_of_sums_is_the_day_of_entries(ledger: Ledger, zone: str, first: int) -> None:
    (day,) = spans_of(zone, first, 1)
    of_entries = MoneyFlow(day.start_s, day.end_s, livemode=False)
    for each in ledger.entries:
        if day.holds(each.created_s):
            of_entries.add(each)
    of_sums = flow_of_quarters(ledger.quarters(), day.start_s, day.end_s, livemode=False)
    assert of_sums.currencies.keys() == of_entries.currencies.keys()
    assert (of_sums.entries, of_sums.other_balance) == (
        of_entries.entries,
        of_entries.other_balance,
    )
    for currency, flow in of_entries.currencies.items():
        found = of_sums.currencies[currency]
        assert (found.flows, found.payouts, found.by_category, found.account_fees_minor) == (
            flow.flows,
            flow.payouts,
            flow.by_category,
            flow.account_fees_minor,
        )


@given(ledger=ledgers(), cut=st.integers(0, 40))
def test_sums_are_the_same_in_however_many_writes(ledger: Ledger, cut: int) -> None:
    first, second = ledger.entries[:cut], ledger.entries[cut:]
    whole = with_entries({}, ledger.entries)
    assert with_entries(with_entries({}, second), first) == whole
    counted = {currency: number for currency, number in count_entries(whole).items() if number}
    expected: dict[str, int] = {}
    for each in ledger.entries:
        if each.balance_type == "payments":
            expected[each.currency] = expected.get(each.currency, 0) + 1
    assert counted == expected


@pytest.mark.parametrize("zone", ZONES)
def test_every_day_begins_at_a_full_quarter_of_an_hour_of_utc(zone: str) -> None:
    """Stripe began in 2011; no zone has had an offset of single minutes since 1972."""
    here = ZoneInfo(zone)
    for days in range(0, 365 * 27, 13):
        begins = datetime(2011, 1, 1, tzinfo=here) + timedelta(days=days)
        assert int(begins.timestamp()) % QUARTER_S == 0, begins


@settings(max_examples=30)
@given(first=st.dates(date(2020, 1, 1), date(2030, 1, 1)), length=st.integers(1, 366))
def test_the_period_before_is_as_long_and_ends_where_the_range_begins(
    first: date, length: int
) -> None:
    last = first + timedelta(days=length - 1)
    before = period_before(first, last)
    assert before[1] - before[0] == last - first
    assert before[1] + timedelta(days=1) == first


def test_a_ledger_that_begins_later_has_no_period_before() -> None:
    day = date(2026, 11, 1)
    assert why_no_before(day, day) is None
    assert "2026-11-02" in str(why_no_before(day, date(2026, 11, 2)))
    assert why_no_before(day, None) == "Nothing has moved yet."
