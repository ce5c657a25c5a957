"""The report as an Excel workbook: a page of figures, the lists by subject, and every line."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from xlsxwriter.worksheet import Worksheet

from shared.domain.dates.instants import Moment
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.reports.headline import headline
from shared.domain.reports.report import Report
from shared.domain.reports.section import Cell, Section
from shared.domain.reports.sections import sections
from shared.reports.cell_styles import Look
from shared.reports.head import head_of
from shared.reports.line_sheet import LINES, MAX_LINES, MAX_LINKED, LineSheet
from shared.reports.pages import between_reports
from shared.reports.sheets import CONTENTS, FIRST_ROW, PLACE_ROW, TEST_TEXT, Sheets

LINES_PAGES_WIDE = 4
FIGURES = "Figures"
# The sheets in their order: each has the tables whose keys begin like this.
SHEETS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (FIGURES, ("balance", "flow-", "client-money")),
    ("Needs action", ("differences", "actions")),
    ("Refunds and disputes", ("refunds", "disputes")),
    ("Payouts and holds", ("payouts", "holds")),
    ("Breakdown", ("categories-", "by-")),
    ("Earlier days", ("corrected-days", "corrections", "reattributed")),
)


class ReportWorkbook:
    """Written while the entries are read; the file is at `path` when `finish` has returned."""

    def __init__(self, path: Path, report: Report) -> None:
        self._sheets = Sheets(path, head_of(report))
        self._report = report

    def finish(self, entries: Iterable[LedgerEntry]) -> None:
        """Write every sheet; `entries` is read once."""
        report = self._report
        by_sheet = {
            name: [each for each in sections(report) if each.key.startswith(keys)]
            for name, keys in SHEETS
        }
        self._write_figures(by_sheet)
        for name, shown in by_sheet.items():
            if shown and name != FIGURES:
                self._sheets.write_lists(name, shown)
        sheet = self._sheets.add_sheet(LINES, pages_wide=LINES_PAGES_WIDE)
        LineSheet(sheet, self._sheets.styles, report).write(entries)
        self._sheets.book.close()

    # ------------------------------------------------------------------ the page of figures

    def _write_figures(self, by_sheet: dict[str, list[Section]]) -> None:
        sheet, report = self._sheets.add_sheet(FIGURES), self._report
        sheet.fit_to_pages(1, 1)
        shown = by_sheet[FIGURES]
        self._sheets.mark(sheet, shown)
        width = self._sheets.set_columns(sheet, shown)
        self._sheets.write_title(sheet, f"Money flow, {report.location.name}")
        answer = Look(bold=True, plain=True, alarming=report.has_differences)
        said = [(headline(report), answer)]
        if between := between_reports(report):
            said.append((between, Look(bold=True, plain=True, alarming=True)))
        at = self._sheets.write_texts(sheet, FIRST_ROW - 1, said, width)
        if report.day_page:
            look = Look(plain=True)
            self._sheets.write_link(
                sheet, at, "Open this day in the console", report.day_page, look
            )
            at += 1
        for section in shown:
            at = self._sheets.write_section(sheet, at + 1, section, width)
        at = self._write_facts(sheet, at + 1)
        at = self._write_contents(sheet, at + 1, by_sheet)
        columns = max([len(each.columns) for each in shown] + [len(CONTENTS)])
        sheet.print_area(0, 0, at, columns - 1)
        sheet.freeze_panes(PLACE_ROW + 1, 0)

    def _write_facts(self, sheet: Worksheet, at: int) -> int:
        """Write what the report is of, and return the next row."""
        report = self._report
        rows: tuple[tuple[str, Cell], ...] = (
            ("From", Moment(report.day.start_s)),
            ("To (excluded)", Moment(report.day.end_s)),
            ("Time zone", report.day.timezone),
            ("From, UTC", _utc(report.day.start_s)),
            ("To, UTC", _utc(report.day.end_s)),
            ("Mode", TEST_TEXT if report.is_test else "live"),
            ("State", "final" if report.final else "the day is not over"),
            ("Compared with Stripe", report.status),
            ("Entries", report.flow.entries),
            ("Generated at", Moment(report.generated_at_s)),
        )
        self._sheets.write(sheet, at, 0, "About this report", Look(bold=True, plain=True))
        for row, (name, cell) in enumerate(rows, at + 1):
            self._sheets.write(sheet, row, 0, name, Look(plain=True))
            self._sheets.write(sheet, row, 1, cell, Look(plain=True))
        return at + len(rows) + 1

    def _write_contents(self, sheet: Worksheet, at: int, by_sheet: dict[str, list[Section]]) -> int:
        """Write which sheet has what and leads there, and return the last row."""
        number = self._report.flow.lines
        lines = "All lines of the CSV file, with Stripe's own signs: its fees are above zero"
        if number > MAX_LINES:
            lines = f"The first {MAX_LINES:,} of {number:,} lines; the CSV file has all"
        elif number > MAX_LINKED and self._report.public_url:
            lines += f". The first {MAX_LINKED:,} lead to their booking"
        listed = [
            (name, each.title, len(each.rows), bool(each.alarming))
            for name, shown in by_sheet.items()
            for each in shown
            if name != FIGURES
        ]
        listed.append((LINES, lines, min(number, MAX_LINES), False))
        return self._sheets.write_contents(sheet, at, listed)


def _utc(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S} UTC"
