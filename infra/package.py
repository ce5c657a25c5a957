"""Put together what one Lambda function, or a layer, is uploaded as.

Called by `sam build` through the Makefile: `python -m infra.package ReceiveStripeWebhook DIR`.
A layer holds the libraries of its list in infra/layers, `SharedLayer` the package `shared` too; a
function's package holds its own folder and the libraries of its requirements.txt. Libraries come at
the versions and with the hashes of infra/locks/runtime.txt, without what no function uses
(infra/trim.py), and with byte code beside the sources: Lambda's file system is read-only, so
without it every cold start compiles anew (measured: docs/decisions/0002-own-packaging.md).
"""

import compileall
import fcntl
import hashlib
import importlib.metadata
import os
import py_compile
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra import trim

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "infra" / "locks" / "runtime.txt"
LAYERS = ROOT / "infra" / "layers"
LIBRARIES = ROOT / ".aws-sam" / "libraries"
LAYER, SHARED, PAGES = "Layer", "shared", "ServePages"
# What is called by an alias: a version is published where the package is another one, and neither
# for a new layer nor for another value of a parameter. So theirs is another with every build.
# https://github.com/aws/serverless-application-model/issues/3820
PUBLISHED = {"ReceiveStripeWebhook", "RecordStripeEvent", "CreateCheckout", "ServeStaffApi"}
# The layers that all others stand on, and every package that has libraries of its own.
GROUND = (SHARED, "data")
# What fpdf2 reads pictures with, and does without where there are none; what lists fonts.
NOT_PACKED = {"fontpkg", "pillow"}
# Libraries with machine code are fetched for Lambda, whatever machine this is: a newer Linux would
# get files that want a newer C library than Lambda's (Python 3.13: glibc 2.34). Only packages for
# the local stack are for this machine.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
FOR_THIS_MACHINE = os.environ.get("BOOKPAY_LOCAL_BUILD") == "1"
PLATFORM = () if FOR_THIS_MACHINE else ("--python-platform", "x86_64-manylinux_2_28")
RUNS_ON_LAMBDA = re.compile(r"-(any|manylinux(1|2010|2014|_2_([5-9]|1\d|2[0-8]))_x86_64)$")


def package(logical_id: str, artifacts: Path) -> None:
    """Fill `artifacts` with the package of the resource `logical_id` of a template."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id.removesuffix(LAYER)).lower()
    if logical_id.endswith(LAYER):
        target = artifacts / "python"
        install(layer_libraries(name), target)
        if name == SHARED:
            copy_sources(ROOT / SHARED, target / SHARED)
            compile_all(target / SHARED)
        return
    sources = artifacts / "functions"
    install(package_libraries(name), artifacts)
    copy_sources(ROOT / "functions" / name, sources / name)
    (sources / "__init__.py").touch()
    if logical_id in PUBLISHED:
        (sources / name / "built_at.txt").write_text(f"{datetime.now(UTC).isoformat()}\n")
    if logical_id == PAGES:
        # Its libraries are not loaded for each of the others.
        from infra import bundle  # noqa: PLC0415

        bundle.build(sources / name / "made")
    compile_all(sources)


def layer_libraries(name: str) -> set[str]:
    """Return every library that a layer brings, without those of the layers it stands on."""
    below = GROUND[: GROUND.index(name)] if name in GROUND else GROUND
    return with_needed(LAYERS / f"{name}.txt") - _of_layers(below)


def package_libraries(name: str) -> set[str]:
    """Return every library that a function's own package brings."""
    return with_needed(ROOT / "functions" / name / "requirements.txt") - _of_layers(GROUND)


def _of_layers(names: Iterable[str]) -> set[str]:
    return set().union(*(with_needed(LAYERS / f"{name}.txt") for name in names))


def with_needed(requirements: Path) -> set[str]:
    """Return the libraries that a list names with all that they need; none without a list."""
    if not requirements.exists():
        return set()
    found, waiting = set[str](), requirements.read_text().split()
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found | NOT_PACKED:
            continue
        found.add(name)
        needed = map(Requirement, importlib.metadata.requires(name) or [])
        # What only an extra, another platform or an older Python needs is not brought.
        on_lambda = {"extra": "", "sys_platform": "linux", "platform_machine": "x86_64"}
        waiting += [
            each.name for each in needed if not each.marker or each.marker.evaluate(on_lambda)
        ]
    return found


def install(libraries: Iterable[str], target: Path) -> None:
    """Put in these libraries at the locked versions."""
    target.mkdir(parents=True, exist_ok=True)
    for name in sorted(libraries):
        shutil.copytree(library(name), target, dirs_exist_ok=True, copy_function=os.link)


def library(name: str) -> Path:
    """Return a folder with a library alone, installed, trimmed and compiled.

    That is done once for each library and lock: packages are made of links to it.
    """
    made_of = [name.encode(), LOCK.read_bytes(), " ".join(PLATFORM).encode()]
    made_of += [Path(file).read_bytes() for file in (__file__, trim.__file__)]
    kept = LIBRARIES / hashlib.sha256(b"\0".join(made_of)).hexdigest()
    LIBRARIES.mkdir(parents=True, exist_ok=True)
    # Functions are built at once, and most need the same library: one makes it, the others wait.
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _make_library(name, kept)
    return kept


def _make_library(name: str, kept: Path) -> None:
    with tempfile.TemporaryDirectory(dir=LIBRARIES) as folder:
        made = Path(folder) / "made"
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text(locked(name, LOCK.read_text()))
        command = [
            *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-build", "--no-deps"),
            *("--target", str(made), "--python-version", "3.13"),
            *("--require-hashes", "--requirements", str(wanted), *PLATFORM),
        ]
        subprocess.run(command, check=True)
        if not FOR_THIS_MACHINE and (found := tags_of_others(made)):
            raise SystemExit(f"{name} would not run on Lambda: {', '.join(found)}")
        trim.trim(made)
        compile_all(made)
        made.rename(kept)


def tags_of_others(folder: Path) -> list[str]:
    """Return the tags of the libraries in a folder that do not run on Lambda.

    https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
    """
    found = []
    for said in folder.glob("*.dist-info/WHEEL"):
        tags = re.findall(r"^Tag: (\S+)$", said.read_text(), re.MULTILINE)
        if not any(RUNS_ON_LAMBDA.search(tag) for tag in tags):
            found += tags
    return found


def locked(name: str, lock: str) -> str:
    """Return what a lock says of one library: its version, and the hashes of its files."""
    for entry in re.split(r"\n(?=\S)", lock):
        if entry.startswith(f"{name}=="):
            return entry
    raise SystemExit(f"{name} is not in {LOCK.name}: run `make hashes`")


def copy_sources(source: Path, target: Path) -> None:
    """Copy a package's files, without byte code, the list of its libraries, and what is bundled."""
    left_out = shutil.ignore_patterns("__pycache__", "requirements.txt", "assets")
    shutil.copytree(source, target, ignore=left_out)


def compile_all(folder: Path) -> None:
    """Write byte code that is trusted without a look at the source: equal zips each time."""
    done = compileall.compile_dir(
        str(folder),
        quiet=1,
        stripdir=str(folder.parent),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        workers=1,
    )
    if not done:
        raise SystemExit(f"byte code of {folder} could not be written")


if __name__ == "__main__":
    package(sys.argv[1], Path(sys.argv[2]))
