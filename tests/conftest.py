"""No test speaks to the network; those that start something on this machine may reach it there."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_socket
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

# One stack for the whole run, whichever folders' tests use it.
from tests.stack.started import stack
from tests.stripe_data import VARIABLE, require_what_was_named, skipped_for_it

__all__ = ["stack"]

# The logger and the metrics read these when they are imported, as in Lambda.
os.environ |= {"POWERTOOLS_SERVICE_NAME": "bookpay", "POWERTOOLS_METRICS_NAMESPACE": "Bookpay"}
TESTS = Path(__file__).parent
# How long an example takes is the machine's affair: no test is timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# One commit, one result: `make test` draws the same examples each time, pytest by itself new ones.
settings.register_profile("repeatable", settings.get_profile("untimed"), derandomize=True)
settings.load_profile("untimed")
LOOPBACK = frozenset({"simulator", "stack", "browser", "conformance", "faults", "benchmarks"})


class TwoHalves(LoadScopeScheduling):
    """What needs the one running system goes to one worker, in its order; the rest to the other."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "stack" if file.startswith("tests/stack/") or "_on_the_stack" in file else "rest"


def pytest_configure() -> None:
    """Refuse a run that names a folder for Stripe's data which does not hold it."""
    require_what_was_named()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was not proved for want of Stripe's own data."""
    if skipped := skipped_for_it(terminalreporter):
        terminalreporter.write_line(f"skipped for want of {VARIABLE}: {skipped}")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Share the tests out between the workers of a run with `--numprocesses`."""
    return TwoHalves(config, log)


@pytest.fixture(autouse=True)
def _sockets(request: pytest.FixtureRequest) -> Iterator[None]:
    """Forbid sockets; where a folder or the mark `enable_socket` asks for them, leave loopback."""
    folder = request.path.relative_to(TESTS).parts[0]
    if folder in LOOPBACK or request.node.get_closest_marker("enable_socket"):
        pytest_socket.enable_socket()
        pytest_socket.socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    else:
        pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()
    pytest_socket._remove_restrictions()
