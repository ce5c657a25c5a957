"""The report as an Excel workbook: a sheet for each section, and one with every line."""

import textwrap
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from shared.domain.dates.instants import Moment
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.money.money import Money, is_currency
from shared.domain.reports.headline import headline
from shared.domain.reports.report import Report
from shared.domain.reports.section import Cell, Section
from shared.domain.reports.sections import sections
from shared.reports.cell_styles import (
    LINE_POINTS,
    CellStyles,
    Look,
    is_figure,
    lines_of,
    number_format,
    widths,
)
from shared.reports.figures import major_units
from shared.reports.line_sheet import LINES, MAX_LINES, LineSheet
from shared.reports.neutral import for_cell, one_line
from shared.reports.pages import between_reports

# Rows of a sheet: its title, the place and day, the header, and then the table.
TITLE_ROW, PLACE_ROW, HEADING_ROW = 0, 1, 2
A4, LINES_PAGES_WIDE = 9, 4
NAME_WIDTH, TEXT_WIDTH, TITLE_HEIGHT = 24, 70, 22
# A footer has at most 255 characters, and an ampersand in it is a command.
MAX_PLACE = 80
ALARM_TAB, TEST_TAB = "#b42318", "#d97706"
TEST_TEXT = "TEST - no real money"
TABS = {
    "flow": "What moved",
    "actions": "Needs action",
    "holds": "Held on cards",
    "categories": "By category",
    "client money": "Clients' money",
    "reattributed": "Broken down anew",
}


class ReportWorkbook:
    """Written while the entries are read: rows go to disk at once, so memory use is constant.

    `path` is where the file will be when `finish` has returned. Its timestamps are the day's end,
    so that the same report gives the same bytes.
    """

    def __init__(self, path: Path, report: Report) -> None:
        # None of our texts is a formula or a link, whatever it looks like.
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = Workbook(str(path), options)
        self._styles = CellStyles(self._book)
        self._report = report
        self._zone = ZoneInfo(report.day.timezone)

    def finish(self, entries: Iterable[LedgerEntry]) -> None:
        """Write every sheet; `entries` is read once."""
        report = self._report
        made = datetime.fromtimestamp(report.day.end_s, UTC).replace(tzinfo=None)
        title = f"Money flow of {report.location.location_id}, {report.day.day}"
        self._book.set_properties({"title": title, "author": "Bookpay", "created": made})
        shown = sections(report)
        self._write_summary(shown)
        for section in shown:
            self._write_section(section)
        sheet = self._sheet(LINES, pages_wide=LINES_PAGES_WIDE)
        LineSheet(sheet, self._styles, report).write(entries)
        self._book.close()

    def _write_summary(self, shown: list[Section]) -> None:
        sheet, report = self._sheet("Summary"), self._report
        sheet.set_column(0, 0, NAME_WIDTH)
        sheet.set_column(1, 1, TEXT_WIDTH)
        sheet.set_column(2, 2, 10)
        sheet.fit_to_pages(1, 1)
        self._write_title(sheet, f"Money flow, {report.location.name}")
        answer = Look(bold=True, alarming=report.has_differences)
        rows: list[tuple[str, Cell, Look]] = [
            ("In one sentence", headline(report), answer),
            ("Location", report.location.name, Look()),
            ("Day", report.day.day, Look()),
            ("From", Moment(report.day.start_s), Look()),
            ("To (excluded)", Moment(report.day.end_s), Look()),
            ("Time zone", report.day.timezone, Look()),
            ("From, UTC", _utc(report.day.start_s), Look()),
            ("To, UTC", _utc(report.day.end_s), Look()),
            ("Mode", TEST_TEXT if report.is_test else "live", Look(bold=report.is_test)),
            ("State", "final" if report.final else "the day is not over", Look()),
            ("Compared with Stripe", report.status, Look()),
            ("Entries", report.flow.entries, Look()),
            ("Generated at", Moment(report.generated_at_s), Look()),
        ]
        if between := between_reports(report):
            rows.insert(1, ("The report before", between, Look(bold=True, alarming=True)))
        for at, (name, cell, look) in enumerate(rows, HEADING_ROW + 1):
            self._write(sheet, at, 0, name, Look(bold=True))
            self._write(sheet, at, 1, cell, look)
        self._write_contents(sheet, shown, HEADING_ROW + 2 + len(rows))

    def _write_contents(self, sheet: Worksheet, shown: list[Section], at: int) -> None:
        """Write a table of contents: the sheets' names alone do not say what is in them."""
        lines = "Every line of Stripe's, as in the CSV file"
        if (number := self._report.flow.lines) > MAX_LINES:
            lines = f"The first {MAX_LINES:,} of {number:,} lines; the CSV file has all"
        listed = [(_tab(each.key), each.title, len(each.rows), each.alarming) for each in shown]
        listed.append((LINES, lines, min(number, MAX_LINES), frozenset()))
        for column, name in enumerate(("Sheet", "What is in it", "Rows")):
            self._write(sheet, at, column, name, Look(heading=True, at_right=name == "Rows"))
        for row, (tab, title, rows, alarming) in enumerate(listed, at + 1):
            look = Look(alarming=bool(alarming))
            self._write(sheet, row, 0, tab, look)
            self._write(sheet, row, 1, title, look)
            self._write(sheet, row, 2, rows, replace(look, at_right=True))

    def _write_section(self, section: Section) -> None:
        sheet, columns = self._sheet(_tab(section.key)), widths(section)
        if section.alarming:
            sheet.set_tab_color(ALARM_TAB)
        for column, width in enumerate(columns):
            sheet.set_column(column, column, width)
        self._write_title(sheet, section.title)
        rows = [*section.rows, *([section.total] if section.total else [])]
        figures = [any(is_figure(row[at]) for row in rows) for at in range(len(columns))]
        for column, name in enumerate(section.columns):
            self._write(
                sheet, HEADING_ROW, column, name, Look(heading=True, at_right=figures[column])
            )
        for at, row in enumerate(rows):
            if (lines := lines_of(row)) > 1:
                sheet.set_row(HEADING_ROW + 1 + at, lines * LINE_POINTS)
            is_total, is_alarming = at == len(section.rows), at in section.alarming
            for column, cell in enumerate(row):
                look = Look(total=is_total, alarming=is_alarming, at_right=figures[column])
                self._write(sheet, HEADING_ROW + 1 + at, column, cell, look)
        sheet.freeze_panes(HEADING_ROW + 1, 0)
        sheet.repeat_rows(HEADING_ROW)
        # One line each: a cell as wide as the table would need its height set, too.
        for at, line in enumerate(textwrap.wrap(one_line(section.notes), max(60, sum(columns)))):
            look = Look(faint=True, plain=True)
            self._write(sheet, HEADING_ROW + 2 + len(rows) + at, 0, line, look)

    def _sheet(self, title: str, *, pages_wide: int = 1) -> Worksheet:
        """Return a new sheet that prints in landscape, so many pages side by side."""
        report = self._report
        sheet = self._book.add_worksheet(title)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(pages_wide, 0)
        sheet.hide_gridlines(2)
        place = one_line(report.location.name)[:MAX_PLACE].replace("&", "&&")
        sheet.set_footer(f"&L&8{place}, {report.day.day}&C&8&A&R&8Page &P of &N")
        if report.is_test:
            sheet.set_header(f'&C&"Arial,Bold"{TEST_TEXT}')
            sheet.set_tab_color(TEST_TAB)
        return sheet

    def _write_title(self, sheet: Worksheet, title: str) -> None:
        report = self._report
        sheet.set_row(TITLE_ROW, TITLE_HEIGHT)
        self._write(sheet, TITLE_ROW, 0, title, Look(bold=True, large=True, plain=True))
        state = "" if report.final else ", the day is not over"
        mode = f", {TEST_TEXT}" if report.is_test else ""
        place = f"{report.location.name}, {report.day.day} ({report.day.timezone}){state}{mode}"
        self._write(sheet, PLACE_ROW, 0, place, Look(faint=True, plain=True))

    def _write(self, sheet: Worksheet, row: int, column: int, cell: Cell, look: Look) -> None:
        style = self._styles.get(replace(look, number_format=number_format(cell)))
        if cell is None:
            sheet.write_blank(row, column, None, style)
        elif isinstance(cell, Money):
            sheet.write_number(row, column, float(major_units(cell)), style)
        elif isinstance(cell, int):
            sheet.write_number(row, column, cell, style)
        elif isinstance(cell, Moment):
            local = datetime.fromtimestamp(cell.at_s, UTC).astimezone(self._zone)
            sheet.write_datetime(row, column, local.replace(tzinfo=None), style)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), style)  # noqa: DTZ001 (a day has no zone)
        else:
            sheet.write_string(row, column, for_cell(cell), style)


def _tab(key: str) -> str:
    """Return the name of a section's sheet: `By service EUR` for `by-service-eur`."""
    words, _, last = key.replace("-", " ").rpartition(" ")
    if words and is_currency(last):
        name = f"{TABS.get(words, words)} {last.upper()}"
    else:
        whole = key.replace("-", " ")
        name = TABS.get(whole, whole)
    return name[:1].upper() + name[1:]


def _utc(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S} UTC"
