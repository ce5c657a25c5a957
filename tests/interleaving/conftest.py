"""`--seed N` plays one random run again: `pytest tests/interleaving --seed N -s`."""

import pytest


@pytest.fixture(autouse=True)
def _no_wait_between_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The schedule alone says who comes when."""
    monkeypatch.setattr("shared.adapters.retry_write.MOST_S", 0)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="play this random interleaving alone")
