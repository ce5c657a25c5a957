"""What the product wrote, read back into figures: each format as plain dicts of ints and texts."""

import csv
import html
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import openpyxl
from pypdf import PdfReader

from tests.truth.tables import Amount

# Of a line, what every format has of it.
LINE = ("gross", "fee", "net", "currency", "balance", "category", "booking", "purpose")


def json_figures(body: bytes | Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of a JSON document, from the file or the API."""
    told = json.loads(body) if isinstance(body, bytes) else body
    return {
        "currencies": {each["currency"]: _currency(each) for each in told["currencies"]},
        "client_money": {
            each["currency"]: {name: each[name] for name in _MONEY}
            for each in told["client_money"] or ()
            if any(each[name] for name in _MONEY)
        },
        "lines": {each["balance_transaction"]: _entry(each) for each in told["entries"]},
        "entries_total": told["entries_total"],
        "refunds": [
            (each["stripe_refund_id"], each["amount"], each["currency"], each["booking_id"] or "")
            for each in told["refunds"]
        ],
        "payouts": {
            each["payout"]: {name: each[name] for name in _PAYOUT} for each in told["payouts"]
        },
        "disputes": {
            each["stripe_dispute_id"]: {
                "booking": each["booking_id"] or "",
                **{name: each[name] for name in ("amount", "currency", "status", "inquiry")},
            }
            for each in told["disputes"]
        },
        "corrections": {
            f"{each['reported_date']} {each['balance_transaction']}": _entry(each)
            for each in told["corrections"]
        },
        "corrected_days": _sums_by_day(told["corrected_days"]),
        "reattributions": {
            f"{each['reported_date']} {each['balance_transaction']}": {
                **_entry(each),
                "service": each["service"] or "",
                "employee": each["employee"] or "",
                "before": each["reported_as"]["booking_id"] or "",
            }
            for each in told["reattributions"]
        },
        "left_out": {**told["left_out"], "reconciliation": told["reconciliation"]["left_out"]},
        "reattributed_days": _sums_by_day(told["reattributed_days"]),
        "holds": {
            each["charge"]: {
                "booking": each["booking_id"],
                **{name: each[name] for name in ("amount", "currency", "lapses_at")},
            }
            for each in told["authorized_open"]
        },
        "asked": sorted((each["about"], each["kind"]) for each in told["needs_action"]),
        "compared": {
            name: sorted(each["balance_transaction"] or each["object"] for each in items)
            for name, items in told["reconciliation"].items()
            if name in _COMPARED
        },
    }


def _sums_by_day(told: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], dict[str, int]]:
    return {
        (each["reported_date"], each["currency"]): {
            name: each[name] for name in ("count", "gross", "fee", "net")
        }
        for each in told
    }


_COMPARED = ("missing_here", "missing_at_stripe", "differing", "healed")
_MONEY = ("opening", "came_late", "received", "used", "refunded", "closing")
_FLOWS = (
    *("payments", "refunds", "refund_reversals", "disputes", "dispute_reversals"),
    *("stripe_fees", "adjustments", "payouts"),
)
_PAYOUT = ("amount", "currency", "status", "automatic", "items", "sum_matches", "trace_id")
_SHARE = ("count", "amount", "refunds", "disputes", "adjustments", "fees", "net")


def summary_figures(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of a summary: of each of its periods by its first day, and the totals."""
    periods = {each["date"]: each["currencies"] for each in told["items"]}
    return {
        name: {each["currency"]: _currency({**each, "balance": None}) for each in currencies}
        for name, currencies in {**periods, "totals": told["totals"]}.items()
    }


def _currency(told: Mapping[str, Any]) -> dict[str, Any]:
    balance = told["balance"] or {"opening": 0, "closing": 0}
    return {
        **{name: (told[name]["count"], told[name]["amount"]) for name in _FLOWS},
        "net": told["net"],
        "opening": balance["opening"],
        "closing": balance["closing"],
        "by_category": {
            each["category"]: (each["count"], each["gross"], each["fee"], each["net"])
            for each in told["by_category"]
        },
        "by_purpose": {
            "" if key == "other" else key: _share(share) for key, share in told["by_kind"].items()
        },
        "by_service": {each["service_id"] or "": _share(each) for each in told["by_service"]},
        "by_employee": {each["employee_id"] or "": _share(each) for each in told["by_employee"]},
    }


def _share(told: Mapping[str, Any]) -> dict[str, int]:
    return {name: told[name] for name in _SHARE}


def _entry(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "gross": told["amount"],
        "fee": told["fee"],
        "net": told["net"],
        "currency": told["currency"],
        "balance": told["balance"],
        "category": told["kind"],
        "booking": told["booking_id"] or "",
        "purpose": told["purpose"] or "",
    }


def csv_lines(body: bytes) -> dict[str, dict[str, Any]]:
    """Return the lines of a CSV file, by balance transaction."""
    rows = csv.DictReader(io.StringIO(body.decode(), newline=""))
    return {each["balance_transaction"]: _line(each) for each in rows}


def _line(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        "gross": int(row["gross_minor"]),
        "fee": int(row["fee_minor"]),
        "net": int(row["net_minor"]),
        "currency": row["currency"],
        "balance": row["balance"],
        "category": row["category"],
        "booking": row["booking_id"],
        "purpose": row["purpose"],
        "service": row["service"],
        "employee": row["employee"],
        "at": row["utc_datetime"],
        "local": row["local_datetime"],
    }


# ------------------------------------------------------------------ formats for people

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
