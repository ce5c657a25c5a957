"""A table of a report: a title, columns and rows of typed cells. Pure.

A cell is text, a count, `Money`, a `date`, a `Moment`, a `Visit`, a `Phrase` or nothing, or one of
these that leads to a page of the console; its look is up to each format.
"""

from datetime import date

from msgspec import Struct

from shared.domain.dates.instants import Moment
from shared.domain.money.money import Money


class Visit(Struct, frozen=True):
    """A booking as people know it: when its visit begins, and what was booked.

    A sale has no start (`None`), and of a booking that was not read neither is known. No client is
    named.
    """

    booking_id: str
    starts_at_s: int | None = None
    what: str = ""


# Words with amounts and days between them, each of which a format writes in its own way.
type Phrase = tuple[str | Money | date, ...]
type Plain = str | int | Money | date | Moment | Visit | Phrase | None


class Linked(Struct, frozen=True):
    """A cell that leads to a page of the console; `to` is its address, "" where none is known."""

    cell: Plain
    to: str


type Cell = Plain | Linked


def plain(cell: Cell) -> Plain:
    """Return a cell without its link."""
    return cell.cell if isinstance(cell, Linked) else cell


def address_of(cell: Cell) -> str:
    """Return where a cell leads; "" where it leads nowhere."""
    return cell.to if isinstance(cell, Linked) else ""


class Section(Struct, frozen=True):
    """A titled table; `alarming` are the indexes of rows that somebody has to look at.

    `key` is short: the workbook sorts sections into its sheets by it. `to` is the page of the
    console that the title leads to. `total` is its last row where the columns add up. `in_mail` is
    false for what only the files show. For a bounded list, `left_out` is how many rows are missing
    (`None`: some may be, nobody knows how many), and `elsewhere` says where to find them.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    note: Phrase = ()
    in_mail: bool = True
    alarming: frozenset[int] = frozenset()
    left_out: int | None = 0
    elsewhere: str = ""
    to: str = ""

    @property
    def notes(self) -> Phrase:
        """The note, and what the list leaves out: every format shows it below the rows."""
        if self.left_out == 0:
            return self.note
        if self.left_out is None:
            said = "There may be more that are not listed here"
        else:
            number = "One more is" if self.left_out == 1 else f"{self.left_out:,} more are"
            said = f"{number} not listed here"
        more = f"{said}: {self.elsewhere}"
        return (f"{more} ", *self.note) if self.note else (more,)

    @property
    def figures(self) -> frozenset[int]:
        """The indexes of the columns of figures, which are right-aligned."""
        rows = [*self.rows, *([self.total] if self.total else [])]
        return frozenset(
            at
            for at in range(len(self.columns))
            if any(isinstance(plain(row[at]), int | Money) for row in rows)
        )


def sentences(*phrases: Phrase | str) -> Phrase:
    """Return phrases as one, a space between them; empty ones are left out."""
    made: list[str | Money | date] = []
    for each in phrases:
        phrase = (each,) if isinstance(each, str) and each else each or ()
        if phrase:
            made += [" ", *phrase] if made else phrase
    return tuple(made)
