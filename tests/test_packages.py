"""Each function is uploaded alone: what it imports must be in its package or in the layer."""

import ast
import importlib.metadata
import re
import sys
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
FUNCTIONS = sorted(path.parent for path in (ROOT / "functions").glob("*/handler.py"))


def source_of(module: str) -> Path | None:
    """Return the file of one of our modules, or None for somebody else's."""
    path = ROOT / module.replace(".", "/")
    if path.with_suffix(".py").is_file():
        return path.with_suffix(".py")
    return path / "__init__.py" if (path / "__init__.py").is_file() else None


def imported_by(path: Path) -> set[str]:
    """Return every module that a file names in an import, at whatever depth it stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: name the package"
            assert node.module
            # `from functions.x import pages` may name a module.
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def reached_from(folder: Path) -> set[str]:
    """Return the top names of all libraries that a function's folder reaches, through our own."""
    tops = {module.partition(".")[0] for module in modules_reached_from(folder)}
    return tops - {"functions", "shared"} - set(sys.stdlib_module_names)


def modules_reached_from(folder: Path) -> set[str]:
    """Return every module that a function's folder reaches, ours, libraries' and Python's."""
    todo = [path.relative_to(ROOT).with_suffix("") for path in folder.glob("*.py")]
    waiting, seen = [".".join(each.parts) for each in todo], set[str]()
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        if path := source_of(module):
            waiting += imported_by(path)
    return seen


@cache
def distributions() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def with_dependencies(requirements: Path) -> set[str]:
    """Return the distributions that a list brings, with all that they need without extras."""
    if not requirements.exists():
        return set()
    found: set[str] = set()
    waiting = [line for line in requirements.read_text().split("\n") if line.strip()]
    while waiting:
        name = canonical(re.split(r"[\s;<>=!~\[(]", waiting.pop().strip(), maxsplit=1)[0])
        if name in found:
            continue
        found.add(name)
        needed = map(Requirement, importlib.metadata.requires(name) or [])
        # What only an extra, another platform or an older Python needs is not brought.
        waiting += [
            each.name for each in needed if not each.marker or each.marker.evaluate({"extra": ""})
        ]
    return found


def test_there_are_functions() -> None:
    assert len(FUNCTIONS) >= 5


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda folder: folder.name)
def test_a_package_holds_everything_that_is_imported(folder: Path) -> None:
    brought = with_dependencies(folder / "requirements.txt")
    brought |= with_dependencies(ROOT / "shared/requirements.txt")
    for library in sorted(reached_from(folder)):
        makers = {canonical(name) for name in distributions()[library]}
        assert makers & brought, f"{folder.name} imports {library}, which nothing brings"


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda folder: folder.name)
def test_a_package_holds_nothing_that_is_not_imported(folder: Path) -> None:
    listed = folder / "requirements.txt"
    if not listed.exists():
        return
    reached = {
        canonical(name) for library in reached_from(folder) for name in distributions()[library]
    }
    # boto3 stands beside pynamodb, so that it and botocore come from one place; zoneinfo imports
    # tzdata itself.
    unseen = {canonical(name) for name in listed.read_text().split()} - reached
    assert unseen <= {"boto3", "tzdata"}


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda folder: folder.name)
def test_a_package_holds_nothing_that_the_layer_brings(folder: Path) -> None:
    listed = folder / "requirements.txt"
    names = set(map(canonical, listed.read_text().split())) if listed.exists() else set()
    assert not names & with_dependencies(ROOT / "shared/requirements.txt")


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda folder: folder.name)
def test_a_package_with_time_zones_holds_their_data(folder: Path) -> None:
    """Bug: Lambda's Python runs on a minimal Amazon Linux, where no zone of IANA's is promised."""
    needs_zones = "zoneinfo" in modules_reached_from(folder)
    assert needs_zones == ("tzdata" in with_dependencies(folder / "requirements.txt"))


def test_the_library_that_is_named_is_the_one_that_is_found() -> None:
    assert {"pynamodb", "stripe"} <= reached_from(ROOT / "functions/create_checkout")
    assert reached_from(ROOT / "functions/receive_stripe_webhook") == {"aws_lambda_powertools"}


def test_nothing_in_shared_is_named_like_a_library() -> None:
    """A folder `shared/stripe` would be taken for the library in the layer."""
    names = {path.stem for path in (ROOT / "shared").iterdir() if path.stem != "__pycache__"}
    assert names & (set(distributions()) | set(sys.stdlib_module_names)) - {"__init__"} == set()


def test_no_clock_is_read_in_the_domain() -> None:
    """What `import-linter` cannot see: `datetime` is imported for its types."""
    for path in (ROOT / "shared/domain").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).rpartition("datetime.")[2]
                assert called not in {"now", "utcnow", "today", "date.today"}, path.name
