"""The look of a workbook's cells: amounts by currency, dates, headings, highlighted rows."""

from collections.abc import Sequence
from datetime import date

from babel import Locale
from msgspec import Struct
from xlsxwriter import Workbook
from xlsxwriter.format import Format

from shared.domain.dates.instants import Moment
from shared.domain.money.money import Money
from shared.domain.reports.section import Plain, Section
from shared.reports.figures import number_pattern

DAY, INSTANT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
# In characters: a column is as wide as its longest text within these bounds; longer ones wrap.
MIN_WIDTH, MAX_WIDTH, MARGIN, LOST_TO_WORDS = 11, 48, 3, 12
# The highest row of Excel has 409 points. https://support.microsoft.com/excel-specifications
LINE_POINTS, MAX_LINES_OF_ROW = 15, 27
LINK = "#175cd3"
RED, RED_GROUND, GREY, GREY_GROUND, RULE = "#b42318", "#fef3f2", "#475467", "#f2f4f7", "#d0d5dd"


class Look(Struct, frozen=True):
    """A cell's format; `at_right` is for figures and their headings, `leads` for links."""

    number_format: str = "General"
    bold: bool = False
    alarming: bool = False
    heading: bool = False
    total: bool = False
    faint: bool = False
    large: bool = False
    plain: bool = False
    leads: bool = False
    at_right: bool = False


class CellStyles:
    """The formats of one workbook, each made once: a workbook has room for 64,000."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[Look, Format] = {}

    def get(self, look: Look) -> Format:
        """Return the format of a look."""
        if look not in self._made:
            self._made[look] = self._book.add_format(_properties(look))
        return self._made[look]


def _properties(look: Look) -> dict[str, object]:
    found: dict[str, object] = {
        "num_format": look.number_format,
        "valign": "top",
        # Dates are numbers too; left-aligned text must not touch the figure beside it.
        "align": "right" if look.at_right else "left",
        "indent": 0 if look.at_right or look.large or look.faint else 1,
        "text_wrap": not look.at_right and not look.plain,
        "bold": look.bold or look.heading or look.total,
    }
    if not look.plain:
        found |= {"bottom": 1, "bottom_color": RULE}
    if look.heading:
        found |= {"bg_color": GREY_GROUND, "bottom": 2, "bottom_color": RULE}
    if look.total:
        found |= {"top": 2, "top_color": RULE}
    if look.leads:
        found |= {"font_color": LINK, "underline": 1}
    if look.alarming:
        found |= {"font_color": RED, "bold": True}
        if not look.plain:
            found |= {"bg_color": RED_GROUND}
    if look.faint:
        found |= {"font_color": GREY, "font_size": 9}
    if look.large:
        found |= {"font_size": 14}
    return found


def number_format(cell: Plain, locale: Locale) -> str:
    """Return Excel's format of a cell: an amount with its currency's decimals and sign."""
    if isinstance(cell, Money):
        return number_pattern(cell, locale)
    if isinstance(cell, Moment):
        return INSTANT
    return DAY if isinstance(cell, date) else "General"


def decimal_format(places: int) -> str:
    """Return the format of a number with so many decimals."""
    return f"#,##0{'.' + '0' * places if places else ''}"


def widths(section: Section, texts: Sequence[Sequence[str]]) -> list[int]:
    """Return how wide a section's columns are, in characters; `texts` are its cells as text."""
    rows = [section.columns, *texts]
    return [
        min(MAX_WIDTH, max(MIN_WIDTH, *(len(row[at]) + MARGIN for row in rows)))
        for at in range(len(section.columns))
    ]


def lines_of(row: Sequence[str]) -> int:
    """Return a row's height in lines: not every program works it out."""
    longest = max(map(len, row), default=0) + MARGIN
    # Words that wrap to the next line leave room behind them.
    lines = 1 if longest <= MAX_WIDTH else -(-longest // (MAX_WIDTH - LOST_TO_WORDS))
    return min(MAX_LINES_OF_ROW, lines)
