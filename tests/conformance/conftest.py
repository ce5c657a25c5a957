"""The proofs' target: the simulator, or with `--real-stripe` Stripe's own test mode."""

import os
import time
from collections.abc import Callable, Iterator

import pytest
import pytest_socket

from infra.local.stripe_simulator.tests.running_simulator import in_process
from tests.conformance.tally import TallyReport
from tests.conformance.target import (
    REAL_STRIPE,
    SimulatorAccounts,
    Target,
    UnusableKeyError,
    test_key,
)

OPTION = "--real-stripe"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the choice; it is there when this folder is named to pytest, as in `make test-stripe`."""
    parser.addoption(OPTION, action="store_true", help="run against Stripe with STRIPE_TEST_KEY")


def pytest_configure(config: pytest.Config) -> None:
    """Take part in the report; refuse a key that is not of test mode before anything is sent."""
    TallyReport.register(config)
    if config.getoption(OPTION, default=False):
        try:
            test_key(os.environ)
        except UnusableKeyError as refused:
            raise pytest.UsageError(str(refused)) from refused


@pytest.fixture(scope="session")
def is_real(request: pytest.FixtureRequest) -> bool:
    """Whether this run is against Stripe's own test mode."""
    return bool(request.config.getoption(OPTION, default=False))


@pytest.fixture(scope="session")
def _simulator_accounts(is_real: bool) -> Iterator[SimulatorAccounts | None]:
    if is_real:
        yield None
        return
    with in_process("--seed", "4") as simulator:
        accounts = SimulatorAccounts(simulator.url)
        yield accounts
        accounts.check_everything()
        accounts.close()


@pytest.fixture(scope="session")
def open_target(_simulator_accounts: SimulatorAccounts | None) -> Callable[[], Target]:
    """Open something to run a proof against: a new American account, or the key's own."""
    if _simulator_accounts is not None:
        return _simulator_accounts.open
    return lambda: Target(REAL_STRIPE, test_key(os.environ), since=int(time.time()) - 5)


@pytest.fixture
def target(open_target: Callable[[], Target]) -> Target:
    """Something to run one proof against."""
    return open_target()


@pytest.fixture(autouse=True)
def _reach(_sockets: None, is_real: bool) -> None:
    """Open the way out, which tests/conftest.py closes, for the real Stripe alone."""
    if is_real:
        pytest_socket._remove_restrictions()


@pytest.fixture
def simulator_only(is_real: bool) -> None:
    """Skip a proof that the real Stripe cannot give."""
    if is_real:
        pytest.skip("looks into the simulator or needs its control calls")
