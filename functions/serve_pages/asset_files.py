"""The scripts and style sheets that pages load, each under a name that holds its hash.

A name never has another content, so that browsers keep a file for a year; a page names the files
that it was made with. Each is put together when it is first asked for: a few milliseconds.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from functions.serve_pages.bundle import bundle_script, bundle_sheet

FOLDER = Path(__file__).parent / "assets"
# The contract and the page that shows it: `infra/api_docs.py` makes them with the package.
API_DOCS = Path(__file__).parent / "api_docs"
# What a page names; everything else in the folder is part of these.
ENTRIES = ("page.css", "widget.js", "console.css", "console.js", "docs.css")
KINDS = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
HASH_CHARS = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent: `address` is its path on our origin, with its hash."""

    address: str
    kind: str
    content: bytes
    digest: str


@cache
def asset(entry: str) -> Asset:
    """Return an entry's file by the entry's name, such as `widget.js`."""
    stem, _, ending = entry.rpartition(".")
    bundle = bundle_script if ending == "js" else bundle_sheet
    content = bundle(FOLDER, entry).encode()
    digest = _digest(content)
    return Asset(f"/assets/{stem}.{digest}.{ending}", KINDS[ending], content, digest)


def asset_at(address: str) -> Asset | None:
    """Return the file of a path such as `/assets/widget.0123456789ab.js`."""
    stem, _, rest = address.removeprefix("/assets/").partition(".")
    entry = f"{stem}.{rest.rpartition('.')[2]}"
    found = asset(entry) if entry in ENTRIES else None
    return found if found and found.address == address else None


@cache
def contract() -> Asset:
    """Return the contract, docs/openapi.yaml as JSON."""
    content = (API_DOCS / "openapi.json").read_bytes()
    return Asset("/openapi.json", "application/json", content, _digest(content))


@cache
def contract_page() -> str:
    """Return the page that shows the contract, which names its style sheet as templates do."""
    return (API_DOCS / "docs.html").read_text(encoding="utf-8")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:HASH_CHARS]
