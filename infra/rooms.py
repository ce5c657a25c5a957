"""Count the rooms of the house: modules, and the arrows between them. `make check` prints it.

A room is a folder of `shared`, each folder of `shared/domain`, or a function. An arrow is a pair of
rooms of which one imports from the other, in the graph that import-linter checks. Two rooms that
import from each other, or a long file that gives no reason for its length, fail the check.
"""

import ast
import sys
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
DOMAIN = "shared.domain"
# A file of this length can be read in one sitting; a longer one says why at its head:
# "It is over 300 lines because ...".
MANY_LINES = 300
REASON = f"over {MANY_LINES} lines because"

type Arrow = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Rooms:
    """How many modules each room has, and how many imports each arrow stands for."""

    modules: Counter[str]
    arrows: Counter[Arrow]

    def circles(self) -> list[Arrow]:
        """Return the pairs of rooms that import from each other, each once."""
        both = (arrow for arrow in self.arrows if arrow[::-1] in self.arrows)
        return sorted(arrow for arrow in both if arrow[0] < arrow[1])


def room_of(module: str) -> str:
    """Return the room that a module is in; a module beside the rooms is a room by itself."""
    parts = module.split(".")
    depth = 3 if module.startswith(f"{DOMAIN}.") else 2
    return ".".join(parts[:depth])


def count(modules: Collection[str], imports: Iterable[Arrow]) -> Rooms:
    """Count modules and arrows; `imports` are pairs of importer and imported."""
    arrows = ((room_of(importer), room_of(imported)) for importer, imported in imports)
    return Rooms(
        Counter(room_of(each) for each in modules),
        Counter((start, end) for start, end in arrows if start != end),
    )


def read_rooms() -> Rooms:
    """Count the rooms of the product."""
    graph = grimp.build_graph("functions", "shared", cache_dir=None)
    packages = {each.rpartition(".")[0] for each in graph.modules}
    modules = graph.modules - packages
    imports = (
        (importer, imported)
        for importer in modules
        for imported in graph.find_modules_directly_imported_by(importer) & modules
    )
    return count(modules, imports)


def long_files() -> dict[str, int]:
    """Return the product's Python files of more than `MANY_LINES` lines, with their lines."""
    files = (path for folder in ("functions", "shared") for path in (ROOT / folder).rglob("*.py"))
    lines = {path: path.read_text().count("\n") for path in files}
    long = {path: number for path, number in lines.items() if number > MANY_LINES}
    return {str(path.relative_to(ROOT)): long[path] for path in sorted(long)}


def says_why(name: str) -> bool:
    """Whether a long file gives its reason at its head."""
    docstring = ast.get_docstring(ast.parse((ROOT / name).read_text())) or ""
    return REASON in " ".join(docstring.split())


def main() -> None:
    """Print what `make check` shows, and fail where the house breaks its own rules."""
    sys.path.insert(0, str(ROOT))
    rooms = read_rooms()
    inside = {each: number for each, number in rooms.modules.items() if each.startswith(DOMAIN)}
    between = [each for each in rooms.arrows if set(each) <= inside.keys()]
    print("Rooms: modules, and the rooms that they import from")
    for room, number in sorted(rooms.modules.items()):
        ends = [end.rpartition(".")[2] for start, end in sorted(rooms.arrows) if start == room]
        if ends and not room.startswith("functions."):
            print(f"  {room.removeprefix('shared.'):19} {number:3}  {' '.join(ends)}")
    print(f"Domain: {sum(inside.values())} modules in {len(inside)} rooms, {len(between)} arrows")
    circles = [f"{start} and {end}" for start, end in rooms.circles()]
    print(f"Circles between rooms: {', '.join(circles) or 'none'}")
    long = long_files()
    unexplained = {name: number for name, number in long.items() if not says_why(name)}
    print(f"Files over {MANY_LINES} lines: {len(long)}, without a reason: {len(unexplained)}")
    for name, number in unexplained.items():
        print(f"  {name} {number}")
    if circles or unexplained:
        sys.exit(1)


if __name__ == "__main__":
    main()
