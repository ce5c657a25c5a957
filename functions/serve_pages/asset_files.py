"""The scripts and style sheets that pages load, each under a name that holds its hash.

A name never has another content, so that browsers keep a file for a year; a page names the files
that it was made with. `infra/bundle.py` makes them with the package, with their digests.
"""

import json
from functools import cache
from pathlib import Path

from msgspec import Struct

MADE = Path(__file__).parent / "made"
KINDS = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
CONTRACT = "openapi.json"


class Asset(Struct, frozen=True):
    """A file as it is sent: `address` is its path on our origin, with its hash."""

    address: str
    kind: str
    content: bytes
    digest: str


@cache
def digests() -> dict[str, str]:
    """Return the digest of each file that was made, by its name."""
    found: dict[str, str] = json.loads((MADE / "digests.json").read_bytes())
    return found


def address_of(entry: str) -> str:
    """Return the path of a file by its entry's name, such as `widget.js`."""
    stem, _, ending = entry.rpartition(".")
    return f"/assets/{stem}.{digests()[entry]}.{ending}"


@cache
def asset(entry: str) -> Asset:
    """Return an entry's file."""
    kind = KINDS[entry.rpartition(".")[2]]
    return Asset(address_of(entry), kind, (MADE / entry).read_bytes(), digests()[entry])


def asset_at(address: str) -> Asset | None:
    """Return the file of a path such as `/assets/widget.0123456789ab.js`."""
    stem, _, rest = address.removeprefix("/assets/").partition(".")
    entry = f"{stem}.{rest.rpartition('.')[2]}"
    is_one = entry in digests() and entry != CONTRACT
    return asset(entry) if is_one and address_of(entry) == address else None


@cache
def contract() -> Asset:
    """Return the contract, docs/openapi.yaml as JSON."""
    content = (MADE / CONTRACT).read_bytes()
    return Asset(f"/{CONTRACT}", "application/json", content, digests()[CONTRACT])


@cache
def contract_page() -> str:
    """Return the page that shows the contract, which names its style sheet as templates do."""
    return (MADE / "docs.html").read_text(encoding="utf-8")
