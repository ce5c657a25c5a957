"""Workflows and adapters are handed their configuration; only entry points read it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("adapters", "workflows", "reports", "wording", "domain")
# The one place where a location's Stripe is opened with its stored key, those of a key that was
# just entered or is a former account's, and what the latter is made of.
OPENERS = {
    "shared/workflows/stripe_accounts.py",
    "shared/workflows/connection/stores.py",
    "shared/adapters/stripe_account_api.py",
}


def names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.name


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_below_the_entry_points_reads_the_environment(room: str) -> None:
    paths = list((ROOT / "shared" / room).rglob("*.py"))
    assert paths
    assert [str(path) for path in paths if "load_config" in set(names(path))] == []


def test_stripe_is_opened_in_one_place() -> None:
    paths = [path for folder in ("functions", "shared") for path in (ROOT / folder).rglob("*.py")]
    opening = {
        str(path.relative_to(ROOT))
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("StripeApi", "StripeAccountApi")
    }
    assert opening == OPENERS
