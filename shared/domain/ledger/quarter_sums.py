"""A UTC day of the ledger, added up by quarters of an hour: what a local day is made of. Pure.

In every time zone a day begins at a full quarter of an hour of UTC, since 1972 and as far as
Stripe's transactions go back: no quarter lies in two local days, whatever the zone. So the flow of
any days is read from a few sums for each UTC day, and no entry is.

The sums of a day are plain JSON types: `{currency: {quarter: {"type/category": [count, gross, fee,
with fee]}}}` with amounts in minor units, signed as in the ledger, quarters counted from midnight
UTC, and `OTHER_BALANCE: {quarter: count}` for what moved another of Stripe's balances.
https://docs.python.org/3/library/zoneinfo.html
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from msgspec.structs import astuple

from shared.domain.dates.instants import DAY_S
from shared.domain.ledger.entry import PAYMENTS_BALANCE, LedgerEntry
from shared.domain.ledger.flows import KindSums
from shared.domain.ledger.money_flow import MoneyFlow

QUARTER_S = 900
# No currency has a name of this length.
OTHER_BALANCE = "other_balance"

type QuarterSums = Mapping[str, Any]


def with_entries(sums: QuarterSums, entries: Iterable[LedgerEntry]) -> dict[str, Any]:
    """Return the sums of a UTC day with more of its entries."""
    added: dict[str, Any] = deepcopy(dict(sums))
    for entry in entries:
        quarter = str(entry.created_s % DAY_S // QUARTER_S)
        if entry.balance_type != PAYMENTS_BALANCE:
            beside = added.setdefault(OTHER_BALANCE, {})
            beside[quarter] = beside.get(quarter, 0) + 1
            continue
        kinds = added.setdefault(entry.currency, {}).setdefault(quarter, {})
        kind = f"{entry.type}/{entry.reporting_category}"
        whole = KindSums(*kinds.get(kind, ()))
        whole.add(entry)
        kinds[kind] = list(astuple(whole))
    return added


def count_entries(sums: QuarterSums) -> dict[str, int]:
    """Return how many entries of the payments balance are in a day's sums, by currency."""
    return {
        currency: sum(kind[0] for kinds in quarters.values() for kind in kinds.values())
        for currency, quarters in sums.items()
        if currency != OTHER_BALANCE
    }


def flow_of_quarters(
    days: Mapping[int, QuarterSums], start_s: int, end_s: int, *, livemode: bool
) -> MoneyFlow:
    """Return the flow of `[start_s, end_s)` from the sums of the UTC days that begin at the keys.

    The bounds are full quarters of an hour. It has no breakdown by purpose, service and employee,
    no lists and no hours: those are in the entries alone.
    """
    flow = MoneyFlow(start_s, end_s, livemode)
    for day_s in range(start_s - start_s % DAY_S, end_s, DAY_S):
        for currency, quarters in days.get(day_s, {}).items():
            for quarter, found in quarters.items():
                if not start_s <= day_s + int(quarter) * QUARTER_S < end_s:
                    continue
                if currency == OTHER_BALANCE:
                    flow.other_balance += found
                    continue
                for kind, amounts in found.items():
                    type_, _, category = kind.partition("/")
                    sums = KindSums(*amounts)
                    flow.flow_in(currency).add_kind(type_, category, sums)
                    flow.entries += sums.count
    return flow
