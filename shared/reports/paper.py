"""The report as a PDF, for the file and for the bookkeeper."""

from fpdf.enums import TableBordersLayout, TextEmphasis
from fpdf.fonts import FontFace

from shared.domain.reports.headline import headline
from shared.domain.reports.report import Report
from shared.domain.reports.section import Cell, Section, address_of
from shared.domain.reports.sections import sections
from shared.reports.figures import cell_text, day_text
from shared.reports.head import Head, head_of
from shared.reports.neutral import one_line
from shared.reports.pages import banners, period
from shared.reports.typefaces import Paper, spelled

RED, INK, GREY, LINK = (180, 35, 24), (29, 41, 57), (93, 107, 130), (23, 92, 211)
MARGIN_MM = 12
# Of the letters' size: Thai and Arabic stand higher and lower than Latin.
LINE_HEIGHT = 1.25
# A section's title, its header and one row are kept together at the end of a page.
KEPT_TOGETHER_MM = 26
# Above, right, below and left of a figure where the next column's text begins.
APART_MM = (0, 4, 0, 1)
# A row taller than a page cannot be typeset.
MAX_CHARS = 400


class FlowPaper(Paper):
    """A4 landscape, with the place, the days and the mode on every page."""

    def __init__(self, head: Head) -> None:
        super().__init__(orientation="landscape", format="A4")
        self._head = head
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=MARGIN_MM + 4)
        # Readers show the timestamp; using the days' end makes equal figures equal files.
        self.set_creation_date(head.made_at)
        self.set_title(head.title)
        self.set_lang("en")

    def header(self) -> None:
        """Write the head of a page."""
        self.set_style("B", 9)
        self.set_text_color(*(RED if self._head.is_test else GREY))
        mode = "TEST MODE - play money - " if self._head.is_test else ""
        # The name is last: written from the right, it would draw what follows to its other side.
        text = f"{mode}{self._head.days} - {self._head.location.name}"
        self.cell(text=_line(text), new_x="LMARGIN", new_y="NEXT")
        self.set_text_color(*INK)
        self.ln(2)

    def footer(self) -> None:
        """Write the foot of a page."""
        self.set_y(-MARGIN_MM)
        self.set_style(size_pt=8)
        self.set_text_color(*GREY)
        self.cell(text=f"Page {self.page_no()}")
        self.set_text_color(*INK)

    def write_title(self, text: str, to: str) -> None:
        """Write a title, which leads to a page of the console, and go to the next line."""
        self.cell(text=_line(text), link=to, new_x="LMARGIN", new_y="NEXT", h=6)

    def write_paragraph(self, text: str) -> None:
        """Write a text over the whole width, and go to the next line."""
        whole = spelled(one_line(text))
        self.multi_cell(0, self.font_size * LINE_HEIGHT, text=whole, new_x="LMARGIN", new_y="NEXT")


def _line(text: str) -> str:
    """Return text as one line that fits a page."""
    made = spelled(one_line(text))
    return f"{made[:MAX_CHARS]}..." if len(made) > MAX_CHARS else made


def report_pdf(report: Report) -> bytes:
    """Return the whole report except its single lines, which the CSV and XLSX files have."""
    head = head_of(report)
    paper = FlowPaper(head)
    paper.add_page()
    paper.set_style("B", 16)
    paper.write_paragraph(f"Money flow, {report.location.name}")
    paper.set_style(size_pt=10)
    state = "final" if report.final else "the day is not over"
    day = day_text(report.day.day, head.locale, style="full")
    paper.write_paragraph(f"{day}, {state}. {period(report, head.locale)}")
    if report.day_page:
        paper.set_text_color(*LINK)
        paper.write_title("Open this day in the console", report.day_page)
    paper.set_style("B", 10)
    paper.set_text_color(*RED)
    for banner in banners(report):
        paper.write_paragraph(banner)
    paper.set_text_color(*INK)
    paper.write_paragraph(headline(report))
    for section in sections(report):
        write_section(paper, section, head)
    return bytes(paper.output())


def write_section(paper: FlowPaper, section: Section, head: Head) -> None:
    """Write a table below its title, and its notes."""
    if paper.will_page_break(KEPT_TOGETHER_MM):
        paper.add_page()
    paper.ln(4)
    paper.set_style("B", 11)
    paper.write_title(section.title, section.to)
    paper.set_style(size_pt=8.5)
    rows = [*section.rows, *([section.total] if section.total else [])]
    texts = [[_text(cell, head) for cell in row] for row in rows]
    if rows:
        figures = section.figures
        padding = [
            APART_MM if at in figures and at + 1 not in figures else None
            for at in range(len(section.columns) - 1)
        ] + [None]
        with paper.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            text_align=tuple(
                "RIGHT" if at in figures else "LEFT" for at in range(len(section.columns))
            ),
            line_height=5,
            headings_style=FontFace(emphasis=TextEmphasis.B, color=GREY),
            col_widths=tuple(_widths(section.columns, texts)),
        ) as table:
            heading = table.row()
            for name, room in zip(section.columns, padding, strict=True):
                heading.cell(name, padding=room)
            for at, (cells, shown) in enumerate(zip(rows, texts, strict=True)):
                color = RED if at in section.alarming else INK
                emphasis = TextEmphasis.B if at == len(section.rows) else None
                row = table.row(style=FontFace(color=color, emphasis=emphasis))
                for cell, text, room in zip(cells, shown, padding, strict=True):
                    to = address_of(cell)
                    style = FontFace(color=LINK, emphasis=emphasis) if to else None
                    row.cell(text, style=style, link=to or None, padding=room)
    if section.notes:
        paper.set_style("I", 8)
        paper.write_paragraph(cell_text(section.notes, head.timezone, head.locale))


def _widths(columns: tuple[str, ...], texts: list[list[str]]) -> list[int]:
    """Return the columns' relative widths, by their longest texts."""
    return [
        min(46, max(len(name), 8, *(len(row[at]) for row in texts)))
        for at, name in enumerate(columns)
    ]


def _text(cell: Cell, head: Head) -> str:
    return _line(cell_text(cell, head.timezone, head.locale))
