"""The files of a range of days: CSV, workbook and PDF. None has single entries: it stays small."""

from collections.abc import Callable
from pathlib import Path

from shared.domain.reports.flow_range import FlowRange
from shared.domain.reports.range_sections import (
    SHORT_DAYS,
    day_sections,
    month_sections,
    payout_section,
    range_headline,
    total_sections,
)
from shared.reports.cell_styles import Look
from shared.reports.figures import moment_text
from shared.reports.files import FORMATS, ReportFile
from shared.reports.head import Head
from shared.reports.paper import INK, LINK, FlowPaper, write_section
from shared.reports.range_csv import range_csv
from shared.reports.sheets import FIRST_ROW, Listed, Sheets

TOTALS, DAYS, PAYOUTS = "Totals", "Days", "Payouts"
OPEN = "Open these days in the console"
TEST_MODE = "TEST MODE - this is play money."
NOT_OVER = "The last day is not over: these are the figures so far."


def write_range_file(shown: FlowRange, folder: Path, ending: str) -> ReportFile:
    """Write a range as `csv`, `xlsx` or `pdf` into a folder, named after the place and days."""
    mode = "" if shown.livemode else "-TEST"
    days = f"{shown.whole.first}-to-{shown.whole.last}"
    name = f"money-flow-{shown.location.location_id}-{days}{mode}.{ending}"
    _WRITERS[ending](shown, folder / name)
    return ReportFile(name, FORMATS[ending], folder / name)


def _write_csv(shown: FlowRange, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as written:
        written.writelines(range_csv(shown))


def _write_xlsx(shown: FlowRange, path: Path) -> None:
    sheets = Sheets(path, _head(shown))
    totals = list(total_sections(shown))
    days, payouts = list(day_sections(shown)), payout_section(shown)
    sheet = sheets.add_sheet(TOTALS)
    sheet.fit_to_pages(1, 1)
    width = sheets.set_columns(sheet, totals)
    sheets.write_title(sheet, _title(shown))
    said = [(each, Look(bold=True, plain=True)) for each in _said(shown)]
    at = sheets.write_texts(sheet, FIRST_ROW - 1, said, width)
    if to := shown.page_of_range("money-flow"):
        sheets.write_link(sheet, at, OPEN, to, Look(plain=True))
        at += 1
    for section in totals:
        at = sheets.write_section(sheet, at + 1, section, width)
    listed: list[Listed] = [
        (DAYS, each.title, len(each.rows), bool(each.alarming)) for each in days
    ]
    listed.append((PAYOUTS, payouts.title, len(payouts.rows), bool(payouts.alarming)))
    sheets.write_contents(sheet, at + 1, listed)
    sheets.write_lists(DAYS, days)
    sheets.write_lists(PAYOUTS, [payouts])
    sheets.book.close()


def _write_pdf(shown: FlowRange, path: Path) -> None:
    """Write the totals and the days; of more than a month, the months in place of the days."""
    head = _head(shown)
    paper = FlowPaper(head)
    paper.add_page()
    paper.set_style("B", 16)
    paper.write_paragraph(_title(shown))
    paper.set_style(size_pt=10)
    made = moment_text(shown.generated_at_s, head.timezone, head.locale)
    paper.write_paragraph(f"{head.days}, {head.timezone}. Made {made}.")
    if to := shown.page_of_range("money-flow"):
        paper.set_text_color(*LINK)
        paper.write_title(OPEN, to)
        paper.set_text_color(*INK)
    paper.set_style("B", 10)
    for each in _said(shown):
        paper.write_paragraph(each)
    is_short = len(shown.days) <= SHORT_DAYS
    by_time = day_sections(shown) if is_short else month_sections(shown)
    for section in (*total_sections(shown), *by_time, payout_section(shown)):
        write_section(paper, section, head)
    path.write_bytes(bytes(paper.output()))


def _head(shown: FlowRange) -> Head:
    return Head(
        location=shown.location,
        days=f"{shown.whole.first} to {shown.whole.last}",
        timezone=shown.location.timezone,
        made_s=shown.days[-1].day.end_s,
        is_test=not shown.livemode,
        is_final=shown.is_over,
    )


def _title(shown: FlowRange) -> str:
    return f"Money flow, {shown.location.name}"


def _said(shown: FlowRange) -> list[str]:
    """Return what people have to see before any figure."""
    said = [] if shown.livemode else [TEST_MODE]
    return [*said, *([] if shown.is_over else [NOT_OVER]), range_headline(shown)]


_WRITERS: dict[str, Callable[[FlowRange, Path], None]] = {
    "csv": _write_csv,
    "xlsx": _write_xlsx,
    "pdf": _write_pdf,
}
