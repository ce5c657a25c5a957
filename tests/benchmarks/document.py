"""What docs/benchmarks.md has of a run, and where."""

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.rows import Row

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "benchmarks.md"
END = "<!-- end of what is made -->"

type Lines = Iterable[Sequence[str]]


def made_by(command: str) -> str:
    """Return the line behind which a command's tables begin."""
    return f"<!-- made by `{command}` -->"


def machine() -> str:
    """Return what was measured on, and when."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in lines if "model name" in line), "unknown")
    day = datetime.now(UTC).date()
    return f"{day}, {os.cpu_count()} cores of {model}, Python {platform.python_version()}"


def measured_on(rounds: int) -> str:
    """Return the sentence above a run's tables."""
    load = os.getloadavg()[1]
    return f"{machine()}; {rounds} rounds; load of the five minutes before the end: {load:.1f}."


def cells(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    """Return rows with their bounds and verdicts as texts."""
    return [(row.what, str(row.figure), *row.bounds, row.verdict) for row in rows]


def markdown(heads: Sequence[str], lines: Lines) -> str:
    """Return a table as Markdown has it."""
    rules = ["---"] * len(heads)
    return "\n".join(f"| {' | '.join(each)} |" for each in (heads, rules, *lines))


def show(console: Console, title: str, heads: Sequence[str], lines: Lines) -> None:
    """Print a table."""
    shown = Table(title=title)
    for at, head in enumerate(heads):
        shown.add_column(head, justify="right" if at else "left")
    for each in lines:
        shown.add_row(*each)
    console.print(shown)


def write(command: str, text: str) -> None:
    """Put a command's tables into the document, in the place of those that it made before."""
    before, _, rest = DOCUMENT.read_text().partition(made_by(command))
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{made_by(command)}\n\n{text}\n\n{END}{after}")
