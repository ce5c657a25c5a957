"""Put together what one Lambda function, or the layer, is uploaded as.

Called by `sam build` through the Makefile: `python -m infra.package ReceiveStripeWebhook DIR`.
A package holds the function's own folder, the libraries of its requirements.txt at the versions
and with the hashes of infra/locks/runtime.txt, and byte code beside the sources: Lambda's file
system is read-only, so without it every cold start compiles anew (measured:
docs/decisions/0002-own-packaging.md). botocore comes with the API descriptions of four hundred
services; those that no function calls are left out.
"""

import ast
import compileall
import fcntl
import hashlib
import os
import platform
import py_compile
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from infra import bundle

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "infra" / "locks" / "runtime.txt"
LIBRARIES = ROOT / ".aws-sam" / "libraries"
LAYER, PAGES = "SharedLayer", "ServePages"
# Lambda's platform. Elsewhere libraries with machine code are fetched for it, unless the package is
# for the local stack, which runs on the machine itself.
LAMBDA, HERE = ("linux", "x86_64"), (sys.platform, platform.machine())
FOR_THIS_MACHINE = HERE == LAMBDA or os.environ.get("BOOKPAY_LOCAL_BUILD") == "1"
PLATFORM = () if FOR_THIS_MACHINE else ("--python-platform", "x86_64-manylinux_2_28")
# What botocore needs to make a client of each service that we call, and to know the regions.
BOTOCORE_DATA = {"dynamodb", "secretsmanager", "ssm", "s3", "ses", "cognito-idp", "sqs"}


def package(logical_id: str, artifacts: Path) -> None:
    """Fill `artifacts` with the package of the resource `logical_id` of template.yaml."""
    if logical_id == LAYER:
        target = artifacts / "python"
        sources = target / "shared"
        install(ROOT / "shared" / "requirements.txt", target)
        copy_sources(ROOT / "shared", sources)
    else:
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id).lower()
        sources = artifacts / "functions"
        install(ROOT / "functions" / name / "requirements.txt", artifacts)
        copy_sources(ROOT / "functions" / name, sources / name)
        (sources / "__init__.py").touch()
        if logical_id == PAGES:
            bundle.build(sources / name / "made")
    compile_all(sources)


def install(requirements: Path, target: Path) -> None:
    """Put in the libraries that `requirements` names, at the locked versions; none without it."""
    target.mkdir(parents=True, exist_ok=True)
    if not requirements.exists():
        return
    for requirement in requirements.read_text().split():
        shutil.copytree(library(requirement), target, dirs_exist_ok=True, copy_function=_link_once)


def library(requirement: str) -> Path:
    """Return a folder with a library and what it needs, installed, trimmed and compiled.

    That is done once for each library and lock: packages are made of links to it.
    """
    made_of = requirement.encode() + LOCK.read_bytes() + Path(__file__).read_bytes()
    made_of += " ".join(PLATFORM).encode()
    kept = LIBRARIES / hashlib.sha256(made_of).hexdigest()
    LIBRARIES.mkdir(parents=True, exist_ok=True)
    # Functions are built at once, and most need the same library: one makes it, the others wait.
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _make_library(requirement, kept)
    return kept


def _make_library(requirement: str, kept: Path) -> None:
    with tempfile.TemporaryDirectory(dir=LIBRARIES) as folder:
        made = Path(folder) / "made"
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text(locked(requirement, LOCK.read_text()))
        command = [
            *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-build"),
            *("--target", str(made), "--python-version", "3.13", "--link-mode", "copy"),
            # The hashes of what it needs stand in the constraints.
            *("--require-hashes", "--requirements", str(wanted)),
            *("--constraints", str(LOCK), *PLATFORM),
        ]
        subprocess.run(command, check=True)
        trim(made)
        compile_all(made)
        made.rename(kept)


def locked(requirement: str, lock: str) -> str:
    """Return what a lock says of one library: its version, and the hashes of its files."""
    for entry in re.split(r"\n(?=\S)", lock):
        if entry.startswith(f"{requirement}=="):
            return entry
    raise SystemExit(f"{requirement} is not in {LOCK.name}: run `make hashes`")


def _link_once(source: str, target: str) -> str:
    # Two libraries may need a third: by the one lock it is the same.
    if not Path(target).exists():
        os.link(source, target)
    return target


def copy_sources(source: Path, target: Path) -> None:
    """Copy a package's files, without byte code, the list of its libraries, and what is bundled."""
    left_out = shutil.ignore_patterns("__pycache__", "requirements.txt", "assets")
    shutil.copytree(source, target, ignore=left_out)


def trim(target: Path) -> None:
    """Leave out what no function uses: descriptions of other services, types, scripts."""
    data = target / "botocore" / "data"
    if data.is_dir():
        for service in data.iterdir():
            if service.is_dir() and service.name not in BOTOCORE_DATA:
                shutil.rmtree(service)
    # The types of Stripe's parameters, half of its library: only type checkers import them.
    shutil.rmtree(target / "stripe" / "params", ignore_errors=True)
    shutil.rmtree(target / "bin", ignore_errors=True)
    trim_babel(target)


def trim_babel(target: Path) -> None:
    """Leave out the languages that Checkout does not speak, two thirds of 30 MB.

    Of those that it speaks every region stays: they are small and build on the language.
    """
    listed = ast.parse((ROOT / "shared" / "domain" / "locales.py").read_text())
    [spoken] = [
        ast.literal_eval(node.value.args[0])
        for node in listed.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.targets[0]) == "LOCALES"
    ]
    # What every locale and what Norwegian Bokmål build on.
    kept = {locale.partition("-")[0] for locale in spoken} | {"root", "no"}
    for file in (target / "babel" / "locale-data").glob("*.dat"):
        if file.stem.partition("_")[0] not in kept:
            file.unlink()


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
