"""Simulators to test, a webhook receiver, and patience; nothing is reached but this machine."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import pytest_socket

from infra.local.stripe_simulator.tests.running_simulator import (
    Receiver,
    Simulator,
    in_process,
    in_thread,
)
from tests.conformance.tally import TallyReport

PATIENCE_S = 30


def pytest_configure(config: pytest.Config) -> None:
    TallyReport.register(config)


@pytest.fixture(autouse=True)
def _loopback() -> Iterator[None]:
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    yield
    pytest_socket._remove_restrictions()


@pytest.fixture(scope="session")
def shared_simulator() -> Iterator[Simulator]:
    with in_process("--seed", "1") as simulator:
        yield simulator


@pytest.fixture
def simulator(shared_simulator: Simulator) -> Iterator[Simulator]:
    """A simulator that works as it should; faults and delivery modes end with the test.

    Its clock stands still: how long a test takes is no part of what it shows.
    """
    shared_simulator.control("clock", stopped=True)
    yield shared_simulator
    shared_simulator.http.delete("/_sim/faults")
    shared_simulator.control("deliveries", mode="normal")


@pytest.fixture
def own_simulator() -> Iterator[Simulator]:
    """A simulator whose clock the test moves, and nothing else does."""
    with in_thread(seed=2) as simulator:
        simulator.control("clock", stopped=True)
        yield simulator


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook endpoint, not yet registered; every event it gets must fit Stripe's schemas."""
    receiver = Receiver()
    yield receiver
    receiver.close()
    assert receiver.invalid == []


@pytest.fixture
def endpoint(simulator: Simulator, receiver: Receiver) -> Iterator[Any]:
    """The receiver, registered for all events from now on."""
    # What earlier tests left under way (an entry, a refund's reference, a payout) comes before
    # anyone listens.
    simulator.control("clock/advance", seconds=5)
    endpoint = simulator.stripe.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["*"]}
    )
    yield endpoint
    simulator.stripe.webhook_endpoints.delete(endpoint.id)


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Waits until something holds."""

    def wait(holds: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.02)

    return wait
