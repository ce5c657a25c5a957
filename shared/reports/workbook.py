"""The report as an Excel workbook: a sheet for each section, and one with every line."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from shared.domain.ledger import LedgerEntry
from shared.domain.money import Money, is_currency
from shared.domain.report import Report
from shared.domain.report_sections import headline, sections
from shared.domain.section import Cell, Moment, Section
from shared.reports.csv_lines import COLUMNS, NUMBERS, LineWriter
from shared.reports.figures import decimals, major_units
from shared.reports.neutral import one_line

# Excel's own bounds, its header row counted. https://support.microsoft.com/excel-specifications
MAX_ROWS, MAX_CHARS = 1_048_576, 32_767
WIDE, NARROW = 34, 16
LINES = "Lines"


class ReportWorkbook:
    """Written while the entries are read: rows go to disk at once, so that memory stays the same.

    `path` is where the file will be when `finish` has returned. Its time stamps are the day's end,
    so that the same report gives the same bytes.
    """

    def __init__(self, path: Path) -> None:
        # Nothing of ours is a formula or an address, whatever a text looks like.
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd hh:mm",
        }
        self._book = Workbook(str(path), options)
        self._formats: dict[tuple[str, bool, bool], Format] = {}

    def finish(self, report: Report, entries: Iterable[LedgerEntry]) -> None:
        """Write every sheet; `entries` is read once."""
        made = datetime.fromtimestamp(report.day.end_s, UTC).replace(tzinfo=None)
        title = f"Money flow of {report.location.location_id}, {report.day.day}"
        self._book.set_properties({"title": title, "author": "Bookpay", "created": made})
        self._write_summary(report)
        for section in sections(report):
            self._write_section(section, report)
        self._write_lines(report, entries)
        self._book.close()

    def _write_summary(self, report: Report) -> None:
        sheet = self._sheet("Summary", report)
        zone = report.day.timezone
        rows: list[tuple[str, Cell]] = [
            ("Location", report.location.name),
            ("Day", report.day.day),
            ("Time zone", zone),
            ("From", Moment(report.day.start_s)),
            ("To (excluded)", Moment(report.day.end_s)),
            ("From, UTC", _utc(report.day.start_s)),
            ("To, UTC", _utc(report.day.end_s)),
            ("Mode", "TEST - no real money" if report.is_test else "live"),
            ("State", "final" if report.final else "the day is not over"),
            ("Reconciliation", report.reconciliation.status),
            ("In one sentence", headline(report)),
            ("Entries", report.flow.entries),
            ("Generated at", Moment(report.generated_at_s)),
        ]
        sheet.set_column(0, 1, WIDE)
        for at, (name, cell) in enumerate(rows):
            self._write(sheet, at, 0, name, zone, bold=True)
            self._write(sheet, at, 1, cell, zone)

    def _write_section(self, section: Section, report: Report) -> None:
        sheet = self._sheet(_tab(section.key), report)
        zone = report.day.timezone
        sheet.set_column(0, 0, WIDE)
        sheet.set_column(1, max(1, len(section.columns) - 1), NARROW)
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(section.columns):
            self._write(sheet, 0, column, name, zone, bold=True)
        rows = [*section.rows, *([section.total] if section.total else [])]
        for at, row in enumerate(rows):
            is_total, is_red = at == len(section.rows), at in section.alarming
            for column, cell in enumerate(row):
                self._write(sheet, at + 1, column, cell, zone, bold=is_total, red=is_red)
        if section.note:
            self._write(sheet, len(rows) + 2, 0, section.note, zone)

    def _write_lines(self, report: Report, entries: Iterable[LedgerEntry]) -> None:
        sheet = self._sheet(LINES, report)
        sheet.set_column(0, len(COLUMNS) - 1, NARROW)
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(COLUMNS):
            self._write(sheet, 0, column, name, "UTC", bold=True)
        writer = LineWriter(report)
        for at, entry in enumerate(entries, 1):
            if at == MAX_ROWS - 1:
                text = "Excel holds no more rows; the CSV file has all."
                self._write(sheet, at, 0, text, "UTC", bold=True, red=True)
                return
            for column, (name, text) in enumerate(writer.row(entry).items()):
                if name in NUMBERS and text:
                    sheet.write_number(at, column, float(text))
                else:
                    sheet.write_string(at, column, one_line(text)[:MAX_CHARS])

    def _sheet(self, title: str, report: Report) -> Worksheet:
        sheet = self._book.add_worksheet(title)
        if report.is_test:
            sheet.set_header('&C&"Arial,Bold"TEST - no real money')
            sheet.set_tab_color("#b42318")
        return sheet

    def _write(
        self,
        sheet: Worksheet,
        row: int,
        column: int,
        cell: Cell,
        timezone: str,
        *,
        bold: bool = False,
        red: bool = False,
    ) -> None:
        style = self._format(_number_format(cell), bold=bold, red=red)
        if cell is None:
            sheet.write_blank(row, column, None, style)
        elif isinstance(cell, Money):
            sheet.write_number(row, column, float(major_units(cell)), style)
        elif isinstance(cell, int):
            sheet.write_number(row, column, cell, style)
        elif isinstance(cell, Moment):
            local = datetime.fromtimestamp(cell.at_s, UTC).astimezone(ZoneInfo(timezone))
            sheet.write_datetime(row, column, local.replace(tzinfo=None), style)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), style)  # noqa: DTZ001 (a day has no zone)
        else:
            sheet.write_string(row, column, one_line(cell)[:MAX_CHARS], style)

    def _format(self, number_format: str, *, bold: bool, red: bool) -> Format:
        key = (number_format, bold, red)
        if key not in self._formats:
            wanted = {"bold": bold, "num_format": number_format, "valign": "top"}
            if red:
                wanted["font_color"] = "#b42318"
            self._formats[key] = self._book.add_format(wanted)
        return self._formats[key]


def _tab(key: str) -> str:
    """Return what a section's sheet is called: `by-service-eur` is `By service EUR`."""
    words, _, last = key.replace("-", " ").rpartition(" ")
    name = f"{words} {last.upper()}" if words and is_currency(last) else key.replace("-", " ")
    return name[:1].upper() + name[1:]


def _number_format(cell: Cell) -> str:
    if isinstance(cell, Money):
        places = decimals(cell)
        digits = f"#,##0{'.' + '0' * places if places else ''}"
        # The code and not the sign: it is the same in every Excel.
        code = cell.currency.upper()
        return f'{digits} "{code}";[Red]-{digits} "{code}"'
    if isinstance(cell, Moment):
        return "yyyy-mm-dd hh:mm"
    return "yyyy-mm-dd" if isinstance(cell, date) else "General"


def _utc(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S} UTC"
