"""What the product wrote for people, read back: pages, workbooks, papers and mails as tables."""

import html
import io
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import openpyxl
from pypdf import PdfReader

from tests.truth.tables import Amount

type Cells = list[list[Any]]
# How many decimals an amount has; ISK is shown without its two, which are always 00.
DECIMALS = {"jpy": 0, "kwd": 3}
_SPACES = str.maketrans(dict.fromkeys("\xa0\u202f\u2009", " ") | {"\u2212": "-"})


class _Page(HTMLParser):
    """Reads a page's titles and the rows of the table behind each."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, Cells] = {}
        self.headline = ""
        self._title = ""
        self._text: list[str] | None = None
        self._is_table = self._is_label = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kinds = (dict(attrs).get("class") or "").split()
        if tag == "table":
            self._is_table = "table" in kinds
        elif tag == "tr" and self._is_table:
            self.tables.setdefault(self._title, []).append([])
        elif tag in {"h2", "td"} or (tag == "p" and "answer" in kinds):
            self._text = []
        elif tag == "p":
            self._text = None
        elif tag == "span":
            self._is_label = True

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._is_label:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "span":
            self._is_label = False
        elif tag in {"h2", "td", "p"} and self._text is not None:
            text = " ".join("".join(self._text).translate(_SPACES).split())
            if tag == "h2":
                self._title = text
            elif tag == "p":
                self.headline = self.headline or text
            elif self._is_table:
                self.tables[self._title][-1].append(text)
            self._text = None
        elif tag == "table":
            self._is_table = False


def html_tables(page: str) -> tuple[dict[str, Cells], str]:
    """Return a page's tables by title, without their headings, and its headline."""
    read = _Page()
    read.feed(page)
    tables = {title: [row for row in rows if row] for title, rows in read.tables.items()}
    return tables, read.headline


def page_text(page: str) -> str:
    """Return a page's text, all spaces single ones."""
    return single_spaces(html.unescape(re.sub("<[^>]*>", " ", page)))


def workbook_text(body: bytes) -> str:
    """Return all texts of a workbook's sheets but its lines."""
    book = openpyxl.load_workbook(io.BytesIO(body), read_only=True)
    texts = [
        cell
        for sheet in book.worksheets
        if sheet.title != "Lines"
        for row in sheet.iter_rows(values_only=True)
        for cell in row
        if isinstance(cell, str)
    ]
    book.close()
    return single_spaces(" ".join(texts))


def text_tables(text: str) -> dict[str, list[str]]:
    """Return the rows of a mail's plain text, by the title in capitals."""
    found: dict[str, list[str]] = {}
    title = ""
    for line in text.translate(_SPACES).splitlines():
        if line.startswith("- "):
            found.setdefault(title, []).append(line[2:])
        elif line and line == line.upper():
            title = line
    return found


def workbook_tables(body: bytes) -> tuple[dict[str, Cells], dict[str, dict[str, Any]]]:
    """Return a workbook's tables by title, and its lines by balance transaction."""
    book = openpyxl.load_workbook(io.BytesIO(body), read_only=True)
    tables: dict[str, Cells] = {}
    lines: dict[str, dict[str, Any]] = {}
    for sheet in book.worksheets:
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        if sheet.title == "Lines":
            names = [str(each) for each in rows[0]]
            for row in rows[1:]:
                cells = dict(zip(names, row, strict=False))
                lines[str(cells["balance_transaction"])] = cells
        elif sheet.title != "Summary":
            tables[str(rows[0][0])] = rows[3:]
    book.close()
    return tables, lines


def pdf_text(body: bytes) -> str:
    """Return a PDF's text, all spaces single ones."""
    pages = PdfReader(io.BytesIO(body)).pages
    return single_spaces(" ".join(page.extract_text() for page in pages))


def single_spaces(text: str) -> str:
    """Return a text whose spaces, of whatever kind, are single ones."""
    return " ".join(text.translate(_SPACES).split())


def amount_of(cell: Any, currency: str) -> int | None:
    """Return a cell's minor units, from a number or from a text with its comma."""
    places = DECIMALS.get(currency, 2)
    if isinstance(cell, int | float):
        return round(Decimal(str(cell)).scaleb(places))
    whole, _, part = str(cell).partition(",")
    digits = "".join(each for each in whole + part if each.isdigit())
    if not digits:
        return None
    shown = sum(each.isdigit() for each in part)
    minor = int(digits + "0" * (places - shown))
    return -minor if "-" in str(cell) else minor


def row_pattern(row: Sequence[Any], between: str) -> re.Pattern[str]:
    """Return what finds a table's row in a German text whose spaces are single ones.

    `between` may stand between two cells. A cell that is neither a text, a number, a date nor an
    amount may be anything.
    """
    return re.compile(between.join(f"(?:{_cell_pattern(each)})" for each in row), re.DOTALL)


def _cell_pattern(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        # A long word is broken where the cell ends.
        return " ?".join(re.escape(each) for each in cell.replace(" ", ""))
    if isinstance(cell, int):
        return rf"(?<![\d.,-]){cell}(?![.,]?\d)"
    if isinstance(cell, date):
        return re.escape(f"{cell:%d.%m.%Y}") + "|" + re.escape(cell.isoformat())
    if isinstance(cell, Amount):
        return _amount_pattern(cell.minor, cell.currency)
    return ".{0,150}?"


def _amount_pattern(minor: int, currency: str) -> str:
    places = DECIMALS.get(currency, 2)
    shown = 0 if currency == "isk" and minor % 100 == 0 else places
    digits = str(abs(minor) // 10 ** (places - shown)).rjust(shown + 1, "0")
    whole, part = digits[: len(digits) - shown], digits[len(digits) - shown :]
    grouped = f"{int(whole):,}".replace(",", ".")
    text = f"{grouped},{part}" if shown else grouped
    sign = "-" if minor < 0 else r"(?<![-\d.,])"
    return rf"{sign}{re.escape(text)} ?[^-\d.,\s]{{1,3}}"
