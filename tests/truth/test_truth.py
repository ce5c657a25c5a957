"""Every figure of every report of random histories is the one that the oracle gives."""

import ast
import sys
from pathlib import Path

import pytest

from tests.truth import oracle
from tests.truth.histories import draw
from tests.truth.judge import Verdict, judged

QUICK, MANY = range(30), range(1000, 2000)


def test_the_oracle_shares_nothing_with_the_product() -> None:
    tree = ast.parse(Path(oracle.__file__).read_text(encoding="utf-8"))
    named = [each.module or "" for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)]
    named += [
        name.name for each in ast.walk(tree) if isinstance(each, ast.Import) for name in each.names
    ]
    assert named
    assert [name for name in named if name.partition(".")[0] not in sys.stdlib_module_names] == []


def verdict_on(seeds: range) -> Verdict:
    whole = Verdict()
    for seed in seeds:
        with pytest.MonkeyPatch.context() as patched:
            verdict = judged(draw(patched, seed))
        verdict.differences = [f"seed {seed}: {each}" for each in verdict.differences]
        whole.add(verdict)
    return whole


def said(whole: Verdict, histories: int) -> str:
    return (
        f"{histories} histories, {whole.days} days, {whole.entries} entries, {whole.files} files, "
        f"{whole.figures} figures, {len(whole.differences)} differences"
    )


def test_random_histories_are_reported_as_the_oracle_has_them() -> None:
    whole = verdict_on(QUICK)
    print(said(whole, len(QUICK)))  # noqa: T201
    assert whole.differences == []
