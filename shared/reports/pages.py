"""The report for people: one HTML page that mail programs can show, and the same as plain text."""

from pathlib import Path
from typing import Any

from babel import Locale
from msgspec import Struct

from shared.adapters.page_templates import page_templates
from shared.domain.ledger.flows import NET_FLOWS
from shared.domain.ledger.reconciliation import PENDING
from shared.domain.money.money import Money
from shared.domain.reports.headline import headline, is_clean
from shared.domain.reports.report import Report
from shared.domain.reports.section import Cell, Section, Visit, address_of, plain
from shared.domain.reports.sections import FLOW_TITLES, MAIL_LINES, sections
from shared.reports.figures import cell_text, day_text, locale_of, moment_text, money_text
from shared.reports.neutral import one_line

TEMPLATES = Path(__file__).parent / "templates"
PERCENT = 100
NET = "net"
# Tables with more columns than these are shown as cards on a phone.
NARROW_COLUMNS = 3
# In characters: anything longer is an id, an address, or a name that would widen the table.
LONGEST_WORD = 16


class ShownCell(Struct, frozen=True):
    """A cell as text; an `is_figure` is right-aligned, an `is_negative` has another colour.

    `may_break` is for ids and addresses, which may wrap anywhere; other words may not. `to` is
    where it leads; what `is_nothing` a phone leaves out.
    """

    text: str
    is_figure: bool
    is_negative: bool
    may_break: bool
    to: str = ""
    is_nothing: bool = False


class Bar(Struct, frozen=True):
    """A bar of a chart made of a table, from left to right, in percent of the whole width.

    `before` is empty, then comes the bar, then `after` is empty again: money out points to the left
    of the line where zero is, money in to its right.
    """

    name: str
    text: str
    kind: str
    before: int
    percent: int
    after: int
    to: str


def report_html(report: Report, *, for_mail: bool = False, notes: tuple[str, ...] = ()) -> str:
    """Return the report as one page without images or scripts, whose links lead to the console.

    For a mail it is shorter: only the sections that matter most, and the first `MAIL_LINES` lines
    of each; `notes` come at its end.
    """
    locale = locale_of(report.location.locale, report.location.country)
    return (
        page_templates(TEMPLATES)
        .get_template("report.html")
        .render(
            title=title(report),
            heading=one_line(report.location.name),
            day=day_text(report.day.day, locale, style="full"),
            period=period(report, locale),
            banners=banners(report),
            headline=headline(report),
            is_clean=is_clean(report),
            bars=[
                (flow.currency.upper(), _bars(report, flow.currency, locale))
                for flow in report.flow.in_order()
            ],
            sections=[
                _shown(each, report, locale, for_mail=for_mail)
                for each in sections(report)
                if each.in_mail or not for_mail
            ],
            notes=notes,
            console=report.day_page,
        )
    )


def report_text(report: Report, notes: tuple[str, ...] = ()) -> str:
    """Return the mail's plain text part: the same sections, one line per row."""
    locale = locale_of(report.location.locale, report.location.country)
    zone = report.day.timezone
    lines = [title(report), period(report, locale), *banners(report), "", headline(report)]
    if report.day_page:
        lines += ["", f"The day in the console: {report.day_page}"]
    for section in sections(report):
        if not section.in_mail:
            continue
        lines += ["", section.title.upper()]
        shown = section.rows[:MAIL_LINES]
        for row in [*shown, *([section.total] if section.total else [])]:
            cells = [cell_text(cell, zone, locale) for cell in row]
            if row is not section.total:
                cells = [_led(*pair) for pair in zip(row, cells, strict=True)]
            named = zip(section.columns, cells, strict=True)
            said = [f"{name}: {text}" if name else text for name, text in named if text]
            lines.append("- " + one_line(", ".join(said)))
        if (more := len(section.rows) - MAIL_LINES) > 0:
            lines.append(f"- and {more} more, in the attached files")
        if section.notes:
            lines.append(one_line(cell_text(section.notes, zone, locale)))
    return "\n".join([*lines, "", *notes, ""])


def _led(cell: Cell, text: str) -> str:
    """Return a cell's text, with the address of a booking or a payout behind it."""
    to = address_of(cell)
    return f"{text} <{to}>" if to and isinstance(plain(cell), str | Visit) else text


def title(report: Report) -> str:
    """Return a report's title, also used as a mail's subject: no amounts, no clients."""
    mode = "[TEST] " if report.is_test else ""
    state = "" if report.final else " so far"
    flag = ""
    if report.has_differences:
        flag = " - differences"
    elif report.final and report.status == PENDING:
        flag = " - not compared with Stripe"
    name = one_line(report.location.name)
    locale = locale_of(report.location.locale, report.location.country)
    day = day_text(report.day.day, locale)
    return f"{mode}Money flow of {day}{state}{flag} - {name}"


def banners(report: Report) -> list[str]:
    """Return what people have to see before any figure."""
    found = []
    if report.is_test:
        found.append("TEST MODE - this is play money.")
    if not report.final:
        found.append("The day is not over: these are the figures so far.")
    if report.has_differences:
        found.append("DIFFERENCES - something is not explained yet; it is listed below.")
    if gap := between_reports(report):
        found.append(gap)
    return found


def between_reports(report: Report) -> str:
    """Explain a gap or an overlap between this report and the one before it."""
    before_s, start_s, zone = report.previous_end_s, report.day.start_s, report.day.timezone
    if before_s is None or before_s == start_s:
        return ""
    locale = locale_of(report.location.locale, report.location.country)
    ended, begins = (moment_text(at_s, zone, locale) for at_s in (before_s, start_s))
    if before_s < start_s:
        return (
            f"What moved from {ended} to {begins} is in no morning's report. "
            "The console has those days."
        )
    return (
        f"The time zone was changed: the report before this one went to {ended}, and what moved "
        f"from {begins} on is in both."
    )


def period(report: Report, locale: Locale) -> str:
    """Return from when to when a report is, on its own clock and in UTC, and when it was made."""
    day, zone = report.day, report.day.timezone
    start, end = (moment_text(at_s, zone, locale) for at_s in (day.start_s, day.end_s))
    utc = [moment_text(at_s, "UTC", locale) for at_s in (day.start_s, day.end_s)]
    made = moment_text(report.generated_at_s, zone, locale)
    return f"{start} to {end} {zone} ({utc[0]} to {utc[1]} UTC). Made {made}."


def _bars(report: Report, currency: str, locale: Locale) -> list[Bar]:
    flow = report.flow.currencies[currency]
    amounts = [
        (FLOW_TITLES[name], flow.flows[name].amount_minor, name)
        for name in NET_FLOWS
        if flow.flows[name].amount_minor
    ]
    amounts.append(("Net", flow.net_minor, NET))
    most, least = (pick(amount for _, amount, _ in amounts) for pick in (max, min))
    whole = max(0, most) - min(0, least)
    left = PERCENT * -min(0, least) // whole if whole else 0
    return [
        _bar(
            (title, name),
            Money(amount, currency),
            locale,
            left,
            whole,
            report.entries_page(flow=name),
        )
        for title, amount, name in amounts
    ]


def _bar(
    named: tuple[str, str], money: Money, locale: Locale, left: int, whole: int, to: str
) -> Bar:
    title, kind = named
    amount = money.amount_minor
    percent = max(1, PERCENT * abs(amount) // whole) if amount and whole else 0
    before = max(0, left - percent) if amount < 0 else left
    after = PERCENT - before - percent
    return Bar(title, money_text(money, locale), kind, before, percent, after, to)


def _shown(section: Section, report: Report, locale: Locale, *, for_mail: bool) -> dict[str, Any]:
    zone = report.day.timezone
    kept = section.rows[:MAIL_LINES] if for_mail else section.rows
    figures = section.figures
    # Most of what a breakdown is broken down into is zero.
    is_sparse = section.total is not None
    return {
        "title": section.title,
        "columns": [(name, at in figures) for at, name in enumerate(section.columns)],
        "rows": [
            (
                [
                    _cell(cell, at in figures, zone, locale, is_sparse=is_sparse)
                    for at, cell in enumerate(row)
                ],
                number in section.alarming,
            )
            for number, row in enumerate(kept)
        ],
        "total": [
            _cell(cell, at in figures, zone, locale, is_sparse=is_sparse)
            for at, cell in enumerate(section.total or ())
        ],
        "more": len(section.rows) - len(kept),
        "note": one_line(cell_text(section.notes, zone, locale)),
        "to": section.to,
        "stacks": len(section.columns) > NARROW_COLUMNS,
    }


def _cell(
    cell: Cell, is_figure: bool, timezone: str, locale: Locale, *, is_sparse: bool
) -> ShownCell:
    shown = plain(cell)
    amount = shown.amount_minor if isinstance(shown, Money) else None
    text = one_line(cell_text(cell, timezone, locale))
    may_break = max(map(len, text.split()), default=0) > LONGEST_WORD
    is_nothing = not text or (is_sparse and amount == 0)
    return ShownCell(
        text, is_figure, (amount or 0) < 0, may_break, address_of(cell), is_nothing=is_nothing
    )
