"""Write docs/faults.md: what may go wrong, what happens then, and the tests that show it.

`tests/docs/test_faults.py` holds the page and the names of the tests to what is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

TESTS = Path(__file__).resolve().parent
LISTED = TESTS / "faults.yaml"
WRITTEN = TESTS.parent / "docs" / "faults.md"
HEAD = """# Faults

What may go wrong, what happens then, and the tests that show it. Written by `make faults` from
`tests/faults.yaml`. Seeded worlds of the whole system, in which many of these come together, are in
`tests/simulation`.
"""


@dataclass(frozen=True)
class Shown:
    """A test that shows what happens: its file below `tests`, and its name without `test_`."""

    file: str
    name: str

    def __str__(self) -> str:
        """Return a link to its file, called as the test is."""
        return f"[{self.name.replace('_', ' ')}](../tests/{self.file})"


@dataclass(frozen=True)
class Fault:
    """What may go wrong, as it is listed: `A1` is the first of its group."""

    name: str
    fault: str
    happens: str
    tests: list[Shown]


def faults() -> dict[str, list[Fault]]:
    """Return all faults by the titles of their groups."""
    found = {}
    for letter, group in yaml.safe_load(LISTED.read_text()).items():
        found[f"{letter}. {group['title']}"] = [
            Fault(
                f"{letter}{number}",
                each["fault"],
                each["happens"],
                [Shown(*name.split("::")) for name in each["tests"]],
            )
            for number, each in enumerate(group["faults"], start=1)
        ]
    return found


def page() -> str:
    return "".join(_page())


def _page() -> Iterator[str]:
    yield HEAD
    for title, group in faults().items():
        yield f"\n## {title}\n\n| | fault | what happens | tests |\n|---|---|---|---|\n"
        for each in group:
            tests = "; ".join(str(test) for test in each.tests)
            yield f"| {each.name} | {each.fault} | {each.happens} | {tests} |\n"


if __name__ == "__main__":
    WRITTEN.write_text(page())
