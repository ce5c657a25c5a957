"""A range of days as tables: what its workbook and its PDF show, said once. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby

from shared.domain.dates.report_day import day_of, first_of_period
from shared.domain.ledger.bank_payout import BankPayout
from shared.domain.ledger.flows import PAYMENTS, PAYOUTS, REFUNDS, STRIPE_FEES
from shared.domain.ledger.reconciliation import DIFFERENCES, PENDING, RECONCILED
from shared.domain.money.money import Money
from shared.domain.reports.breakdowns import category_section
from shared.domain.reports.flow_range import Figures, FlowRange, Period, RangeDay
from shared.domain.reports.payout_check import why_sum_open
from shared.domain.reports.purposes import words
from shared.domain.reports.section import Cell, Linked, Section, sentences
from shared.domain.reports.sections import FLOW_TITLES

SHORT_DAYS = 31
NET = "net"
ALWAYS_SHOWN = frozenset({PAYMENTS, REFUNDS, STRIPE_FEES})
# How a day's or a range's comparison with Stripe reads.
STATUS_TITLES = {
    RECONCILED: "equals Stripe",
    DIFFERENCES: "differs from Stripe",
    PENDING: "not compared",
}
SUMS = ("Opening", "Activity", "Payouts", "Closing")


def range_headline(shown: FlowRange) -> str:
    """Return how a range compares with Stripe in one sentence."""
    counted = shown.days_by_status
    number = len(shown.days)
    if shown.status == RECONCILED:
        return "All figures equal Stripe's." if number == 1 else f"All {number} days equal Stripe."
    parts = [
        f"{_days(counted[status])} {what}"
        for status, what in (
            (DIFFERENCES, "with differences"),
            (PENDING, "not compared"),
            (RECONCILED, "equal to Stripe"),
        )
        if counted[status]
    ]
    return f"Of {_days(number)}: {', '.join(parts)}."


def total_sections(shown: FlowRange) -> Iterator[Section]:
    """Yield the tables of the whole range: balances, what moved by currency, and by category."""
    to = shown.page_of_range("money-flow")
    yield Section(
        "balance",
        "Stripe balance",
        ("Currency", *SUMS, "Entries"),
        tuple(
            (
                currency.upper(),
                Money(figures.opening_minor, currency),
                Linked(Money(figures.activity_minor, currency), shown.page_of_range("entries")),
                Linked(Money(figures.payouts_minor, currency), shown.page_of_range("payouts")),
                Money(figures.closing_minor, currency),
                figures.count,
            )
            for currency, figures in shown.whole.figures.items()
        ),
        note=sentences(
            "Opening + activity - payouts (what went to the bank) = closing.", *shown.notes()
        ),
        to=to,
    )
    for figures in shown.whole.figures.values():
        yield _moved(shown, figures)
    for figures in shown.whole.figures.values():
        if figures.count:
            yield category_section(figures.flow, shown.page_of_range("entries"), to)


def day_sections(shown: FlowRange) -> Iterator[Section]:
    """Yield a table of the days for each currency."""
    for currency, whole in shown.whole.figures.items():
        rows = [
            (
                Linked(each.day.day, shown.page("money-flow", each.day.day.isoformat())),
                *_amounts(each.figures[currency]),
                STATUS_TITLES[each.status],
            )
            for each in shown.days
        ]
        yield _by_time(shown, currency, "Day", rows, whole)


def month_sections(shown: FlowRange) -> Iterator[Section]:
    """Yield a table of the months for each currency: of a long range, that is what fits a page."""
    for currency, whole in shown.whole.figures.items():
        rows: list[tuple[Cell, ...]] = []
        for _, days in groupby(shown.days, key=lambda each: first_of_period(each.day.day, "month")):
            of_month = list(days)
            rows.append((_month(shown, of_month), *_month_amounts(of_month, currency)))
        yield _by_time(shown, currency, "Month", rows, whole)


def payout_section(shown: FlowRange) -> Section:
    """Return the payouts that were made on the days."""
    return Section(
        "payouts",
        "Payouts to the bank",
        ("Payout", "Made on", "Amount", "Arrives", "Status", "Entries", "Reconciles"),
        tuple(_payout(shown, each) for each in shown.payouts),
        alarming=frozenset(
            at
            for at, each in enumerate(shown.payouts)
            if each.sum_matches is False or each.status in {"failed", "canceled"}
        ),
        note=sentences(*_whys(shown.payouts)),
        to=shown.page_of_range("payouts"),
        left_out=shown.payouts_left_out,
        elsewhere="the console's list of payouts has all.",
    )


def _moved(shown: FlowRange, figures: Figures) -> Section:
    before = shown.before
    earlier = before.figures[figures.currency] if before else None
    rows = list(_moved_rows(shown, figures, earlier))
    columns = ("", "Number", "Amount")
    return Section(
        f"flow-{figures.currency}",
        f"What moved in {figures.currency.upper()}",
        (*columns, "Before", "Change") if earlier else columns,
        tuple(rows),
        note=sentences(_before_note(before, shown.before_why)),
        to=shown.page_of_range("money-flow"),
    )


def _moved_rows(
    shown: FlowRange, figures: Figures, earlier: Figures | None
) -> Iterator[tuple[Cell, ...]]:
    """Yield a row for each flow, the net and the payouts, beside those of the period before."""
    before = _movements(earlier) if earlier else {}
    for name, (title, count, minor) in _movements(figures).items():
        was_there = bool(before and before[name][1])
        if not (count or was_there) and name in FLOW_TITLES and name not in ALWAYS_SHOWN:
            continue
        to = shown.page_of_range("entries", **({"flow": name} if name != NET else {}))
        cells = (title, count, Linked(Money(minor, figures.currency), to))
        if before:
            was_minor = before[name][2]
            pair = (was_minor, minor - was_minor)
            yield (*cells, *(Money(each, figures.currency) for each in pair))
        else:
            yield cells


def _movements(figures: Figures) -> dict[str, tuple[str, int | None, int]]:
    """Return title, number and amount of each flow, of the net and of the payouts."""
    flows = figures.flow.flows
    return {
        **{
            name: (title, flows[name].count, flows[name].amount_minor)
            for name, title in FLOW_TITLES.items()
        },
        NET: ("Net, added to the Stripe balance", None, figures.activity_minor),
        PAYOUTS: ("Paid out to the bank", figures.flow.payouts.count, figures.payouts_minor),
    }


def _before_note(before: Period | None, why: str | None) -> str:
    if before is None:
        return f"Not compared with the period before. {why}"
    return f"Before: {before.first} to {before.last}, as many days."


def _by_time(
    shown: FlowRange,
    currency: str,
    unit: str,
    rows: Iterable[tuple[Cell, ...]],
    whole: Figures,
) -> Section:
    made = tuple(rows)
    return Section(
        f"{unit.lower()}s-{currency}",
        f"By {unit.lower()}, {currency.upper()}",
        (unit, *SUMS, "Entries", "Compared with Stripe"),
        made,
        total=("Total", *_amounts(whole), STATUS_TITLES[shown.status]),
        alarming=frozenset(
            at for at, row in enumerate(made) if row[-1] == STATUS_TITLES[DIFFERENCES]
        ),
        note=sentences(*_why_not(shown.days)),
        to=shown.page_of_range("money-flow"),
    )


def _amounts(figures: Figures) -> tuple[Cell, ...]:
    currency = figures.currency
    amounts = (
        *(figures.opening_minor, figures.activity_minor),
        *(figures.payouts_minor, figures.closing_minor),
    )
    return (*(Money(minor, currency) for minor in amounts), figures.count)


def _month(shown: FlowRange, days: list[RangeDay]) -> Cell:
    first, last = days[0].day.day, days[-1].day.day
    to = shown.page("money-flow", from_=first.isoformat(), to=last.isoformat())
    return Linked(f"{first:%Y-%m}", to)


def _month_amounts(days: list[RangeDay], currency: str) -> tuple[Cell, ...]:
    figures = [each.figures[currency] for each in days]
    amounts = (
        figures[0].opening_minor,
        sum(each.activity_minor for each in figures),
        sum(each.payouts_minor for each in figures),
        figures[-1].closing_minor,
    )
    statuses = {each.status for each in days}
    worst = next(each for each in (DIFFERENCES, PENDING, RECONCILED) if each in statuses)
    count = sum(each.count for each in figures)
    return (*(Money(minor, currency) for minor in amounts), count, STATUS_TITLES[worst])


def _why_not(days: Iterable[RangeDay]) -> Iterator[str]:
    """Say of each stretch of days why it is not compared."""
    for why, stretch in groupby(days, key=lambda each: each.why):
        if why:
            of_why = [each.day.day for each in stretch]
            yield f"{_span(of_why[0], of_why[-1])}: {why}"


def _span(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} to {last}"


def _payout(shown: FlowRange, payout: BankPayout) -> tuple[Cell, ...]:
    # Stripe gives the day of arrival as midnight UTC.
    arrives = day_of(payout.arrival_date_s, "UTC") if payout.arrival_date_s else None
    return (
        Linked(payout.payout, shown.page("payouts", payout.payout)),
        day_of(payout.created_s, shown.location.timezone),
        Money(payout.amount_minor, payout.currency),
        arrives,
        words(payout.status),
        payout.items_count if payout.sum_matches is not None else None,
        _ADDS_UP[payout.sum_matches],
    )


_ADDS_UP: Mapping[bool | None, str] = {True: "Yes", False: "No", None: "not known"}


def _whys(payouts: Iterable[BankPayout]) -> list[str]:
    """Say of payouts whose sum is open why, each reason once."""
    by_reason: dict[str, list[str]] = {}
    for each in payouts:
        if why := why_sum_open(each):
            by_reason.setdefault(why, []).append(each.payout)
    return [f"{', '.join(ids)}: {why}" for why, ids in by_reason.items()]


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
