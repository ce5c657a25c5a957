"""The money flow of a range as CSV: a row for each day and currency, then the totals."""

import csv
import io
from collections.abc import Iterable, Iterator

from shared.domain.ledger.flows import NET_FLOWS, STRIPE_FEES
from shared.domain.money.money import Money
from shared.domain.reports.flow_range import Figures, FlowRange
from shared.reports.figures import major_units
from shared.reports.neutral import for_spreadsheet, one_line

# Stripe's fees are the column `fees`.
FLOWS = tuple(name for name in NET_FLOWS if name != STRIPE_FEES)
AMOUNTS = ("opening", "activity", "payouts", "closing", "gross", "fees", "net", *FLOWS)
COLUMNS = ("row", "from", "to", "currency", *AMOUNTS, "entries", "status", "why")
DAY, TOTAL, BEFORE = "day", "total", "before"


def range_csv(shown: FlowRange) -> Iterator[str]:
    """Yield the file's lines, the header first: UTF-8 text with CRLF, as in RFC 4180.

    Amounts are in their currency's own unit. Rows are days, then `total`, then `before`: the totals
    of the period before, where there is one.
    """
    yield _line(COLUMNS)
    for each in shown.days:
        day = each.day.day.isoformat()
        for figures in each.figures.values():
            yield _row(DAY, day, day, figures, each.status, each.why)
    whole = shown.whole
    first, last = whole.first.isoformat(), whole.last.isoformat()
    for figures in whole.figures.values():
        yield _row(TOTAL, first, last, figures, shown.status, None)
    if before := shown.before:
        first, last = before.first.isoformat(), before.last.isoformat()
        for figures in before.figures.values():
            yield _row(BEFORE, first, last, figures, "", None)


def _row(row: str, first: str, last: str, figures: Figures, status: str, why: str | None) -> str:
    amounts = (
        *(figures.opening_minor, figures.activity_minor, figures.payouts_minor),
        *(figures.closing_minor, figures.gross_minor, figures.fees_minor, figures.activity_minor),
        *(figures.flow.flows[name].amount_minor for name in FLOWS),
    )
    said = for_spreadsheet(one_line(why or ""))
    written = [major_units(Money(minor, figures.currency)) for minor in amounts]
    return _line([row, first, last, figures.currency, *written, figures.count, status, said])


def _line(cells: Iterable[object]) -> str:
    made = io.StringIO()
    csv.writer(made).writerow(cells)
    return made.getvalue()
