"""Holds the formats of one report against the tables that they are all to have."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from email.message import EmailMessage
from typing import Any

from tests.truth import reading_pages, tables
from tests.truth.tables import Row, Tables


def is_led(cell: Any) -> bool:
    """Whether a cell leads to a booking."""
    return isinstance(cell, tables.Booked)


@dataclass
class Verdict:
    """How much was compared, and what differs, each with its right value."""

    days: int = 0
    entries: int = 0
    files: int = 0
    figures: int = 0
    differences: list[str] = field(default_factory=list)

    def add(self, other: "Verdict") -> None:
        """Count another history in."""
        self.days += other.days
        self.entries += other.entries
        self.files += other.files
        self.figures += other.figures
        self.differences += other.differences

    def compare(self, where: str, found: Any, right: Any) -> None:
        """Compare two trees of dicts, leaf by leaf."""
        if isinstance(found, Mapping) and isinstance(right, Mapping):
            for key in sorted(found.keys() | right.keys(), key=str):
                self.compare(f"{where} {key}", found.get(key), right.get(key))
            return
        self.figures += 1
        if found != right:
            self.differences.append(f"{where}: {found!r}, right is {right!r}")


class FormatJudge:
    """Judges the files and the mail of one report; `file` gives the file of an ending."""

    def __init__(self, verdict: Verdict, where: str, file: Callable[[str], bytes]) -> None:
        self._verdict = verdict
        self._where = where
        self._file = file

    def judge(
        self, mail: EmailMessage, right: Tables, lines: Mapping[str, Any], said: Iterable[str]
    ) -> None:
        """Hold every format against the tables; `lines` are the report's, by their names.

        Each of `said` stands in a note of every format, and nothing else of its kind does.
        """
        where = self._where
        self._notes(mail, list(said))
        page, headline = reading_pages.html_tables(self._file("html").decode())
        self._compare_tables(f"{where} html", page, right)
        book, sheet = reading_pages.workbook_tables(self._file("xlsx"))
        self._compare_tables(f"{where} xlsx", book, right)
        self._compare_sheet(f"{where} xlsx", sheet, lines)
        text = reading_pages.pdf_text(self._file("pdf"))
        for title, rows in right.items():
            self._find_rows(f"{where} pdf {title}", text.partition(title)[2], rows, " ?")
        led = {c.booking for rows in right.values() for row in rows for c in row if is_led(c)}
        missing = sorted(led - reading_pages.pdf_bookings(self._file("pdf")))
        self._verdict.compare(f"{where} pdf leads to no", missing, [])
        self._mail(mail, tables.in_mail(right), headline)

    def _notes(self, mail: EmailMessage, said: list[str]) -> None:
        html, plain = mail.get_body(("html",)), mail.get_body(("plain",))
        assert html is not None
        assert plain is not None
        for name, text in (
            ("html", reading_pages.page_text(self._file("html").decode())),
            ("xlsx", reading_pages.workbook_text(self._file("xlsx"))),
            ("pdf", reading_pages.pdf_text(self._file("pdf"))),
            ("mail", reading_pages.page_text(html.get_content())),
            ("mail's text", reading_pages.single_spaces(plain.get_content())),
        ):
            found = [each for each in said if each in text]
            self._verdict.compare(f"{self._where} {name} says", found, said)
            for phrase in (tables.CAME_LATE, tables.NOT_LISTED):
                right = sum(phrase in each for each in said)
                self._verdict.compare(
                    f"{self._where} {name} says so often", text.count(phrase), right
                )

    def _mail(self, mail: EmailMessage, shown: Tables, headline: str) -> None:
        self._verdict.files += 1
        html, plain = mail.get_body(("html",)), mail.get_body(("plain",))
        assert html is not None
        assert plain is not None
        page, told = reading_pages.html_tables(html.get_content())
        self._compare_tables(f"{self._where} mail", page, shown)
        self._verdict.compare(f"{self._where} mail's headline", told, headline)
        found = reading_pages.text_tables(plain.get_content())
        for title, rows in shown.items():
            lines = found.get(title.upper(), [])
            for at, row in enumerate(rows):
                line = lines[at] if at < len(lines) else ""
                self._find_rows(f"{self._where} mail's text {title}", line, [row], ".{0,40}?")

    def _find_rows(self, where: str, text: str, rows: list[Row], between: str) -> None:
        at = 0
        for row in rows:
            self._verdict.figures += sum(isinstance(each, int | tables.Amount) for each in row)
            found = reading_pages.row_pattern(row, between).search(text, at)
            if found is None:
                self._verdict.differences.append(f"{where}: no {row} in {text[at : at + 200]!r}")
                return
            at = found.end()

    def _compare_tables(self, where: str, found: Mapping[str, Any], right: Tables) -> None:
        for title, rows in right.items():
            cells = found.get(title, [])
            for at, row in enumerate(rows):
                got = cells[at] if at < len(cells) else []
                for column, cell in enumerate(row):
                    read = got[column] if column < len(got) else None
                    self._compare_cell(f"{where} {title} {at} {column}", read, cell)
            more = cells[len(rows)][0] if len(cells) > len(rows) else None
            self._verdict.compare(f"{where} {title} rows", more or None, None)
        unknown = sorted(found.keys() - right.keys() - tables.NOT_JUDGED)
        self._verdict.compare(f"{where} tables that nobody judges", unknown, [])

    def _compare_cell(self, where: str, found: Any, right: Any) -> None:
        if right is tables.ANY:
            return
        if isinstance(right, tables.Booked):
            text, _, booking = str(found or "").rpartition(" -> ")
            self._verdict.compare(f"{where} leads to", booking, right.booking)
            if right.text is not tables.ANY:
                self._verdict.compare(where, text, right.text)
            return
        if isinstance(right, tables.Amount):
            self._verdict.compare(
                where, reading_pages.amount_of(found, right.currency), right.minor
            )
        elif isinstance(right, date):
            read = found.date() if isinstance(found, datetime) else found
            is_text = isinstance(read, str)
            self._verdict.compare(where, read, f"{right:%d.%m.%Y}" if is_text else right)
        elif isinstance(right, int):
            self._verdict.compare(where, str(found), str(right))
        else:
            self._verdict.compare(where, found or "", right or "")

    def _compare_sheet(self, where: str, sheet: Any, lines: Mapping[str, Any]) -> None:
        self._verdict.compare(f"{where} lines", sorted(sheet), sorted(lines))
        for name in sheet.keys() & lines.keys():
            found, right = sheet[name], lines[name]
            for part in ("gross", "fee", "net"):
                read = reading_pages.amount_of(found[part] or 0, right["currency"])
                self._verdict.compare(f"{where} {name} {part}", read, right[part])
                minor = int(found[f"{part}_minor"] or 0)
                self._verdict.compare(f"{where} {name} {part}_minor", minor, right[part])
            for part, column in (
                ("booking", "booking_id"),
                ("service", "service"),
                ("balance", "balance"),
            ):
                self._verdict.compare(f"{where} {name} {part}", found[column] or "", right[part])
