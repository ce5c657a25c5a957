"""The evidence as PDF files: what can be printed, and uploaded at Stripe."""

from collections.abc import Sequence
from datetime import UTC, datetime

from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from shared.domain.disputes.evidence import Case, EvidencePart
from shared.reports.typefaces import Paper, spelled

MARGIN_MM, LINE_MM = 18, 5.5
INK, GREY = (20, 24, 33), (90, 98, 112)
# Banks print and fax what they get: nothing is smaller than this.
TEXT_PT, TABLE_PT = 10, 9
MIN_COLUMN, MAX_COLUMN = 9, 44


class EvidencePaper(Paper):
    """A4 upright, with the dispute and the page's number at the foot of each page."""

    def __init__(self, case: Case, made_at_s: int) -> None:
        super().__init__(format="A4")
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
        self.set_style(size_pt=8)
        self.set_text_color(*GREY)
        case = self._case
        text = f"{case.dispute.dispute_id} - {case.dispute.charge_id}"
        text += f" - made {self._made} - page {self.page_no()} of {{nb}} - "
        self.cell(text=text)
        # In a cell of its own: a name that is written from the right draws what is beside it.
        self.cell(text=spelled(case.location.name))
        self.set_text_color(*INK)

    def write_paragraph(self, text: str) -> None:
        """Write a text over the whole width, and go to the next line."""
        self.multi_cell(0, LINE_MM, text=spelled(text), align="L", new_x="LMARGIN", new_y="NEXT")


def evidence_pdf(case: Case, title: str, sections: Sequence[EvidencePart], made_at_s: int) -> bytes:
    """Return a PDF of these sections, under a title."""
    paper = EvidencePaper(case, made_at_s)
    paper.add_page()
    paper.set_text_color(*INK)
    paper.set_style("B", 16)
    paper.multi_cell(0, 8, text=spelled(title), align="L", new_x="LMARGIN", new_y="NEXT")
    for section in sections:
        _write(paper, section)
    return bytes(paper.output())


def _write(paper: EvidencePaper, section: EvidencePart) -> None:
    paper.ln(LINE_MM)
    # A title is not left alone at the foot of a page.
    if paper.will_page_break(4 * LINE_MM):
        paper.add_page()
    paper.set_style("B", 12)
    paper.write_paragraph(section.title)
    paper.set_style(size_pt=TEXT_PT)
    for text in section.paragraphs:
        paper.write_paragraph(text)
        paper.ln(1)
    if not section.rows:
        return
    paper.set_style(size_pt=TABLE_PT)
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
                row.cell(spelled(cell))


def _widths(section: EvidencePart) -> tuple[int, ...]:
    """Return how wide the columns are beside each other, by their longest texts."""
    columns = zip(section.columns, *section.rows, strict=True)
    return tuple(min(MAX_COLUMN, max(MIN_COLUMN, *map(len, each))) for each in columns)
