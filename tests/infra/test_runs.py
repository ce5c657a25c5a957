"""How a run of the tests is shared out, and how it ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.sharing_out import order_of, scope_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("test", "scope"),
    [
        ("tests/stack/test_fees.py::test_one", "stack"),
        ("tests/browser/test_widget_on_the_stack.py::test_one[a::b]", "stack"),
        ("tests/browser/test_widget.py::test_one", "tests/browser/test_widget.py"),
        ("tests/domain/money/test_money.py::test_one", "tests/domain/money/test_money.py"),
        ("tests/truth/test_truth.py::test_one[5]", "tests/truth/test_truth.py::test_one[5]"),
    ],
)
def test_a_file_or_a_long_test_is_shared_out_by_itself_and_the_stacks_tests_together(
    test: str, scope: str
) -> None:
    assert scope_of(test) == scope


def test_what_takes_long_is_given_out_first() -> None:
    short, long, stack = "tests/docs/test_a.py::a", "tests/truth/test_truth.py::a", "tests/stack/b"
    assert sorted((short, long, stack), key=order_of) == [stack, long, short]


def test_a_run_below_its_floor_of_coverage_fails_and_says_so_before_its_closing_line() -> None:
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "tests.coverage", "--floor", "100"),
            *("-p", "no:cacheprovider", "--numprocesses", "2"),
            *("tests/domain/money/test_money.py", "tests/domain/locations/test_budgets.py"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    *before, closing = ran.stdout.splitlines()
    assert ran.returncode == 1, ran.stdout + ran.stderr
    # Python's own warnings, where there are any, stand between these and the closing line.
    at = next(at for at, line in enumerate(before) if line.startswith("FAILED: below the floor"))
    assert before[at].startswith("FAILED: below the floor of 100 %")
    told = "coverage of shared and functions, without what runs on the stack: "
    assert before[at - 1].startswith(told)
    assert " passed" in closing
    uncovered = (ROOT / ".local" / "coverage.txt").read_text()
    assert "shared/domain/refunds/refund_rules.py" in uncovered, (
        "a file that no test imports counts"
    )
    assert "shared/domain/money/money.py" not in uncovered, "a file that is covered is not shown"
    assert "shared/domain/locations/budgets.py" not in uncovered, "signatures are no lines that run"
