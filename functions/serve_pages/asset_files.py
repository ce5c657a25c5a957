"""The scripts and style sheets that pages load, each under a name that holds its hash.

A name never has another content, so that browsers keep a file for a year; a page names the files
that it was made with. They are put together when the function starts: a few milliseconds.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from functions.serve_pages.bundle import bundle_script, bundle_sheet

FOLDER = Path(__file__).parent / "assets"
# What a page names; everything else in the folder is part of these.
ENTRIES = ("page.css", "widget.js", "console.css", "console.js")
KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
HASH_CHARS = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent: `address` is its path on our origin, with its hash."""

    address: str
    kind: str
    content: bytes
    digest: str


@cache
def assets() -> dict[str, Asset]:
    """Return every entry's file by the entry's name, such as `widget.js`."""
    return {entry: _make(entry) for entry in ENTRIES}


@cache
def by_address() -> dict[str, Asset]:
    """Return every file by its path, such as `/assets/widget.0123456789ab.js`."""
    return {asset.address: asset for asset in assets().values()}


def _make(entry: str) -> Asset:
    stem, _, ending = entry.rpartition(".")
    bundle = bundle_script if ending == "js" else bundle_sheet
    content = bundle(FOLDER, entry).encode()
    digest = hashlib.sha256(content).hexdigest()[:HASH_CHARS]
    return Asset(f"/assets/{stem}.{digest}.{ending}", KINDS[f".{ending}"], content, digest)
