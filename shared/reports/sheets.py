"""Sheets of a workbook that show tables of typed cells, with real numbers, dates and links."""

import textwrap
from collections.abc import Sequence
from copy import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from shared.domain.dates.instants import Moment
from shared.domain.money.money import Money
from shared.domain.reports.section import Cell, Plain, Section, address_of, plain
from shared.reports.cell_styles import (
    LINE_POINTS,
    CellStyles,
    Look,
    lines_of,
    number_format,
    widths,
)
from shared.reports.figures import cell_text, major_units
from shared.reports.head import Head
from shared.reports.neutral import for_cell, one_line

# Rows of a sheet: what it is, the place and day, and then its tables.
TITLE_ROW, PLACE_ROW, FIRST_ROW = 0, 1, 3
A4 = 9
TITLE_HEIGHT, MIN_NOTE_WIDTH = 22, 60
# A footer has at most 255 characters, and an ampersand in it is a command.
MAX_PLACE = 80
ALARM_TAB, TEST_TAB = "#b42318", "#d97706"
TEST_TEXT = "TEST - no real money"
CONTENTS = ("Sheet", "Rows", "What is in it")

# A sheet's name, what is in it, how many rows, and whether somebody has to look at it.
type Listed = tuple[str, str, int, bool]


class Sheets:
    """A workbook; rows go to disk at once, so memory use is constant.

    `path` is where the file will be once the book is closed. Its timestamps are those of its head,
    so that the same figures give the same bytes.
    """

    def __init__(self, path: Path, head: Head) -> None:
        # None of our texts is a formula or a link, whatever it looks like.
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self.book = Workbook(str(path), options)
        self.styles = CellStyles(self.book)
        self.head = head
        self._zone = ZoneInfo(head.timezone)
        made = head.made_at.replace(tzinfo=None)
        self.book.set_properties({"title": head.title, "author": "Bookpay", "created": made})

    def write_lists(self, name: str, shown: Sequence[Section]) -> None:
        """Write a sheet of one or several tables."""
        sheet = self.add_sheet(name)
        self.mark(sheet, shown)
        width = self.set_columns(sheet, shown)
        self.write_title(sheet, name)
        at = FIRST_ROW
        for section in shown:
            at = self.write_section(sheet, at, section, width) + 1
        # One table has its heading in sight; of several, the sheet's title stays.
        frozen = FIRST_ROW + 2 if len(shown) == 1 else PLACE_ROW + 1
        sheet.freeze_panes(frozen, 0)
        sheet.repeat_rows(0, frozen - 1)

    def write_contents(self, sheet: Worksheet, at: int, listed: Sequence[Listed]) -> int:
        """Write which sheet has what and leads there, and return the last row."""
        for column, name in enumerate(CONTENTS):
            self.write(sheet, at, column, name, Look(heading=True, at_right=name == "Rows"))
        for row, (name, title, rows, is_alarming) in enumerate(listed, at + 1):
            look = Look(plain=True, alarming=is_alarming)
            self.write_link(sheet, row, name, f"internal:'{name}'!A1", look)
            self.write(sheet, row, 1, rows, replace(look, at_right=True))
            self.write(sheet, row, 2, title, look)
        return at + len(listed)

    @staticmethod
    def mark(sheet: Worksheet, shown: Sequence[Section]) -> None:
        """Color the tab of a sheet that somebody has to look at."""
        if any(each.alarming for each in shown):
            sheet.set_tab_color(ALARM_TAB)

    def set_columns(self, sheet: Worksheet, shown: Sequence[Section]) -> int:
        """Make each column as wide as the widest table needs it; return the whole width."""
        found: list[int] = []
        for section in shown:
            wanted = widths(section, [self._texts(row) for row in _rows(section)])
            longer = max(len(found), len(wanted))
            found += [0] * (longer - len(found))
            wanted += [0] * (longer - len(wanted))
            found = [max(pair) for pair in zip(found, wanted, strict=True)]
        for column, width in enumerate(found):
            sheet.set_column(column, column, width)
        return max(MIN_NOTE_WIDTH, sum(found))

    def write_section(self, sheet: Worksheet, at: int, section: Section, width: int) -> int:
        """Write a table below its title, and its notes; return the row after them."""
        self.write_link(sheet, at, section.title, section.to, Look(bold=True, plain=True))
        heading, rows, figures = at + 1, _rows(section), section.figures
        for column, name in enumerate(section.columns):
            look = Look(heading=True, at_right=column in figures)
            self.write(sheet, heading, column, name, look)
        for number, row in enumerate(rows):
            if (lines := lines_of(self._texts(row))) > 1:
                sheet.set_row(heading + 1 + number, lines * LINE_POINTS)
            is_total, is_alarming = number == len(section.rows), number in section.alarming
            for column, cell in enumerate(row):
                look = Look(total=is_total, alarming=is_alarming, at_right=column in figures)
                self.write(sheet, heading + 1 + number, column, cell, look)
        at = heading + 1 + len(rows)
        notes = cell_text(section.notes, self.head.timezone, self.head.locale)
        if not notes:
            return at
        return self.write_texts(sheet, at + 1, [(notes, Look(faint=True, plain=True))], width)

    def write_texts(
        self, sheet: Worksheet, at: int, texts: Sequence[tuple[str, Look]], width: int
    ) -> int:
        """Write texts, one line a row: a cell as wide as the table would need its height set."""
        for text, look in texts:
            for line in textwrap.wrap(one_line(text), width):
                self.write(sheet, at, 0, line, look)
                at += 1
        return at

    def add_sheet(self, title: str, *, pages_wide: int = 1) -> Worksheet:
        """Return a new sheet that prints in landscape, so many pages side by side."""
        head = self.head
        sheet = self.book.add_worksheet(title)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(pages_wide, 0)
        sheet.hide_gridlines(2)
        place = one_line(head.location.name)[:MAX_PLACE].replace("&", "&&")
        sheet.set_footer(f"&L&8{place}, {head.days}&C&8&A&R&8Page &P of &N")
        if head.is_test:
            sheet.set_header(f'&C&"Arial,Bold"{TEST_TEXT}')
            sheet.set_tab_color(TEST_TAB)
        return sheet

    def write_title(self, sheet: Worksheet, title: str) -> None:
        """Write what a sheet is, and below it the place and the days."""
        head = self.head
        sheet.set_row(TITLE_ROW, TITLE_HEIGHT)
        self.write(sheet, TITLE_ROW, 0, title, Look(bold=True, large=True, plain=True))
        state = "" if head.is_final else ", the day is not over"
        mode = f", {TEST_TEXT}" if head.is_test else ""
        place = f"{head.location.name}, {head.days} ({head.timezone}){state}{mode}"
        self.write(sheet, PLACE_ROW, 0, place, Look(faint=True, plain=True))

    def _texts(self, row: Sequence[Cell]) -> list[str]:
        """Return a row's cells as they are shown, for the width of their columns."""
        return [self._text(plain(cell)) for cell in row]

    def _text(self, cell: Plain) -> str:
        if isinstance(cell, date):
            return cell.isoformat()
        # Bold figures are wider, and Excel shows ##### for one that does not fit.
        margin = " " if isinstance(cell, Money) else ""
        return cell_text(cell, self.head.timezone, self.head.locale) + margin

    def write_link(self, sheet: Worksheet, row: int, text: str, to: str, look: Look) -> None:
        """Write a text into the first column, which leads somewhere if `to` is an address."""
        if not to:
            self.write(sheet, row, 0, text, look)
            return
        style = self.styles.get(replace(look, leads=True))
        sheet.write_url(row, 0, to, style, string=for_cell(text))

    def write(self, sheet: Worksheet, row: int, column: int, cell: Cell, look: Look) -> None:
        """Write a cell as what it is: a number, an instant, a day, or text."""
        shown, to = plain(cell), address_of(cell)
        form = number_format(shown, self.head.locale)
        style = self.styles.get(replace(look, number_format=form, leads=bool(to)))
        if to:
            # The link is the cell's; what is written after it is its value.
            sheet.write_url(row, column, to, style, string=" ")
        if shown is None:
            sheet.write_blank(row, column, None, style)
        elif isinstance(shown, Money):
            sheet.write_number(row, column, float(major_units(shown)), style)
        elif isinstance(shown, int):
            sheet.write_number(row, column, shown, style)
        elif isinstance(shown, Moment):
            local = datetime.fromtimestamp(shown.at_s, UTC).astimezone(self._zone)
            sheet.write_datetime(row, column, local.replace(tzinfo=None), style)
        elif isinstance(shown, date):
            sheet.write_datetime(row, column, datetime(shown.year, shown.month, shown.day), style)  # noqa: DTZ001 (a day has no zone)
        else:
            sheet.write_string(row, column, for_cell(self._text(shown)), style)


def _rows(section: Section) -> list[tuple[Cell, ...]]:
    return [*section.rows, *([section.total] if section.total else [])]
