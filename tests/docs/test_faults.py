"""The list of faults is the page, and every test that it names is there and is run."""

import ast
from functools import cache

import pytest

from tests.fault_list import TESTS, WRITTEN, Fault, faults, page

ALL = [fault for group in faults().values() for fault in group]


@cache
def marks_in(file: str) -> dict[str, str]:
    """Return the tests of a file by their names, each with its marks as they are written."""
    found = ast.parse((TESTS / file).read_text()).body
    return {
        each.name: " ".join(ast.unparse(mark) for mark in each.decorator_list)
        for each in found
        if isinstance(each, ast.FunctionDef)
    }


def test_the_page_of_faults_is_the_lists() -> None:
    """Fails after the list has changed: `make faults` writes the page anew."""
    assert WRITTEN.read_text() == page()


@pytest.mark.parametrize("fault", ALL, ids=lambda each: each.name)
def test_a_fault_is_shown_by_tests_that_are_there_and_not_by_long_proofs_alone(
    fault: Fault,
) -> None:
    marks = [marks_in(test.file)[f"test_{test.name}"] for test in fault.tests]
    assert not all("proof" in each for each in marks)


def test_no_fault_is_listed_twice() -> None:
    assert len({each.fault for each in ALL}) == len(ALL) > 100
