"""A range of the salon's money, its payouts and its entries, as the real functions answer."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from shared.domain.dates.report_day import LocalDay
from shared.domain.ledger.bank_payout import CANNOT_BE_ITEMISED, ITEMISED, BankPayout
from shared.domain.ledger.money_flow import MoneyFlow
from shared.domain.ledger.reconciliation import PENDING, RECONCILED
from shared.domain.reports.flow_range import MAX_RANGE_DAYS, FlowRange, Period, RangeDay, sum_up
from shared.domain.reports.range_document import (
    listed_entry_document,
    payout_document,
    range_document,
)
from tests.browser.clock import NOW, NOW_S
from tests.browser.pages_site import LOCATION
from tests.browser.world import BOOKING_ID, HOUR_S, NAMES, dates_before, entries_of, moved, on_day

PAYOUT_ID = "po_1PqRsTuVwXyZ0123456789ab"
DAYS = 9
NOT_OVER = "The day is not over yet."


def _days(number: int = DAYS) -> list[LocalDay]:
    return [on_day(each) for each in [*dates_before(number - 1), NOW.date()]]


def _range_day(day: LocalDay, figures: Any) -> RangeDay:
    is_over = day.end_s <= NOW_S
    status, why = (RECONCILED, None) if is_over else (PENDING, NOT_OVER)
    return RangeDay(day, figures, is_over, status, why)


def money_range(
    flows: Sequence[MoneyFlow] | None = None,
    currencies: Sequence[str] = ("eur",),
    number: int = DAYS,
    **changed: Any,
) -> dict[str, Any]:
    """Return a `MoneyFlowRange` of some days to today; `changed` are fields of the domain's."""
    days = _days(number)
    flows = [moved(each, *currencies) for each in days] if flows is None else flows
    each_one, together = sum_up(flows, {"eur": 120_000}, currencies)
    _, before = sum_up(flows[:-2], {"eur": 90_000}, currencies)
    first, last = days[0].day, days[-1].day
    length = timedelta(days=len(days))
    made: dict[str, Any] = {
        "location": LOCATION,
        "whole": Period(first, last, together),
        "days": [_range_day(*each) for each in zip(days, each_one, strict=True)],
        "before": Period(first - length, last - length, before),
        "before_why": None,
        "payouts": PAYOUTS,
        "payouts_left_out": 0,
        "other_balance": 0,
        "livemode": False,
        "generated_at_s": NOW_S - 60,
    }
    return range_document(FlowRange(**made | changed))


def money_year() -> dict[str, Any]:
    """Return a `MoneyFlowRange` of as many days as are added up at most."""
    return money_range(number=MAX_RANGE_DAYS)


def quiet() -> list[MoneyFlow]:
    """Return as many days on which nothing moved."""
    return [MoneyFlow(each.start_s, each.end_s, livemode=False) for each in _days()]


def _payout(number: int, **changed: Any) -> BankPayout:
    made: dict[str, Any] = {
        "payout": PAYOUT_ID if number == 0 else f"po_{number}",
        "amount_minor": 61_200,
        "currency": "eur",
        "created_s": NOW_S - number * 24 * HOUR_S,
        "arrival_date_s": NOW_S + (2 - number) * 24 * HOUR_S,
        "status": "in_transit" if number == 0 else "paid",
        "automatic": True,
        "livemode": False,
        "itemisation": ITEMISED,
        "items_count": 4,
        "items_net_minor": 61_200,
    }
    return BankPayout(**made | changed)


PAYOUTS = (
    _payout(3),
    _payout(2, automatic=False, itemisation=CANNOT_BE_ITEMISED, items_count=0, items_net_minor=0),
    _payout(1, items_net_minor=61_100),
    _payout(0, trace_id="GB-2026-0001"),
)


def entries(day: date | None = None) -> list[dict[str, Any]]:
    """Return the `ListedEntry` of each of a day's entries: yesterday's where none is named."""
    found = entries_of(on_day(day or dates_before(1)[0]))
    return [listed_entry_document(each, {BOOKING_ID: "A-17"}, NAMES) for each in found]


def payout_page(number: int = 3, **changed: Any) -> dict[str, Any]:
    """Return a `PayoutWithEntries`: the newest one's, where no other is named."""
    shown = payout_document(PAYOUTS[number])
    return {
        **shown,
        "entries": entries()[:4] if PAYOUTS[number].items_count else [],
        "next_cursor": None,
        **changed,
    }
