"""Print how large the functions' packages and layers are: `python -m infra.package_sizes`.

Counted in .aws-sam/build, which `make build` and `make up` fill; exact, not measured. What Lambda
loads for a function is its own package and its layers.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table

BUILD = Path(__file__).resolve().parent.parent / ".aws-sam" / "build"
FONTS = {".ttf", ".otf", ".ttc"}
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Size:
    """How large a package is, in bytes; the fonts in it are counted apart when zipped."""

    files: int = 0
    unpacked: int = 0
    zipped: int = 0
    fonts_zipped: int = 0

    def __add__(self, other: "Size") -> "Size":
        return Size(
            self.files + other.files,
            self.unpacked + other.unpacked,
            self.zipped + other.zipped,
            self.fonts_zipped + other.fonts_zipped,
        )

    def __radd__(self, nothing: int) -> "Size":
        """Let `sum` begin with its 0."""
        return self


def layer_sizes(build: Path) -> dict[str, Size]:
    """Return each layer's size."""
    return {folder.name: size_of(folder) for folder in sorted(build.glob("*Layer/"))}


def package_sizes(build: Path) -> dict[str, Size]:
    """Return the size of each function's own package."""
    return {name: size_of(folder) for name, folder, _ in _functions(build)}


def loaded_sizes(
    build: Path, layers: Mapping[str, Size], packages: Mapping[str, Size]
) -> dict[str, Size]:
    """Return the size of all that Lambda loads for each function."""
    return {
        name: sum((layers[each] for each in used), packages[name])
        for name, _, used in _functions(build)
    }


def _functions(build: Path) -> Iterator[tuple[str, Path, list[str]]]:
    for path in sorted(build.glob("*/template.yaml")):
        # sam has written references in their long form; for the emulator it is translated too.
        template = yaml.safe_load(path.read_text())
        for_all = template.get("Globals", {}).get("Function", {})
        for name, resource in template["Resources"].items():
            if resource["Type"] in {"AWS::Serverless::Function", "AWS::Lambda::Function"}:
                own = resource["Properties"]
                layers = for_all.get("Layers", []) + own.get("Layers", [])
                yield name, path.parent / name, [layer["Ref"] for layer in layers]


def size_of(folder: Path) -> Size:
    """Return the size of a folder, and of the zip that sam would make of it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
        found = [each for each in archive.infolist() if not each.is_dir()]
    return Size(
        files=len(found),
        unpacked=sum(each.file_size for each in found),
        zipped=len(made.getbuffer()),
        fonts_zipped=sum(
            each.compress_size for each in found if Path(each.filename).suffix in FONTS
        ),
    )


def show(console: Console) -> None:
    """Print a table of all packages and layers."""
    layers, packages = layer_sizes(BUILD), package_sizes(BUILD)
    table = Table(title="Packages and layers, in MB; fonts are in a zip and counted apart")
    for column in ("", "files", "unpacked", "zipped", "fonts"):
        table.add_column(column, justify="right" if column else "left")
    parts = {
        "layer": layers,
        "package": packages,
        "loaded for": loaded_sizes(BUILD, layers, packages),
        "all": {"": sum([*layers.values(), *packages.values()], Size())},
    }
    for kind, sizes in parts.items():
        for name, size in sizes.items():
            figures = (size.unpacked, size.zipped - size.fonts_zipped, size.fonts_zipped)
            table.add_row(
                f"{kind} {name}", str(size.files), *(f"{each / MB:.2f}" for each in figures)
            )
        table.add_section()
    console.print(table)


if __name__ == "__main__":
    show(Console())
