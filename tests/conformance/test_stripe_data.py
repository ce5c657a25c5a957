"""A run says what it could not prove for want of Stripe's own data, and takes no wrong folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stripe_data import VARIABLE

ROOT = Path(__file__).resolve().parents[2]


def run_one_test(**environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != VARIABLE}
    test = "tests/conformance/test_recipes.py::test_the_recipes_are_there"
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", test],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_without_the_data_a_run_passes_and_counts_what_it_skipped() -> None:
    run = run_one_test()
    assert run.returncode == pytest.ExitCode.OK
    assert f"skipped for want of {VARIABLE}: 1" in run.stdout
    assert f"{VARIABLE} is not set" in run.stdout


def test_a_folder_that_lacks_the_data_fails_the_run_before_it_begins(tmp_path: Path) -> None:
    run = run_one_test(**{VARIABLE: str(tmp_path)})
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"{VARIABLE}={tmp_path}: there is no spec3.json" in run.stderr
    assert "passed" not in run.stdout
