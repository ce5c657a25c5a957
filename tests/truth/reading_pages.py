"""What the product wrote for people, read back: pages, workbooks, papers and mails as tables."""

import html
import io
import itertools
import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from itertools import groupby
from typing import Any

import openpyxl
from pypdf import PdfReader

from tests.truth.tables import ANY, Amount, Booked

type Cells = list[list[Any]]
# How many decimals an amount has; ISK is shown without its two, which are always 00.
# The ground of a table's heading in a workbook.
HEADING = "FFF2F4F7"
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
        self._to = ""

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
        elif tag == "a":
            self._to = dict(attrs).get("href") or ""

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
                self.tables[self._title][-1].append(_led(text, self._to))
            self._text, self._to = None, ""
        elif tag == "table":
            self._is_table = False


def _led(text: Any, to: str) -> Any:
    """Return a cell with the booking that it leads to, if it does."""
    _, found, booking = to.partition("/bookings/")
    return f"{text} -> {booking}" if found else text


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
    book = openpyxl.load_workbook(io.BytesIO(body))
    tables: dict[str, Cells] = {}
    lines: dict[str, dict[str, Any]] = {}
    for sheet in book.worksheets:
        rows = list(sheet.iter_rows())
        if sheet.title == "Lines":
            names = [str(each.value) for each in rows[0]]
            for row in rows[1:]:
                cells = dict(zip(names, (each.value for each in row), strict=False))
                lines[str(cells["balance_transaction"])] = cells
            continue
        title = ""
        for above, row in itertools.pairwise(rows):
            if row[0].fill.start_color.rgb == HEADING:
                title = str(above[0].value or "")
                tables.update({title: []} if title else {})
            elif not any(cell.value not in {None, ""} for cell in row):
                title = ""
            elif title:
                tables[title].append([_cell_of(cell) for cell in row])
    book.close()
    return tables, lines


def _cell_of(cell: Any) -> Any:
    return _led(cell.value, str(cell.hyperlink.location or "")) if cell.hyperlink else cell.value


def pdf_bookings(body: bytes) -> set[str]:
    """Return the bookings that a PDF leads to."""
    pages = PdfReader(io.BytesIO(body)).pages
    notes = (each.get_object() for page in pages for each in page.get("/Annots", []))
    addresses = (str(each["/A"]["/URI"]) for each in notes if "/URI" in each.get("/A", {}))
    return {each.partition("/bookings/")[2] for each in addresses} - {""}


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


ANYTHING = 150
ANY_PATTERN = f".{{0,{ANYTHING}}}?"
ANY_CELL = f"(?:{ANY_PATTERN})"


def row_pattern(row: Sequence[Any], between: str) -> re.Pattern[str]:
    """Return what finds a table's row in a German text whose spaces are single ones.

    `between` may stand between two cells. A cell that is neither a text, a number, a date nor an
    amount may be anything. Several such cells in a row are one stretch: as many patterns would be
    tried in every way that they can share it.
    """
    cells = [_cell_pattern(each) for each in row]
    parts = [
        f".{{0,{ANYTHING * len(list(group))}}}?" if is_any else f"(?:{between.join(group)})"
        for is_any, group in groupby(
            (f"(?:{cell})" for cell in cells), lambda cell: cell == ANY_CELL
        )
    ]
    return re.compile(between.join(parts), re.DOTALL)


def _cell_pattern(cell: Any) -> str:
    if isinstance(cell, Booked) and cell.text is not ANY:
        # A plain text has the address behind it.
        return f"{_cell_pattern(cell.text)}(?: ?<[^>]*/bookings/{re.escape(cell.booking)}>)?"
    patterns: dict[type, Callable[[Any], str]] = {
        type(None): lambda _: "",
        # A long word is broken where the cell ends.
        str: lambda text: " ?".join(re.escape(each) for each in text.replace(" ", "")),
        int: lambda number: rf"(?<![\d.,-]){number}(?![.,]?\d)",
        date: lambda day: re.escape(f"{day:%d.%m.%Y}") + "|" + re.escape(day.isoformat()),
        Amount: lambda amount: _amount_pattern(amount.minor, amount.currency),
    }
    return patterns.get(type(cell), lambda _: ANY_PATTERN)(cell)


def _amount_pattern(minor: int, currency: str) -> str:
    places = DECIMALS.get(currency, 2)
    shown = 0 if currency == "isk" and minor % 100 == 0 else places
    digits = str(abs(minor) // 10 ** (places - shown)).rjust(shown + 1, "0")
    whole, part = digits[: len(digits) - shown], digits[len(digits) - shown :]
    grouped = f"{int(whole):,}".replace(",", ".")
    text = f"{grouped},{part}" if shown else grouped
    sign = "-" if minor < 0 else r"(?<![-\d.,])"
    return rf"{sign}{re.escape(text)} ?[^-\d.,\s]{{1,3}}"
