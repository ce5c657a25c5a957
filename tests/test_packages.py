"""Each function is uploaded alone: what it imports must be in its package or in its layers."""

import ast
import importlib.metadata
import os
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from infra.package import LAYERS, layer_libraries, package_libraries, tags_of_others
from tests.template.conftest import Template

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


def listed(requirements: Path) -> set[str]:
    """Return the libraries that a list names; none without one."""
    names = requirements.read_text().split() if requirements.exists() else []
    return {canonicalize_name(name) for name in names}


def makers_reached_from(folder: Path) -> set[str]:
    """Return the distributions of all libraries that a function's folder reaches."""
    return {
        canonicalize_name(name)
        for library in reached_from(folder)
        for name in distributions()[library]
    }


@cache
def distributions() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


def layers_of(folder: Path) -> list[str]:
    """Return the layers that a function has, by the names of their lists in infra/layers."""
    logical_id = "".join(part.capitalize() for part in folder.name.split("_"))
    return [name.removesuffix("Layer").lower() for name in layers()[logical_id]]


@cache
def layers() -> dict[str, list[str]]:
    return Template().layers()


def of_layers(folder: Path) -> set[str]:
    """Return the libraries that a function's layers bring."""
    return set().union(*map(layer_libraries, layers_of(folder)))


def test_there_are_functions() -> None:
    assert len(FUNCTIONS) >= 5


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda folder: folder.name)
def test_everything_that_is_imported_is_in_the_package_or_a_layer(folder: Path) -> None:
    brought = package_libraries(folder.name) | of_layers(folder)
    for library in sorted(reached_from(folder)):
        makers = {canonicalize_name(name) for name in distributions()[library]}
        assert makers & brought, f"{folder.name} imports {library}, which nothing brings"


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda folder: folder.name)
def test_a_package_lists_nothing_that_is_not_imported(folder: Path) -> None:
    assert listed(folder / "requirements.txt") <= makers_reached_from(folder)


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda folder: folder.name)
def test_a_function_has_no_layer_that_it_does_not_use(folder: Path) -> None:
    for layer in layers_of(folder):
        assert listed(LAYERS / f"{layer}.txt") & makers_reached_from(folder), layer


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda folder: folder.name)
def test_nothing_is_brought_twice(folder: Path) -> None:
    sets = [package_libraries(folder.name), *map(layer_libraries, layers_of(folder))]
    assert sum(map(len, sets)) == len(set().union(*sets))


def test_what_six_functions_carry_is_in_a_layer() -> None:
    carried = Counter(name for folder in FUNCTIONS for name in package_libraries(folder.name))
    assert {name for name, packages in carried.items() if packages >= 6} == set()


def test_no_function_has_more_layers_than_lambda_takes() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    assert max(map(len, layers().values())) <= 5


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda folder: folder.name)
def test_a_function_with_time_zones_has_their_data(folder: Path) -> None:
    """Bug: Lambda's Python runs on a minimal Amazon Linux, where no zone of IANA's is promised."""
    if "zoneinfo" in modules_reached_from(folder):
        assert "tzdata" in package_libraries(folder.name) | of_layers(folder)


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


@pytest.mark.parametrize(
    ("tag", "runs"),
    [
        ("py3-none-any", True),
        ("cp313-cp313-manylinux_2_28_x86_64", True),
        ("cp313-cp313-manylinux2014_x86_64", True),
        ("cp39-abi3-manylinux_2_17_x86_64", True),
        ("cp313-cp313-manylinux_2_35_x86_64", False),
        ("cp313-cp313-musllinux_1_2_x86_64", False),
        ("cp313-cp313-manylinux_2_28_aarch64", False),
        ("cp313-cp313-macosx_11_0_arm64", False),
    ],
)
def test_a_library_of_other_machines_is_not_packed(tmp_path: Path, tag: str, *, runs: bool) -> None:
    """Bug: on a newer Linux, what was built for it would have been taken."""
    made = tmp_path / "lib-1.0.dist-info"
    made.mkdir()
    (made / "WHEEL").write_text(f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n")
    assert tags_of_others(tmp_path) == ([] if runs else [tag])


def test_packages_are_lambdas_unless_they_are_for_the_local_stack() -> None:
    said = {}
    for wanted in ("", "1"):
        code = "from infra.package import PLATFORM; print(*PLATFORM)"
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "BOOKPAY_LOCAL_BUILD": wanted},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        said[wanted] = done.stdout.strip()
    assert said == {"": "--python-platform x86_64-manylinux_2_28", "1": ""}
