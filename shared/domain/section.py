"""A table of a report: a title, columns and rows of typed cells. Pure.

A cell is text, a count, `Money`, a `date`, a `Moment` or nothing; how these look is the format's.
"""

from dataclasses import dataclass
from datetime import date

from shared.domain.money import Money


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant in seconds since 1970, to be shown in the location's zone."""

    at_s: int


type Cell = str | int | Money | date | Moment | None


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table; `alarming` are the indexes of rows that somebody has to look at.

    `key` is short: a sheet is called by it. `total` is its last row where the columns add up.
    `in_mail` is false for what only the files hold.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    note: str = ""
    in_mail: bool = True
    alarming: frozenset[int] = frozenset()
