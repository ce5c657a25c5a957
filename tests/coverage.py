"""How much of `shared` and `functions` the tests run: `pytest -p tests.coverage`, as `make test`.

SlipCover measures it. coverage.py knows branches without tracing each line from Python 3.14 on; on
3.13 it takes half as long again for functions, and more than twice as long for the domain. What
functions do in the emulator's own processes is not measured: the figures are all other tests'.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import slipcover
from slipcover.slipcover import add_summaries

SOURCES = ["shared", "functions"]
DETAILS = Path(__file__).resolve().parent.parent / ".local" / "coverage.txt"
KEY = "coverage"

_measured = slipcover.Slipcover(branch=True)
# What is imported from here on is measured; this is loaded before any conftest.
_imports = slipcover.ImportManager(_measured, slipcover.FileMatcher(sources=SOURCES))
_imports.__enter__()
_of_workers: list[Any] = []
_said: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--floor", type=float, default=0.0, help="percent that have to be covered")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand a worker's figures over to the run that started it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[KEY] = json.dumps(_measured.get_coverage())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take a worker's figures; one that broke off has none."""
    handed_over = getattr(node, "workeroutput", {}).get(KEY)
    if handed_over:
        _of_workers.append(json.loads(handed_over))


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[None]:
    """Add all figures up when the last test has ended; below the floor the run has failed."""
    ran = yield
    if not hasattr(session.config, "workeroutput"):
        percent = _add_up()
        floor = session.config.getoption("--floor")
        if percent < floor:
            session.testsfailed += 1
            _said.append(f"FAILED: below the floor of {floor:g} % (Makefile): test it or delete it")
    return ran


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in _said:
        terminalreporter.write_line(line)


def _add_up() -> float:
    whole = _measured.get_coverage()
    for each in _of_workers:
        slipcover.merge_coverage(whole, each)
    # Files that no test imports count, too. Of the others, an import alone says which lines run: in
    # a file that is merely read, SlipCover counts the lines of a signature as well.
    unread = slipcover.Slipcover(branch=True, source=SOURCES).get_coverage()
    whole["files"] = unread["files"] | whole["files"]
    add_summaries(whole)
    DETAILS.parent.mkdir(exist_ok=True)
    with DETAILS.open("w") as details:
        slipcover.print_coverage(whole, outfile=details, skip_covered=True, missing_width=80)
    found = whole["summary"]
    percent = float(found["percent_covered"])
    lines = found["covered_lines"] + found["missing_lines"]
    branches = found["covered_branches"] + found["missing_branches"]
    _said.append(
        f"coverage of {' and '.join(SOURCES)}, without what runs on the stack: {percent:.1f} % "
        f"({found['missing_lines']} of {lines} lines and {found['missing_branches']} of {branches} "
        f"branches not met); by file in .local/{DETAILS.name}"
    )
    return percent
