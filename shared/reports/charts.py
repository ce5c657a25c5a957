"""Pictures for the console: a day by hour, and the last thirty days, as SVG drawn by pygal.

One picture per currency, with an axis of its own, as currencies are never added together. It has no
script, font or link, is dark where its reader's screen is, and its colours do not rely on red and
green. It is in English, as the console and its sums are.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pygal
from babel.dates import format_skeleton
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
from shared.domain.money.written import written
from shared.domain.reports.report import Report
from shared.reports.figures import day_text, locale_of

SERIES = ("Payments", "Refunds and disputes", "Fees", "Net")
_SCRIPT = re.compile(rb"<script\b.*?</script>", re.DOTALL)
# It is shown at half its size beside a table: its letters are large.
_STYLE = Style(
    background="white",
    plot_background="white",
    font_family="Arial, sans-serif",
    colors=("#1570ef", "#d97706", "#98a2b3", "#0e9384"),
    opacity="1",
    title_font_size=26,
    legend_font_size=22,
    label_font_size=20,
    major_label_font_size=20,
    no_data_font_size=26,
)
_GROUND, _INK, _LINE = "#161b26", "#ececed", "#47505f"
_DARK = (
    "inline:@media (prefers-color-scheme: dark) {"
    f".background, .plot-background {{ fill: {_GROUND} !important; }}"
    f"text {{ fill: {_INK} !important; }}"
    f".axis .line, .axis .guide.line {{ stroke: {_LINE} !important; }}"
    "}"
)
# How many labels fit side by side.
_LABELS = 8


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
    title = f"{_english_day(report)} by hour, in {currency.upper()}"
    return _draw(report, title, currency, labels, rows)


def month_chart(report: Report, currency: str, days: Sequence[tuple[date, MoneyFlow]]) -> bytes:
    """Return days side by side, the oldest first."""
    locale = locale_of("en", report.location.country)
    labels = [format_skeleton("MMMd", day, locale=locale) for day, _ in days]
    rows = [_row(flow.currencies.get(currency) or CurrencyFlow(currency)) for _, flow in days]
    title = f"{len(days)} days to {_english_day(report)}, in {currency.upper()}"
    return _draw(report, title, currency, labels, rows)


def _english_day(report: Report) -> str:
    return day_text(report.day.day, locale_of("en", report.location.country))


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
    scale = 10 ** exponent(currency)

    def label(value: float) -> str:
        # pygal computes its axis in floats: they only become labels, never a report's figures.
        return written(Money(round(value * scale), currency))

    mode = "TEST - " if report.is_test else ""
    is_moved = any(any(row) for row in rows)
    chart = pygal.Bar(
        style=_STYLE,
        js=(),
        css=["file://style.css", "file://graph.css", _DARK],
        width=960,
        height=480,
        title=f"{mode}{title}",
        legend_at_bottom=True,
        legend_at_bottom_columns=2,
        truncate_legend=-1,
        truncate_label=-1,
        # Between the labels there are bars without one.
        x_labels_major_every=-(-len(labels) // _LABELS) if is_moved else None,
        show_minor_x_labels=False,
        value_formatter=label,
        no_data_text="No money moved",
        disable_xml_declaration=False,
    )
    # pygal names each picture at random; equal figures are to give equal bytes.
    chart.uuid = "money-flow"
    if is_moved:
        chart.x_labels = labels
    else:
        # No axis of a day on which there was nothing to measure.
        chart.show_x_guides = chart.show_y_guides = chart.show_y_labels = False
    for at, name in enumerate(SERIES):
        # A bar of zero is not drawn; if there is no bar at all, the picture says so.
        chart.add(name, [row[at] / scale or None for row in rows])
    # What pygal adds for its own script, which is not shipped.
    return _SCRIPT.sub(b"", chart.render())
