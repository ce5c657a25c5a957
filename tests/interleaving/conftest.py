"""`--seed N` plays one random run again: `pytest tests/interleaving --seed N -s`."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="play this random interleaving alone")
