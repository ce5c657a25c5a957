"""Pictures for the console: a day by hour, and the last thirty days, as SVG drawn by pygal.

One picture per currency, as currencies are never added together. It has no script, font or link,
and its colours do not rely on red and green.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pygal
from pygal.style import Style

from shared.domain.dates.instants import HOUR_S
from shared.domain.ledger.flows import (
    DISPUTE_REVERSALS,
    DISPUTES,
    PAYMENTS,
    REFUND_REVERSALS,
    REFUNDS,
)
from shared.domain.ledger.money_flow import CurrencyFlow, MoneyFlow
from shared.domain.money.money import Money, exponent
from shared.domain.reports.report import Report
from shared.reports.figures import day_text, locale_of, money_text

SERIES = ("Payments", "Refunds and disputes", "Fees", "Net")
_SCRIPT = re.compile(rb"<script\b.*?</script>", re.DOTALL)
_STYLE = Style(
    background="white",
    plot_background="white",
    font_family="Arial, sans-serif",
    colors=("#1570ef", "#d97706", "#667085", "#101828"),
    title_font_size=22,
    legend_font_size=16,
    label_font_size=13,
    major_label_font_size=13,
)


def day_chart(report: Report, currency: str) -> bytes:
    """Return the hours of a day as bars; the repeated hour of a long day has a bar of its own."""
    hours = report.flow.by_hour.get(currency, {})
    zone, start_s = ZoneInfo(report.day.timezone), report.day.start_s
    labels, rows = [], []
    for hour in range(report.day.hours):
        share = hours.get(hour)
        local = datetime.fromtimestamp(start_s + hour * HOUR_S, UTC).astimezone(zone)
        labels.append(f"{local:%H:%M}")
        row = (0, 0, 0, 0)
        if share:
            back = share.refunds_minor + share.disputes_minor
            row = (share.payments_minor, back, share.fees_minor, share.net_minor)
        rows.append(row)
    locale = locale_of(report.location.locale, report.location.country)
    title = f"{day_text(report.day.day, locale)} by hour, {currency.upper()}"
    return _draw(report, title, currency, labels, rows)


def month_chart(report: Report, currency: str, days: Sequence[tuple[date, MoneyFlow]]) -> bytes:
    """Return days side by side, the oldest first."""
    locale = locale_of(report.location.locale, report.location.country)
    labels = [f"{day.day}.{day.month}." for day, _ in days]
    rows = [_row(flow.currencies.get(currency) or CurrencyFlow(currency)) for _, flow in days]
    title = f"{len(days)} days to {day_text(report.day.day, locale)}, {currency.upper()}"
    return _draw(report, title, currency, labels, rows)


def _row(flow: CurrencyFlow) -> tuple[int, int, int, int]:
    flows = flow.flows
    back = (REFUNDS, REFUND_REVERSALS, DISPUTES, DISPUTE_REVERSALS)
    return (
        flows[PAYMENTS].amount_minor,
        sum(flows[name].amount_minor for name in back),
        flows["stripe_fees"].amount_minor,
        flow.net_minor,
    )


def _draw(
    report: Report,
    title: str,
    currency: str,
    labels: list[str],
    rows: list[tuple[int, int, int, int]],
) -> bytes:
    locale = locale_of(report.location.locale, report.location.country)
    scale = 10 ** exponent(currency)

    def written(value: float) -> str:
        # pygal computes its axis in floats: they only become labels, never a report's figures.
        return money_text(Money(round(value * scale), currency), locale)

    mode = "TEST - " if report.is_test else ""
    chart = pygal.Bar(
        style=_STYLE,
        js=(),
        width=960,
        height=420,
        title=f"{mode}{title}",
        legend_at_bottom=True,
        legend_at_bottom_columns=len(SERIES),
        x_label_rotation=45 if len(labels) > 12 else 0,  # noqa: PLR2004 (as many fit side by side)
        value_formatter=written,
        no_data_text="No money moved",
        disable_xml_declaration=False,
    )
    # pygal names each picture at random; equal figures are to give equal bytes.
    chart.uuid = "money-flow"
    chart.x_labels = labels
    for at, name in enumerate(SERIES):
        # A bar of zero is not drawn; if there is no bar at all, the picture says so.
        chart.add(name, [row[at] / scale or None for row in rows])
    # What pygal adds for its own script, which is not shipped.
    return _SCRIPT.sub(b"", chart.render())
