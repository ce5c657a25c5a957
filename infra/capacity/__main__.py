"""`make capacity`: what 10 to 100,000 locations wait for, cost and are limited by.

python -m infra.capacity           prints the tables
python -m infra.capacity --write   puts them into docs/costs.md too
"""

import sys
import tomllib
from collections.abc import Mapping
from copy import replace
from pathlib import Path

from infra.capacity.day import (
    CLOSES,
    LINES,
    OPENS,
    PAYMENTS_A_DAY,
    REFUNDED_SHARE,
    Town,
    run,
)
from infra.capacity.work import (
    BOOK,
    LISTED,
    LOOK,
    PAID_ONLINE,
    PAYMENT,
    REFUND,
    REPORT,
    SYNC,
    SYNCS_A_DAY_ACTIVE,
    SYNCS_A_DAY_IDLE,
    TICKS,
    Work,
)
from infra.local.settings import ROOT

PRICES = Path(__file__).parent / "prices-2026-11.toml"
COSTS = ROOT / "docs" / "costs.md"
START, END = "<!-- made by `make capacity` -->", "<!-- end of what is made -->"
SIZES = (10, 1_000, 10_000, 100_000)
DAYS = 30
# What is there whoever comes. `tests/template/test_capacity.py` counts alarms in the templates.
ALARMS, METRICS = 86, 60
# Clients come in waves: the busiest minute of a day has this many times its share.
PEAK = 4
# A queue is at its limit when its last message of a calm day waits this long.
LATE_MIN = 60

type Prices = Mapping[str, Mapping[str, float]]


def main(arguments: list[str]) -> int:
    """Print the tables, and write them where they are asked for."""
    text = tables(tomllib.loads(PRICES.read_text()))
    print(text)
    if arguments == ["--write"]:
        before, _, rest = COSTS.read_text().partition(START)
        _, _, after = rest.partition(END)
        COSTS.write_text(f"{before}{START}\n\n{text}\n\n{END}{after}")
    return 0


def tables(prices: Prices) -> str:
    """Return all tables, as they stand in docs/costs.md."""
    return "\n\n".join((costs_table(prices), backlog_table(), limits_table()))


# ------------------------------------------------------------------ dollars


def dollars(work: Work, prices: Prices) -> float:
    """Return what a piece of work costs."""
    each = prices["per_million"]
    counted = (
        work.api_requests * each["api_requests"]
        + work.invocations * each["invocations"]
        + work.write_units * each["write_units"]
        + work.read_units * each["read_units"]
        + work.bus_events * each["bus_events"]
        + work.queue_requests * each["queue_requests"]
        + work.key_requests * each["key_requests"]
        + work.mails * each["mails"]
        + work.gigabyte_seconds * each["gigabyte_seconds"]
    )
    return counted / 1e6 + work.logs_gb * prices["per_gigabyte"]["logs"]


def fixed(prices: Prices) -> float:
    """Return what a deployment costs a month with nobody in it."""
    month = prices["a_month"]
    there = ALARMS * month["alarm"] + METRICS * month["metric"]
    return (
        there + month["dashboard"] + month["secret"] + month["key"] + dollars(TICKS, prices) * DAYS
    )


def idle_location(prices: Prices) -> float:
    """Return what a location costs a month in which nothing happens; its report is mailed."""
    day = SYNC.times(SYNCS_A_DAY_IDLE) + REPORT + LISTED
    return dollars(day, prices) * DAYS


def active_location(prices: Prices) -> float:
    """Return what a location with fifty payments a day costs a month."""
    day = SYNC.times(SYNCS_A_DAY_ACTIVE) + REPORT + LISTED
    day += PAYMENT.times(PAYMENTS_A_DAY) + REFUND.times(PAYMENTS_A_DAY * REFUNDED_SHARE)
    return dollars(day, prices) * DAYS


def costs_table(prices: Prices) -> str:
    """Return what a month costs, by the number of locations."""
    paid, seen, mailed = (
        dollars(each, prices) * 1e6 for each in (PAID_ONLINE, LOOK + PAID_ONLINE, PAYMENT)
    )
    lines = [
        f"Fixed: {fixed(prices):.0f} USD a month. An idle location: {idle_location(prices):.3f}.",
        f"A million payments, booked online, paid and entered in the ledger: {paid:,.0f};",
        f"with the times looked at before each: {seen:,.0f}; with a mail besides: {mailed:,.0f}.",
        "",
        "| locations | USD a month, all idle | half with 50 payments a day | payments a month |",
        "|---|---|---|---|",
    ]
    for number in SIZES:
        idle = fixed(prices) + number * idle_location(prices)
        half = number / 2
        busy = fixed(prices) + half * (idle_location(prices) + active_location(prices))
        paid = half * PAYMENTS_A_DAY * DAYS
        lines.append(f"| {number:,} | {idle:,.0f} | {busy:,.0f} | {paid:,.0f} |")
    return "\n".join(lines)


# ------------------------------------------------------------------ waiting


def backlog_table() -> str:
    """Return how each queue gets through a day in which Stripe is away from eleven to one."""
    lines = [
        "Most that wait; the longest wait; empty so long after Stripe is back:",
        "",
        "| queue | " + " | ".join(f"{number:,} locations" for number in SIZES) + " |",
        "|---" * (len(SIZES) + 1) + "|",
    ]
    for line in LINES:
        cells = []
        for number in SIZES:
            found = run(line, Town(number))
            over = "never" if found.over_after_min is None else f"{found.over_after_min} min"
            cells.append(f"{found.most:,}; {found.longest_min} min; {over}")
        lines.append(f"| {line.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


# ------------------------------------------------------------------ limits


def limits() -> dict[str, float]:
    """Return at how many locations each limit is reached, half of them with payments."""
    a_second = PAYMENTS_A_DAY / (CLOSES - OPENS) / 60 / 2 * PEAK
    queues = {
        f"{line.name} waits for an hour: {line.at_once} at once": _until_late(line.name)
        for line in LINES
    }
    return {
        "50 requests a second of a route (`RouteRateLimit`), looking at times": 50 / (a_second * 2),
        "1,000 functions at once (an account's quota, where it was raised from 10)": (1000 - 90)
        / (a_second * (LOOK.seconds + BOOK.seconds)),
        "4,000 write units a second of a table that was just made": 4000
        / (a_second * PAYMENT.write_units),
        "14 mails a second (SES, after its sandbox)": 14 / (a_second * 1.5),
    } | queues


def _until_late(name: str) -> float:
    """Return the number of locations at which a queue's longest wait on a calm day is an hour."""
    [line] = [each for each in LINES if each.name == name]
    calm = replace(line, needs_stripe=False)
    low, high = 1.0, 1e8
    for _ in range(12):
        middle = (low * high) ** 0.5
        if run(calm, Town(int(middle))).longest_min >= LATE_MIN:
            high = middle
        else:
            low = middle
    return low


def limits_table() -> str:
    """Return the limits in the order in which they are reached."""
    lines = ["| limit | reached at about |", "|---|---|"]
    for what, number in sorted(limits().items(), key=lambda each: each[1]):
        rounded = round(number, -len(str(int(number))) + 2)
        lines.append(f"| {what} | {rounded:,.0f} locations |")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
