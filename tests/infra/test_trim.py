"""What is left out of packages, and what must not be."""

import ast
import importlib.metadata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from infra.package import LAYERS, layer_libraries, package_libraries
from infra.trim import BOTOCORE_SERVICES, left_out, trim
from shared.domain.locales import LOCALES
from tests.test_packages import FUNCTIONS, ROOT

SITE = Path(importlib.metadata.distribution("boto3").locate_file(""))  # type: ignore[arg-type]
SHIPPED = sorted(
    set().union(
        *(package_libraries(folder.name) for folder in FUNCTIONS),
        *(layer_libraries(file.stem) for file in LAYERS.glob("*.txt")),
    )
)


@cache
def gone() -> frozenset[Path]:
    """Return the files that are left out of the installed libraries."""
    found = set()
    for path in left_out(SITE):
        found |= set(path.rglob("*")) if path.is_dir() else {path}
    return frozenset(found)


@pytest.mark.parametrize("name", SHIPPED)
def test_what_stays_of_a_library_needs_nothing_that_is_left_out_to_start(name: str) -> None:
    files = [SITE / file for file in importlib.metadata.files(name) or [] if file.suffix == ".py"]
    assert files or name == "css-inline"
    broken = {}
    for file in files:
        if file not in gone() and (lost := {each for each in started_by(file) if is_gone(each)}):
            broken[str(file.relative_to(SITE))] = lost
    assert broken == {}


def is_gone(module: str) -> bool:
    path = SITE / module.replace(".", "/")
    return bool({path.with_suffix(".py"), path / "__init__.py"} & gone())


def started_by(file: Path) -> set[str]:
    """Return the modules that a file imports as it starts: not in functions, nor for types."""
    text = file.read_text()
    package = file.relative_to(SITE).parent.parts
    found = set()
    for node in at_the_start(ast.parse(text).body):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def at_the_start(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Walk the statements that run when a module is imported."""
    for node in statements:
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from at_the_start(node.orelse)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            blocks = ("body", "orelse", "finalbody")
            below = [each for block in blocks for each in getattr(node, block, [])]
            below += [each for handler in getattr(node, "handlers", []) for each in handler.body]
            yield from at_the_start(below)


def test_botocore_can_make_every_client_that_is_made() -> None:
    """Bug: SES's second API was asked with a client that the package could not make."""
    made = {"dynamodb"}  # by PynamoDB
    for folder in ("shared", "functions"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".client"):
                    made.add(ast.literal_eval(node.args[0]))
    assert made == BOTOCORE_SERVICES


def test_every_language_of_checkouts_stays_and_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "babel" / "locale-data"
    folder.mkdir(parents=True)
    spoken = {locale.replace("-", "_") for locale in LOCALES}
    for name in spoken | {"root", "no", "en_DE", "zh_Hant_HK", "zu", "ar", "ar_EG"}:
        (folder / f"{name}.dat").touch()

    trim(tmp_path)

    kept = {file.stem for file in folder.iterdir()}
    assert kept == spoken | {"root", "no", "en_DE", "zh_Hant_HK"}


def test_a_library_without_anything_to_trim_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "segno").mkdir()
    (tmp_path / "segno" / "encoder.py").touch()
    trim(tmp_path)
    assert [each.name for each in tmp_path.rglob("*.py")] == ["encoder.py"]
