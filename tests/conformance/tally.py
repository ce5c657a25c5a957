"""What the proofs did, told once at the end of the run."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from tests.conformance.checks import LIBRARY
from tests.conformance.spec import stripe_schemas
from tests.stripe_data import HAS_STRIPE_DATA, SPEC

# By name; each proof adds to it, the report quotes it.
TALLY: Counter[str] = Counter()


class TallyReport:
    """Tells at the end of the run what was validated and what the proofs did."""

    @staticmethod
    def register(config: pytest.Config) -> None:
        """Take part in the run; several folders ask for it, it is told once."""
        if not config.pluginmanager.has_plugin("stripe-tally"):
            config.pluginmanager.register(TallyReport(), "stripe-tally")

    def __init__(self) -> None:
        self._told_by_workers: list[str] = []

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand a worker's counts over to the run that started it."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["stripe-tally"] = list(_report())

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take a worker's counts; one that broke off has none."""
        self._told_by_workers += getattr(node, "workeroutput", {}).get("stripe-tally", [])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the counts."""
        for line in dict.fromkeys([*self._told_by_workers, *_report()]):
            terminalreporter.write_line(line)


def _report() -> Iterator[str]:
    if LIBRARY.checked:
        yield _counted(f"the classes of stripe {stripe.VERSION}", LIBRARY.checked)
    if HAS_STRIPE_DATA and stripe_schemas().checked:
        yield _counted(SPEC.name, stripe_schemas().checked)
    if TALLY:
        told = ", ".join(f"{number} {what}" for what, number in TALLY.items())
        yield f"conformance: {told}"


def _counted(against: str, checked: Counter[str]) -> str:
    counts = ", ".join(f"{kind} {number}" for kind, number in sorted(checked.items()))
    inside = checked["event's data.object"]
    return f"held against {against}: {checked.total() - inside} objects ({counts})"
