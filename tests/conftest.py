"""No test speaks to the network; those that start something on this machine may reach it there."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_socket
from hypothesis import settings

# One stack for the whole run, whichever folders' tests use it.
from tests.stack.started import stack

__all__ = ["stack"]

# The logger and the metrics read these when they are imported, as in Lambda.
os.environ |= {"POWERTOOLS_SERVICE_NAME": "bookpay", "POWERTOOLS_METRICS_NAMESPACE": "Bookpay"}
TESTS = Path(__file__).parent
# How long an example takes is the machine's affair: no test is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
LOOPBACK = frozenset({"simulator", "stack", "browser", "conformance", "faults", "benchmarks"})


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
