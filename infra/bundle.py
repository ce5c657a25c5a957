"""What the pages' function hands out, made with its package: scripts, style sheets, the contract.

A script's modules become one file, as do a style sheet's parts, so that a page loads each once, and
both are minified. `digests.json` names each file's digest: the function reads files and computes
nothing.

The sources are plain ES modules with few forms, which keep this small: `import { a, b } from
"./x.js"`, `import sheet from "./x.css" with { type: "css" }`, and `export` before a declaration.
Names at the top of a module are its own in a browser and everybody's in the bundle: a name that
two modules have is refused. Style sheets know `@import "./x.css"` alone.
"""

import hashlib
import json
import re
from pathlib import Path

import minify

from infra import api_docs

ASSETS = Path(__file__).resolve().parent.parent / "functions" / "serve_pages" / "assets"
# What a page names; every other script and sheet of the folder is part of these.
ENTRIES = ("page.css", "widget.js", "console.css", "console.js", "docs.css")
HASH_CHARS = 12
_SCRIPT = re.compile(r'^import \{[^}]*\} from "\./(?P<name>[\w.-]+\.js)";\n', re.MULTILINE)
_SHEET = re.compile(
    r'^import (?P<as>\w+) from "\./(?P<name>[\w.-]+\.css)" with \{ type: "css" \};\n', re.MULTILINE
)
_EXPORT = re.compile(r"^export (?=(async )?(function|const|class) )", re.MULTILINE)
_DECLARED = re.compile(
    r"^(?:export )?(?:async )?(?:function|const|let|class) (?P<name>[A-Za-z_$][\w$]*)", re.MULTILINE
)
_LEFT = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)
_PART = re.compile(r'^@import "\./(?P<name>[\w.-]+\.css)";\n', re.MULTILINE)


class CannotBundle(Exception):
    """A source has a form, or a name, that the bundle cannot hold."""


def build(made: Path) -> None:
    """Write every file that the function hands out into a folder, which is made."""
    api_docs.build(made)
    for entry in ENTRIES:
        bundle = minified_script if entry.endswith(".js") else minified_sheet
        (made / entry).write_text(bundle(ASSETS, entry), encoding="utf-8")
    digests = {
        name: hashlib.sha256((made / name).read_bytes()).hexdigest()[:HASH_CHARS]
        for name in (*ENTRIES, "openapi.json")
    }
    (made / "digests.json").write_text(json.dumps(digests, indent=1), encoding="utf-8")


def minified_script(folder: Path, entry: str) -> str:
    """Return a script's bundle as short as can be: names within functions are short too."""
    return _minified("application/javascript", bundle_script(folder, entry))


def minified_sheet(folder: Path, entry: str) -> str:
    """Return a style sheet's bundle without comments and white space."""
    return _minified("text/css", bundle_sheet(folder, entry))


def _minified(kind: str, text: str) -> str:
    return f"{minify.string(kind, text)}\n"


def bundle_script(folder: Path, entry: str) -> str:
    """Return an ES module that holds `entry` and every module and style sheet that it imports."""
    parts: list[str] = []
    owners: dict[str, str] = {}
    _add_module(folder, entry, parts, owners, set())
    return "".join(parts)


def bundle_sheet(folder: Path, entry: str) -> str:
    """Return a style sheet with every part that it imports, each once, in order."""
    return _sheet(folder, entry, set())


def _add_module(
    folder: Path, name: str, parts: list[str], owners: dict[str, str], seen: set[str]
) -> None:
    if name in seen:
        return
    seen.add(name)
    source = (folder / name).read_text(encoding="utf-8")
    for imported in _SCRIPT.finditer(source):
        _add_module(folder, imported["name"], parts, owners, seen)
    for declared in _DECLARED.finditer(source):
        if declared["name"] in owners:
            other = owners[declared["name"]]
            raise CannotBundle(f"{name} and {other} both declare {declared['name']}")
        owners[declared["name"]] = name
    body = _SHEET.sub(lambda sheet: _as_sheet(folder, sheet), _SCRIPT.sub("", source))
    body = _EXPORT.sub("", body)
    if left := _LEFT.search(body):
        raise CannotBundle(f"{name}: {left[0]}")
    parts.append(body)


def _as_sheet(folder: Path, imported: re.Match[str]) -> str:
    # What a browser makes of such an import; not all of them can yet.
    text = json.dumps(minified_sheet(folder, imported["name"]))
    made = f"const {imported['as']} = new CSSStyleSheet();\n"
    return f"{made}{imported['as']}.replaceSync({text});\n"


def _sheet(folder: Path, name: str, seen: set[str]) -> str:
    if name in seen:
        return ""
    seen.add(name)
    source = (folder / name).read_text(encoding="utf-8")
    return _PART.sub(lambda part: _sheet(folder, part["name"], seen), source)
