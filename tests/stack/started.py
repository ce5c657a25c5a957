"""One stack for the whole test run, on ports and in a folder of its own."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from infra.local.progress import StackError
from tests.contract.over_http import held_to_the_contract
from tests.leaks import leaks_in
from tests.stack.running_stack import Stack

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / ".local" / "test"
# Other tests run beside it, while it builds and deploys.
UP_S = 900
DOWN_S = 120
_ends = ExitStack()


@contextmanager
def running_in(folder: Path) -> Iterator[Stack]:
    """Start a stack of its own in a folder, on free ports, and end it; raises `StackError`."""
    environment = {**os.environ, "BOOKPAY_LOCAL_DIR": str(folder), **free_ports()}
    command = [sys.executable, "-m", "infra.local"]
    try:
        done = subprocess.run(
            [*command, "up"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=UP_S,
            check=False,
        )
        if done.returncode:
            raise StackError(f"the stack did not start:\n{done.stdout}\n{done.stderr}")
        with closing(Stack(json.loads((folder / "stack.json").read_text()))) as running:
            yield running
    finally:
        # What did start would be in the next run's way, at this run's ports.
        subprocess.run(
            [*command, "down"],
            cwd=ROOT,
            env=environment,
            check=True,
            capture_output=True,
            timeout=DOWN_S,
        )


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Start a stack of the tests' own and end it after the last of them.

    What it answers, to whichever client, is held to the contract.
    """
    try:
        running = _ends.enter_context(running_in(FOLDER))
    except StackError as error:
        pytest.fail(str(error), pytrace=False)
    # What is registered last is done first.
    _ends.callback(_expect_no_leaks, running)
    _ends.enter_context(held_to_the_contract(running.api_url))
    yield running
    end_stack()


def end_stack() -> None:
    """End the stack, where it runs: after its last test, while other workers still have some."""
    _ends.close()


def _expect_no_leaks(running: Stack) -> None:
    found = leaks_in(running.logged(), running.passwords())
    assert not found, "the functions' logs hold what nobody may read there: " + found[0]


def free_ports() -> dict[str, str]:
    variables = ("BOOKPAY_API_PORT", "BOOKPAY_AWS_PORT", "BOOKPAY_STRIPE_PORT", "BOOKPAY_SMTP_PORT")
    probes = [socket.socket() for _ in variables]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = {
        name: str(probe.getsockname()[1]) for name, probe in zip(variables, probes, strict=True)
    }
    for probe in probes:
        probe.close()
    return ports
