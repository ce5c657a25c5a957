"""Write docs/licences.md: the licence of every library that ships in the functions' packages.

Read from what the libraries say of themselves, at the versions of infra/locks/runtime.txt:
https://packaging.python.org/en/latest/specifications/core-metadata/#license-expression
"""

import importlib.metadata
import re
from pathlib import Path

from packaging.version import Version

from infra.package import NOT_PACKED

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "infra" / "locks" / "runtime.txt"
WRITTEN = ROOT / "docs" / "licences.md"
CLASSIFIER = "License :: OSI Approved :: "
TEXT = re.compile(r"licen[cs]e|copying|notice", re.IGNORECASE)
HEAD = """# Licences of the libraries that ship

Bookpay is MIT-licensed. Written by `make licences` from the libraries' own metadata. Layers and
packages of functions hold these, without the parts that no function uses (`infra/trim.py`), each
with its `.dist-info` folder, in which its licence and notices are.

The LGPL's libraries (fpdf2, pygal) are plain Python in a folder of their own: whoever has a package
can read them, change them and put another version in their place. The MPL's (certifi) is unchanged.
Whoever deploys Bookpay for themselves passes nothing on. Whoever gives packages to others passes
these terms on with them, this file, and the text of the GPL, which the LGPL refers to:
<https://www.gnu.org/licenses/gpl-3.0.txt>.

| library | version | licence |
|---|---|---|
"""


def locked_versions(lock: str) -> dict[str, str]:
    """Return the version of each library that a lock names."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.MULTILINE))


def licence_of(name: str) -> str:
    """Return what an installed library says its licence is; raises `LookupError` for none."""
    said = importlib.metadata.metadata(name)
    classified = [
        each.removeprefix(CLASSIFIER)
        for each in said.get_all("Classifier") or []
        if each.startswith(CLASSIFIER)
    ]
    licence = said.get("License-Expression") or ", ".join(classified) or said.get("License")
    if not licence or "\n" in licence:
        raise LookupError(f"{name} does not say what its licence is")
    return str(licence)


def licence_texts(name: str) -> list[str]:
    """Return the files of an installed library that hold its licence and notices."""
    files = importlib.metadata.files(name) or []
    return [
        str(each)
        for each in files
        if each.parts[0].endswith(".dist-info") and TEXT.search(each.name)
    ]


def page(lock: str) -> str:
    """Return the page for a lock; its versions have to be installed."""
    lines = []
    for name, version in locked_versions(lock).items():
        if name in NOT_PACKED:
            continue
        installed = importlib.metadata.version(name)
        # A lock writes 1.2 for what calls itself 1.002.
        if Version(installed) != Version(version):
            raise LookupError(f"{name} is installed as {installed}, and locked as {version}")
        lines.append(f"| {name} | {version} | {licence_of(name)} |\n")
    return HEAD + "".join(lines)


if __name__ == "__main__":
    WRITTEN.write_text(page(LOCK.read_text()))
