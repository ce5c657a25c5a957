"""The real Stripe is only ever spoken to with a key of test mode."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.target import UnusableKeyError, test_key

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", "not set"),
        ("sk_live_0000", "live key"),
        ("rk_live_0000", "live key"),
        ("pk_test_0000", "no secret key"),
        ("whatever", "no secret key"),
    ],
)
def test_a_key_that_is_not_of_test_mode_is_refused(key: str, told: str) -> None:
    with pytest.raises(UnusableKeyError, match=told) as refused:
        test_key({"STRIPE_TEST_KEY": key})
    assert "0000" not in str(refused.value)


@pytest.mark.parametrize("key", ["sk_test_0000", "rk_test_0000"])
def test_a_key_of_test_mode_is_taken(key: str) -> None:
    assert test_key({"STRIPE_TEST_KEY": key}) == key


def test_a_run_with_a_live_key_ends_before_it_begins() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/conformance", "--real-stripe", "-q"],
        cwd=ROOT,
        env={"STRIPE_TEST_KEY": "sk_live_0000", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "live key" in run.stderr
    assert "passed" not in run.stdout
