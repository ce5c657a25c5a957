"""No test speaks to the network; those that start something on this machine may reach it there."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import pytest_socket
from hypothesis import HealthCheck, settings

from tests.aws_rights import check_what_is_asked_of_aws
from tests.sent_messages import check_what_is_sent
from tests.sharing_out import ByFile, order_of, scope_of

# One stack for the whole run, whichever folders' tests use it.
from tests.stack.started import end_stack, stack
from tests.stripe_data import VARIABLE, require_what_was_named, skipped_for_it

__all__ = ["stack"]

# The logger and the metrics read these when they are imported, as in Lambda.
os.environ |= {"POWERTOOLS_SERVICE_NAME": "bookpay", "POWERTOOLS_METRICS_NAMESPACE": "Bookpay"}
TESTS = Path(__file__).parent
# How long an example takes is the machine's affair: no test is timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# One commit, one result: `make test` draws the same examples each time, pytest by itself new ones.
settings.register_profile("repeatable", settings.get_profile("untimed"), derandomize=True)
# For `make mutants`, which runs a property once for each mutant that it reaches.
settings.register_profile("few", settings.get_profile("repeatable"), max_examples=12)
settings.load_profile("untimed")
# Properties of a test that its run says.
TOLD = frozenset({"truth", "measured"})
LOOPBACK = frozenset({"stack", "browser", "conformance", "benchmarks"})


def pytest_xdist_auto_num_workers() -> int:
    """Return a worker a core, and one for the stack's tests, which wait most of the time."""
    return 1 + max(1, os.process_cpu_count() or 1)


def pytest_configure() -> None:
    """Refuse a run that names a folder for Stripe's data which does not hold it."""
    require_what_was_named()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was measured, compared with the oracle, and not, for want of Stripe's own data."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for told in (value for name, value in report.user_properties if name in TOLD):
            terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {told}")
    if skipped := skipped_for_it(terminalreporter):
        terminalreporter.write_line(f"skipped for want of {VARIABLE}: {skipped}")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Share the tests out between the workers of a run with `--numprocesses`."""
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the stack's tests, which cannot be shared out, and others that take long."""
    items.sort(key=lambda item: order_of(item.nodeid))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let the stack's tests go first where processors are short: nothing else takes as long."""
    if os.environ.get("PYTEST_XDIST_WORKER") and scope_of(item.nodeid) != "stack":
        give_way()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """End the stack with the last test that needs it, not with the run."""
    yield
    if scope_of(item.nodeid) == "stack" and (not nextitem or scope_of(nextitem.nodeid) != "stack"):
        end_stack()


@cache
def give_way() -> None:
    """Lower this worker's priority, and with it that of all it starts, once and for good."""
    os.nice(5)


@pytest.fixture(autouse=True)
def _message_schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test whose message is not what docs/events says."""
    check_what_is_sent(monkeypatch)


@pytest.fixture(autouse=True)
def _rights_at_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test in which a function asks AWS for what its role does not allow."""
    wrong = check_what_is_asked_of_aws(monkeypatch)
    yield
    assert wrong == []


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
