"""A table of a report: a title, columns and rows of typed cells. Pure.

A cell is text, a count, `Money`, a `date`, a `Moment` or nothing; its look is up to each format.
"""

from dataclasses import dataclass
from datetime import date

from shared.domain.dates.instants import Moment
from shared.domain.money.money import Money

type Cell = str | int | Money | date | Moment | None


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table; `alarming` are the indexes of rows that somebody has to look at.

    `key` is short: it names a workbook's sheet. `total` is its last row where the columns add up.
    `in_mail` is false for what only the files show. For a bounded list, `left_out` is how many rows
    are missing, and `elsewhere` says where to find them.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    note: str = ""
    in_mail: bool = True
    alarming: frozenset[int] = frozenset()
    left_out: int = 0
    elsewhere: str = ""

    @property
    def notes(self) -> str:
        """The note, and what the list leaves out: every format shows it below the rows."""
        if not self.left_out:
            return self.note
        number = "One more is" if self.left_out == 1 else f"{self.left_out:,} more are"
        return f"{number} not listed here: {self.elsewhere} {self.note}".rstrip()
