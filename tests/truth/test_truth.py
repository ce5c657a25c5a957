"""Every figure of every report of random histories is the one that the oracle gives."""

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.truth import client_money, oracle
from tests.truth.formats import Verdict
from tests.truth.histories import Shape, draw
from tests.truth.judge import judged
from tests.truth.right import MAX_LISTED

# Drawn with every run, and with `make proof` in parts of a hundred, each fourth at full length.
QUICK = [range(first, first + 5) for first in range(0, 30, 5)]
MANY = [range(first, first + 100) for first in range(1000, 2000, 100)]


@pytest.mark.parametrize("module", [oracle, client_money], ids=lambda each: each.__name__)
def test_the_oracle_shares_nothing_with_the_product(module: ModuleType) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    named = [name for each in ast.walk(tree) for name in _imported(each)]
    assert named
    others = [name for name in named if not f"{name}.".startswith("tests.truth.oracle.")]
    assert [name for name in others if name.split(".")[0] not in sys.stdlib_module_names] == []


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{each.name}" for each in node.names]
    return [each.name for each in node.names] if isinstance(node, ast.Import) else []


def check(seeds: range, tell: Callable[[str, object], None], *, long_ones: int = 0) -> None:
    """Let the histories of some seeds happen, and hold every figure against the oracle.

    One of `long_ones` has its full length, none where that is 0.
    """
    whole = Verdict()
    for seed in seeds:
        is_small = not long_ones or seed % long_ones != 0
        with pytest.MonkeyPatch.context() as patched:
            in_every_format = not is_small and seed % 5 == 0
            told = draw(patched, seed, is_small=is_small, in_every_format=in_every_format)
            verdict = judged(told)
        verdict.differences = [f"seed {seed}: {each}" for each in verdict.differences]
        whole.add(verdict)
    tell(
        "truth",
        f"{len(seeds)} histories, {whole.days} days, {whole.entries} entries, {whole.files} files, "
        f"{whole.figures} figures, {len(whole.differences)} differences",
    )
    assert whole.differences == []


@pytest.mark.parametrize("seeds", QUICK, ids=lambda seeds: str(seeds[0]))
def test_random_histories_are_reported_as_the_oracle_has_them(
    seeds: range, record_property: Callable[[str, object], None]
) -> None:
    check(seeds, record_property)


def test_a_list_that_is_full_says_how_many_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = Shape(days=1, actions=6, refunds=MAX_LISTED + 7)
    told = draw(monkeypatch, 11, shape=shape, in_every_format=True)
    verdict = judged(told)
    assert verdict.differences == []
    assert told.world.files
    assert verdict.entries > 2 * 2 * MAX_LISTED


@pytest.mark.proof
@pytest.mark.parametrize("seeds", MANY, ids=lambda seeds: str(seeds[0]))
def test_a_thousand_histories_are_reported_as_the_oracle_has_them(
    seeds: range, record_property: Callable[[str, object], None]
) -> None:
    check(seeds, record_property, long_ones=4)
