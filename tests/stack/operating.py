"""The operator's commands, as `make` runs them, against the tests' own stack."""

import os
import subprocess
import sys

from tests.stack.started import FOLDER, ROOT


def make(command: str, **variables: str) -> str:
    """Run what `make <command>` runs, and return what it printed."""
    done = _run(command, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def given_up() -> dict[str, int]:
    """Return how many messages each queue has given up, as `make status` shows it."""
    rows = [line.split() for line in _run("status").stdout.splitlines()[1:]]
    return {row[0]: int(row[3]) for row in rows if len(row) == 4}


def _run(command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables, "BOOKPAY_LOCAL_DIR": str(FOLDER)}
    environment.pop("BOOKPAY_STACK", None)
    return subprocess.run(
        [sys.executable, "-m", "infra.operate", command],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
