"""Our functions' packages, made as they are uploaded, and how large they are."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from infra.package import LAYERS, package
from infra.package_sizes import Size, size_of
from tests.template.conftest import ROOT, Template

FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))
LAYER_NAMES = sorted(f"{path.stem.capitalize()}Layer" for path in LAYERS.glob("*.txt"))


def logical_id(function: str) -> str:
    """Return the name of a function's resource."""
    return "".join(part.capitalize() for part in function.split("_"))


def make(place: Path) -> None:
    """Put every package and layer together, each in a folder of its own below `place`."""
    names = [*LAYER_NAMES, *map(logical_id, FUNCTIONS)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: package(name, place / name), names))


def path_for(place: Path, *functions: str) -> str:
    """Return what Python has to look through for these functions, as Lambda has it."""
    used = {layer for function in functions for layer in _layers()[logical_id(function)]}
    folders = [place / logical_id(function) for function in functions]
    return ":".join(map(str, [*folders, *(place / layer / "python" for layer in sorted(used))]))


def sizes(place: Path) -> dict[str, Size]:
    """Return the size of every package and layer."""
    return {folder.name: size_of(folder) for folder in sorted(place.glob("*/"))}


def largest_loaded(found: dict[str, Size]) -> int:
    """Return the most bytes, zipped, that a function loads: no fonts, nor what all load."""
    loaded = [
        sum(
            (found[each].zipped - found[each].fonts_zipped for each in _layers()[logical_id(name)]),
            found[logical_id(name)].zipped - found[logical_id(name)].fonts_zipped,
        )
        for name in FUNCTIONS
    ]
    return max(loaded) - found["SharedLayer"].zipped


@cache
def _layers() -> dict[str, list[str]]:
    return dict(Template().layers())
