"""The report as a PDF, for the file and for the bookkeeper.

The fonts are the fourteen that every reader has. They have Western European letters only, and no
library offers a larger font under terms that let us ship it. Any other letter is shown as the
nearest one or as `?`, and a line at the end says so; the other formats have all letters.
"""

import unicodedata
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, TextEmphasis
from fpdf.fonts import FontFace

from shared.domain.dates.instants import Moment
from shared.domain.money.money import Money
from shared.domain.reports.headline import headline
from shared.domain.reports.report import Report
from shared.domain.reports.section import Cell, Section
from shared.domain.reports.sections import sections
from shared.reports.figures import cell_text, locale_of, money_text
from shared.reports.neutral import one_line
from shared.reports.pages import banners

ENCODING = "cp1252"
FONT = "helvetica"
MISSING = "?"
RED, INK, GREY = (180, 35, 24), (29, 41, 57), (93, 107, 130)
# Other kinds of spaces: all become a non-breaking space.
_SPACES = dict.fromkeys(map(ord, "\u202f\u2009\u2007"), "\xa0") | {0x2212: "-"}
MARGIN_MM = 12
# A section's title, its header and one row are kept together at the end of a page.
KEPT_TOGETHER_MM = 26
# A row taller than a page cannot be typeset.
MAX_CHARS = 400


class ReportPaper(FPDF):
    """A4 landscape, with the place, the day and the mode on every page."""

    def __init__(self, report: Report) -> None:
        super().__init__(orientation="landscape", format="A4")
        self.core_fonts_encoding = ENCODING
        self.is_lossy = False
        self._report = report
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=MARGIN_MM + 4)
        # Readers show the timestamp; using the day's end makes equal reports equal files.
        self.set_creation_date(datetime.fromtimestamp(report.day.end_s, UTC))
        self.set_title(f"Money flow of {report.location.location_id}, {report.day.day}")
        self.set_lang("en")

    def header(self) -> None:
        """Write the head of a page."""
        self.set_font(FONT, style="B", size=9)
        self.set_text_color(*(RED if self._report.is_test else GREY))
        mode = "TEST MODE - play money - " if self._report.is_test else ""
        text = f"{mode}{self._report.location.name} - {self._report.day.day.isoformat()}"
        self.cell(text=self.spelled(text), new_x="LMARGIN", new_y="NEXT")
        self.set_text_color(*INK)
        self.ln(2)

    def footer(self) -> None:
        """Write the foot of a page."""
        self.set_y(-MARGIN_MM)
        self.set_font(FONT, size=8)
        self.set_text_color(*GREY)
        self.cell(text=f"Page {self.page_no()}")
        self.set_text_color(*INK)

    def write_paragraph(self, text: str) -> None:
        """Write a text over the whole width, and go to the next line."""
        self.multi_cell(0, text=self.spelled(text), new_x="LMARGIN", new_y="NEXT")

    def spelled(self, text: str) -> str:
        """Return text in the letters that the font has, and remember whether any were lost."""
        made = one_line(text).translate(_SPACES)
        if len(made) > MAX_CHARS:
            made = f"{made[:MAX_CHARS]}..."
        if _fits(made):
            return made
        found = []
        for letter in made:
            if _fits(letter):
                found.append(letter)
                continue
            self.is_lossy = True
            plain = "".join(each for each in unicodedata.normalize("NFKD", letter) if _fits(each))
            found.append(plain or ("" if unicodedata.combining(letter) else MISSING))
        return "".join(found)


def report_pdf(report: Report) -> bytes:
    """Return the whole report except its single lines, which the CSV and XLSX files have."""
    paper = ReportPaper(report)
    paper.add_page()
    paper.set_font(FONT, style="B", size=16)
    paper.write_paragraph(f"Money flow, {report.location.name}")
    paper.set_font(FONT, size=10)
    state = "final" if report.final else "the day is not over"
    paper.write_paragraph(f"{report.day.day.isoformat()}, {state}. {_period(report)}")
    paper.set_font(FONT, style="B", size=10)
    paper.set_text_color(*RED)
    for banner in banners(report):
        paper.write_paragraph(banner)
    paper.set_text_color(*INK)
    paper.write_paragraph(headline(report))
    for section in sections(report):
        _write(paper, section, report)
    if paper.is_lossy:
        paper.ln(4)
        paper.set_font(FONT, style="I", size=8)
        text = (
            "This file's font has Western European letters only: others are shown as the nearest "
            "letter or as ?. The web page, the XLSX and the CSV file have them all."
        )
        paper.write_paragraph(text)
    return bytes(paper.output())


def _write(paper: ReportPaper, section: Section, report: Report) -> None:
    if paper.will_page_break(KEPT_TOGETHER_MM):
        paper.add_page()
    paper.ln(4)
    paper.set_font(FONT, style="B", size=11)
    paper.write_paragraph(section.title)
    paper.set_font(FONT, size=8.5)
    rows = [*section.rows, *([section.total] if section.total else [])]
    if rows:
        figures = [
            any(isinstance(row[at], int | Money) for row in section.rows)
            for at in range(len(section.columns))
        ]
        with paper.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            text_align=tuple("RIGHT" if each else "LEFT" for each in figures),
            line_height=5,
            headings_style=FontFace(emphasis=TextEmphasis.B, color=GREY),
            col_widths=tuple(_widths(section)),
        ) as table:
            heading = table.row()
            for name in section.columns:
                heading.cell(name)
            for at, cells in enumerate(rows):
                style = FontFace(
                    color=RED if at in section.alarming else INK,
                    emphasis=TextEmphasis.B if at == len(section.rows) else None,
                )
                row = table.row(style=style)
                for cell in cells:
                    row.cell(paper.spelled(_text(cell, report)))
    if section.notes:
        paper.set_font(FONT, style="I", size=8)
        paper.write_paragraph(section.notes)


def _widths(section: Section) -> list[int]:
    """Return the columns' relative widths, by their longest texts."""
    widths = []
    for at, name in enumerate(section.columns):
        longest = max((len(_rough(row[at])) for row in section.rows), default=0)
        widths.append(min(46, max(len(name), longest, 6)))
    return widths


def _rough(cell: Cell) -> str:
    return (
        cell.format_plain() + "  "
        if isinstance(cell, Money)
        else "x" * 18
        if isinstance(cell, Moment)
        else str(cell or "")
    )


def _text(cell: Cell, report: Report) -> str:
    """Return a cell with the currency's code, as the font lacks most signs, and ISO dates."""
    if isinstance(cell, Money):
        return money_text(
            cell, locale_of(report.location.locale, report.location.country), as_code=True
        )
    if isinstance(cell, Moment):
        return _moment(cell.at_s, report)
    if isinstance(cell, date):
        return cell.isoformat()
    return cell_text(cell, report.day.timezone, locale_of("en"))


def _moment(at_s: int, report: Report) -> str:
    local = datetime.fromtimestamp(at_s, UTC).astimezone(ZoneInfo(report.day.timezone))
    return f"{local:%Y-%m-%d %H:%M}"


def _period(report: Report) -> str:
    day = report.day
    utc = [
        f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M}" for at_s in (day.start_s, day.end_s)
    ]
    return (
        f"{_moment(day.start_s, report)} to {_moment(day.end_s, report)} {day.timezone} "
        f"({utc[0]} to {utc[1]} UTC). Made {_moment(report.generated_at_s, report)}."
    )


def _fits(text: str) -> bool:
    try:
        text.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return True
