"""A summary of several days, week by week or month by month, as plain JSON types. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from shared.domain.dates.report_day import LocalDay, first_of_period
from shared.domain.ledger.money_flow import MoneyFlow
from shared.domain.reports.currency_document import currency_document


def summary_document(
    periods: Iterable[tuple[date, date, bool, MoneyFlow]], names: Mapping[str, str]
) -> dict[str, Any]:
    """Return one summary for each `(first day, last day, final, flow)`, and the totals of all."""
    items: list[dict[str, Any]] = []
    totals: MoneyFlow | None = None
    for first, last, final, flow in periods:
        currencies = [currency_document(each, names) for each in flow.in_order()]
        items.append(
            {
                "date": first.isoformat(),
                "last_date": last.isoformat(),
                "final": final,
                "currencies": currencies,
            }
        )
        totals = totals or MoneyFlow(flow.start_s, flow.end_s, flow.livemode)
        totals.merge(flow)
    whole = totals.in_order() if totals else []
    return {"items": items, "totals": [currency_document(each, names) for each in whole]}


def group_days(
    days: Iterable[tuple[LocalDay, MoneyFlow]], by: str, now_s: int
) -> list[tuple[date, date, bool, MoneyFlow]]:
    """Return days added up by `day`, `week` or `month`, for `summary_document`.

    A period has the first and the last of its days that were given; it is final when all are over.
    """
    periods: list[tuple[date, date, bool, MoneyFlow]] = []
    for bounds, flow in days:
        begins, final = first_of_period(bounds.day, by), now_s >= bounds.end_s
        if periods and begins == first_of_period(periods[-1][0], by):
            first, _, was_final, whole = periods[-1]
            whole.merge(flow)
            periods[-1] = (first, bounds.day, was_final and final, whole)
        else:
            periods.append((bounds.day, bounds.day, final, flow))
    return periods
