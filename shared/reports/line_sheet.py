"""The workbook's sheet of single lines: those of the CSV file, with real dates and numbers."""

from collections.abc import Iterable
from datetime import datetime

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from shared.domain.ledger.entry import LedgerEntry
from shared.domain.money.money import exponent
from shared.domain.reports.report import Report
from shared.reports.cell_styles import DAY, CellStyles, Look, decimal_format
from shared.reports.csv_lines import COLUMNS, NUMBERS, LineWriter
from shared.reports.neutral import for_cell

LINES = "Lines"
# As many as people can work with, and a function can write in time (docs/costs.md); Excel itself
# would hold four times as many. https://support.microsoft.com/excel-specifications
MAX_LINES = 250_000
# Excel has room for 65,530 links on a sheet, and each takes memory until the file is closed.
MAX_LINKED = 5_000
INSTANTS = frozenset({"local_datetime", "utc_datetime"})
DAYS = frozenset({"available_on", "arrival_date"})
AMOUNTS = frozenset({"gross", "fee", "net"})
# Columns of ids that have a page in the console.
PAGES = {"booking_id": "bookings", "payout": "payouts"}
TEXT, SECOND = "@", "yyyy-mm-dd hh:mm:ss"
WIDTHS = {
    **dict.fromkeys(INSTANTS, 19),
    **dict.fromkeys(("service", "employee", "note"), 24),
    **dict.fromkeys(("booking_id", "stripe_id", "balance_transaction", "charge"), 29),
    **dict.fromkeys(("payment_intent", "refund", "dispute", "payout", "actor"), 29),
    **dict.fromkeys(("customer_currency", "customer_amount", *AMOUNTS), 18),
}
NORMAL_WIDTH = 13


class LineSheet:
    """Writes the lines, without empty cells: on a large day the cells are what takes time."""

    def __init__(self, sheet: Worksheet, styles: CellStyles, report: Report) -> None:
        self._sheet = sheet
        self._writer = LineWriter(report)
        self._styles = styles
        self._instant, self._day, self._number = (
            self._style(each) for each in (SECOND, DAY, "General")
        )
        self._text = self._style(TEXT)
        self._amounts: dict[str, Format] = {}
        self._report = report
        self._link = styles.get(Look(TEXT, plain=True, leads=True))

    def write(self, entries: Iterable[LedgerEntry]) -> None:
        """Write the header and up to `MAX_LINES` lines, and a note if there are more."""
        for column, name in enumerate(COLUMNS):
            self._sheet.set_column(column, column, WIDTHS.get(name, NORMAL_WIDTH))
            look = Look(heading=True, at_right=name in NUMBERS)
            self._sheet.write_string(0, column, name, self._styles.get(look))
        self._sheet.freeze_panes(1, 1)
        self._sheet.repeat_rows(0)
        self._sheet.repeat_columns(0)
        last = 0
        for last, entry in enumerate(entries, 1):
            if last > MAX_LINES:
                text = f"Here are the first {MAX_LINES:,} lines; the CSV file has all."
                style = self._styles.get(Look(alarming=True, plain=True))
                self._sheet.write_string(last, 0, text, style)
                break
            self._write_line(last, entry)
        self._sheet.autofilter(0, 0, max(1, min(last, MAX_LINES)), len(COLUMNS) - 1)

    def _write_line(self, at: int, entry: LedgerEntry) -> None:
        sheet, row = self._sheet, self._writer.row(entry)
        for column, (name, text) in enumerate(row.items()):
            if not text:
                continue
            if name in AMOUNTS:
                sheet.write_number(at, column, float(text), self._amount(entry.currency))
            elif name in NUMBERS:
                sheet.write_number(at, column, float(text), self._number)
            elif name in INSTANTS:
                instant = datetime.fromisoformat(text).replace(tzinfo=None)
                sheet.write_datetime(at, column, instant, self._instant)
            elif name in DAYS:
                sheet.write_datetime(at, column, datetime.fromisoformat(text), self._day)
            elif at <= MAX_LINKED and (to := self._address(name, text)):
                sheet.write_url(at, column, to, self._link, string=for_cell(text))
            else:
                sheet.write_string(at, column, for_cell(text), self._text)

    def _address(self, column: str, name: str) -> str:
        page = PAGES.get(column)
        return self._report.page(page, name) if page else ""

    def _amount(self, currency: str) -> Format:
        if currency not in self._amounts:
            self._amounts[currency] = self._style(decimal_format(exponent(currency)))
        return self._amounts[currency]

    def _style(self, number_format: str) -> Format:
        at_right = number_format not in {SECOND, DAY, TEXT}
        return self._styles.get(Look(number_format, plain=True, at_right=at_right))
