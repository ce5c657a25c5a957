"""No test of a function behind a route goes past the contract."""

import importlib
from typing import Any

import pytest

from tests.contract.handlers import HTTP_FUNCTIONS


@pytest.mark.parametrize("name", HTTP_FUNCTIONS)
def test_the_handler_that_tests_call_checks_its_answers(name: str) -> None:
    module: Any = importlib.import_module(f"functions.{name}.handler")
    assert callable(module.handler.unchecked)
