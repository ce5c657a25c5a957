"""The evidence as PDF files: what can be printed, and uploaded at Stripe.

The fonts are the fourteen that every reader has. They know Western European letters only: every
other is shown as its nearest one or as `?`, and a line at the end says so. The texts of the same
bundle have all letters. https://py-pdf.github.io/fpdf2/Unicode.html
"""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from shared.domain.disputes.evidence import Case, EvidencePart

ENCODING, FONT, MISSING = "cp1252", "helvetica", "?"
MARGIN_MM, LINE_MM = 18, 5.5
INK, GREY = (20, 24, 33), (90, 98, 112)
# Banks print and fax what they get: nothing is smaller than this.
TEXT_PT, TABLE_PT = 10, 9
MIN_COLUMN, MAX_COLUMN = 9, 44
LOSSY = (
    "This file's font has Western European letters only: others are shown as the nearest letter or"
    " as ?. The text files that come with it have them all."
)


class EvidencePaper(FPDF):
    """A4 upright, with the dispute and the page's number at the foot of each page."""

    def __init__(self, case: Case, made_at_s: int) -> None:
        super().__init__(format="A4")
        self.core_fonts_encoding = ENCODING
        self.is_lossy = False
        self._case = case
        self._made = case.moment(made_at_s)
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=MARGIN_MM + LINE_MM)
        self.set_creation_date(datetime.fromtimestamp(made_at_s, UTC))
        self.set_title(f"Evidence for {case.dispute.dispute_id}")
        self.set_lang("en")

    def footer(self) -> None:
        """Write the foot of a page."""
        self.set_y(-MARGIN_MM)
        self.set_font(FONT, size=8)
        self.set_text_color(*GREY)
        case = self._case
        text = f"{case.location.name} - {case.dispute.dispute_id} - {case.dispute.charge_id}"
        text += f" - made {self._made} - page {self.page_no()} of {{nb}}"
        self.cell(text=self.spelled(text))
        self.set_text_color(*INK)

    def write_paragraph(self, text: str) -> None:
        """Write a text over the whole width, and go to the next line."""
        self.multi_cell(
            0, LINE_MM, text=self.spelled(text), align="L", new_x="LMARGIN", new_y="NEXT"
        )

    def spelled(self, text: str) -> str:
        """Return text in the letters that the font has, and remember whether some were lost."""
        return "".join(letter if _fits(letter) else self._nearest(letter) for letter in text)

    def _nearest(self, letter: str) -> str:
        self.is_lossy = True
        plain = "".join(each for each in unicodedata.normalize("NFKD", letter) if _fits(each))
        return plain or ("" if unicodedata.combining(letter) else MISSING)


def evidence_pdf(case: Case, title: str, sections: Sequence[EvidencePart], made_at_s: int) -> bytes:
    """Return a PDF of these sections, under a title."""
    paper = EvidencePaper(case, made_at_s)
    paper.add_page()
    paper.set_text_color(*INK)
    paper.set_font(FONT, style="B", size=16)
    paper.multi_cell(0, 8, text=paper.spelled(title), align="L", new_x="LMARGIN", new_y="NEXT")
    for section in sections:
        _write(paper, section)
    if paper.is_lossy:
        paper.ln(LINE_MM)
        paper.set_font(FONT, style="I", size=8)
        paper.write_paragraph(LOSSY)
    return bytes(paper.output())


def _write(paper: EvidencePaper, section: EvidencePart) -> None:
    paper.ln(LINE_MM)
    # A title is not left alone at the foot of a page.
    if paper.will_page_break(4 * LINE_MM):
        paper.add_page()
    paper.set_font(FONT, style="B", size=12)
    paper.write_paragraph(section.title)
    paper.set_font(FONT, size=TEXT_PT)
    for text in section.paragraphs:
        paper.write_paragraph(text)
        paper.ln(1)
    if not section.rows:
        return
    paper.set_font(FONT, size=TABLE_PT)
    has_heading = any(section.columns)
    with paper.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        first_row_as_headings=has_heading,
        headings_style=FontFace(emphasis="BOLD", color=GREY),
        text_align="LEFT",
        line_height=LINE_MM,
        col_widths=_widths(section),
        width=paper.epw,
    ) as table:
        for cells in ([section.columns] if has_heading else []) + list(section.rows):
            row = table.row()
            for cell in cells:
                row.cell(paper.spelled(cell))


def _widths(section: EvidencePart) -> tuple[int, ...]:
    """Return how wide the columns are beside each other, by their longest texts."""
    columns = zip(section.columns, *section.rows, strict=True)
    return tuple(min(MAX_COLUMN, max(MIN_COLUMN, *map(len, each))) for each in columns)


def _fits(letter: str) -> bool:
    try:
        letter.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return letter == "\n" or not unicodedata.category(letter).startswith("C")
