"""How scripts and style sheets are put together, and what is left of them when they are small."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from infra import bundle
from infra.bundle import (
    ASSETS,
    ENTRIES,
    CannotBundle,
    bundle_script,
    bundle_sheet,
    minified_script,
    minified_sheet,
)
from infra.package import copy_sources

# As they are sent: with gzip, the least that every browser takes.
MAX_SENT_BYTES = {
    "page.css": 2_200,
    "widget.js": 31_000,
    "console.css": 6_500,
    "console.js": 67_000,
    "docs.css": 1_500,
}


def write(folder: Path, **sources: str) -> Path:
    for name, source in sources.items():
        stem, _, ending = name.rpartition("_")
        (folder / f"{stem}.{ending}").write_text(source)
    return folder


def test_a_bundle_holds_each_module_once_before_those_that_import_it(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        a_js='import { b } from "./b.js";\nimport {\n  c,\n} from "./c.js";\nb(c);\n',
        b_js='import { c } from "./c.js";\nexport function b() { return c; }\n',
        c_js="export const c = 1;\n",
    )
    bundle = bundle_script(folder, "a.js")
    assert bundle == "const c = 1;\nfunction b() { return c; }\nb(c);\n"


def test_a_style_sheet_comes_with_its_parts_in_a_script_too(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        a_js='import sheet from "./a.css" with { type: "css" };\nuse(sheet);\n',
        a_css='@import "./b.css";\n.a { content: "\\201c"; }\n',
        b_css=".b { color: red; }\n",
    )
    assert bundle_sheet(folder, "a.css") == '.b { color: red; }\n.a { content: "\\201c"; }\n'
    assert 'sheet.replaceSync(".b{color:red}.a{content:\\"\\\\201c\\"}\\n");' in bundle_script(
        folder, "a.js"
    )


@pytest.mark.parametrize(
    "source",
    [
        'import b from "./b.js";\n',
        'import * as b from "./b.js";\n',
        "export default 1;\n",
        "export { a };\n",
        'import "https://elsewhere.example/x.js";\n',
    ],
)
def test_a_form_that_a_bundle_cannot_hold_is_refused(tmp_path: Path, source: str) -> None:
    folder = write(tmp_path, a_js=source, b_js="const b = 1;\n")
    with pytest.raises(CannotBundle):
        bundle_script(folder, "a.js")


def test_two_modules_with_one_name_are_refused(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        a_js='import { b } from "./b.js";\nfunction own() {}\nb();\n',
        b_js="export function b() {}\nconst own = 1;\n",
    )
    with pytest.raises(CannotBundle, match=r"a\.js and b\.js both declare own"):
        bundle_script(folder, "a.js")


# ------------------------------------------------------------------ minified


def test_comments_and_white_space_go_and_texts_stay(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        a_js=(
            "// What it is.\n"
            "/** Says so. */\n"
            "export const text = `two  spaces // and ${1 + 1}\n  a line`;\n"
            "const at = /[/]\\/ \\/ x/g;\n"
        ),
        a_css="/* What it is. */\n.a::before { content: '/*  */'; }\n",
    )
    text = "const text=`two  spaces // and ${1+1}\n  a line`"
    assert minified_script(folder, "a.js") == f"{text},at=/[/]\\/ \\/ x/g\n"
    assert minified_sheet(folder, "a.css") == ".a::before{content:'/*  */'}\n"


def test_texts_keep_their_spaces(tmp_path: Path) -> None:
    """Bug: "€36.00 now,€84.00at the visit". The minifier took an inner text for code."""
    folder = write(tmp_path, a_js="say(`${now} now${more ? `, ${more} at the visit` : ''}`);\n")
    assert "} at the visit`" in minified_script(folder, "a.js")


def test_what_one_line_needs_of_another_stays_before_it(tmp_path: Path) -> None:
    """Bug: a minifier put a declaration behind the one that used it."""
    source = (
        "function tell({ items, all }) {\n"
        '  const number = `${all ? "" : "At least "}${items.length}`;\n'
        "  const { dialog } = ask({ title: items.length ? `${number} visits` : 0,\n"
        "    body: () => dialog.close() });\n"
        "}\n"
    )
    made = minified_script(write(tmp_path, a_js=source), "a.js")
    assert made.index("At least") < made.index("ask(")


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_file_that_a_page_loads_stays_small(entry: str, tmp_path: Path) -> None:
    bundle.build(tmp_path)
    content = (tmp_path / entry).read_bytes()
    assert len(gzip.compress(content, 6, mtime=0)) <= MAX_SENT_BYTES[entry]


def test_the_whole_console_stays_small(tmp_path: Path) -> None:
    bundle.build(tmp_path)
    files = [(tmp_path / name).read_bytes() for name in ("console.js", "console.css")]
    assert sum(map(len, files)) < 220_000
    assert sum(len(gzip.compress(each, 6, mtime=0)) for each in files) < 75_000


def test_each_file_has_the_digest_of_its_content(tmp_path: Path) -> None:
    bundle.build(tmp_path)
    digests = json.loads((tmp_path / "digests.json").read_text())
    assert set(digests) == {*ENTRIES, "openapi.json"}
    for name, digest in digests.items():
        content = (tmp_path / name).read_bytes()
        assert hashlib.sha256(content).hexdigest().startswith(digest)


def test_the_package_holds_what_was_made_and_not_what_it_is_made_of(tmp_path: Path) -> None:
    copy_sources(ASSETS.parent, tmp_path / "package")
    packed = {path.name for path in (tmp_path / "package").iterdir()}
    assert {"handler.py", "templates"} <= packed
    assert "assets" not in packed


def test_each_source_says_in_its_first_line_what_it_is() -> None:
    sources = sorted(path for path in ASSETS.iterdir() if path.suffix in (".js", ".css"))
    assert len(sources) > 30
    for path in sources:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert re.match(r"(?://|/\*) [\w`]", first), f"{path.name}: {first}"
