"""`sam build` and `sam deploy`, as the local stack uses them."""

import hashlib
import json
import os
import re
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.local.progress import StackError
from infra.local.settings import MAIL_FROM, ROOT, TOOLS, Settings
from infra.translate import translated

BUILD = ROOT / ".aws-sam" / "build"
BUILD_DIGEST = ROOT / ".aws-sam" / "digest"
ZIPPED = BUILD / "zipped.yaml"
PACKAGE_URI = re.compile(r"^( +(?:Code|Content)Uri: )(\w+)$", re.MULTILINE)
BUILT_FROM = (
    *("functions", "shared", "docs/openapi.yaml", "infra/package.py", "infra/trim.py"),
    *("infra/layers", "infra/bundle.py", "infra/api_docs.py", "infra/api_docs.html"),
    *("infra/locks/runtime.txt", "Makefile"),
)
TEMPLATES = (
    *("template.yaml", "samconfig.toml", "infra/translate.py"),
    *sorted(f"infra/{path.name}" for path in (ROOT / "infra").glob("*.yaml")),
)
DEPLOY_S = 480
POLL_S = 0.2


def digest_of_sources() -> str:
    """Return a digest of the sources that a deployment is made of."""
    found = hashlib.sha256()
    for name in (*BUILT_FROM, *TEMPLATES):
        path = ROOT / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                found.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return found.hexdigest()


def build(digest: str) -> None:
    """Build the packages, unless what stands there is of this digest; raises `StackError`."""
    if BUILD_DIGEST.exists() and BUILD_DIGEST.read_text() == digest and ZIPPED.exists():
        return
    BUILD_DIGEST.unlink(missing_ok=True)
    _sam(["build"], DEPLOY_S)
    _zip_packages()
    BUILD_DIGEST.write_text(digest)


def deploy(settings: Settings, **parameters: str) -> None:
    """Deploy what was built to the emulator, with further parameters; raises `StackError`."""
    overrides = {
        **parameters,
        "Local": "true",
        "PublicUrl": settings.api_url,
        "StripeApiBase": settings.stripe_url,
        "MailFrom": MAIL_FROM,
    }
    _sam(
        [
            *("deploy", "--config-file", str(ROOT / "samconfig.toml")),
            *("--template-file", str(ZIPPED), "--no-confirm-changeset"),
            *("--no-progressbar", "--parameter-overrides"),
            *(f"{name}={value}" for name, value in overrides.items()),
        ],
        DEPLOY_S,
    )


def _zip_packages() -> None:
    """Zip each package once: sam would with every deployment, one by one, as small as it can.

    The templates then name the zips, and those of nested stacks are translated: the emulator
    translates the outermost alone. A zip has its digest in its name, as sam gives it at S3: by that
    name the translator knows that a version is to be published.
    """
    main = BUILD / "template.yaml"
    built = {path: path.read_text() for path in BUILD.rglob("template.yaml")}
    packages = [
        path.parent / uri for path, text in built.items() for _, uri in PACKAGE_URI.findall(text)
    ]
    with ThreadPoolExecutor(os.process_cpu_count()) as at_once:
        names = dict(zip(packages, at_once.map(_zip, packages), strict=True))
    for path, text in built.items():
        to_zips = ZIPPED if path == main else path

        def with_zip(found: re.Match[str], folder: Path = path.parent) -> str:
            return f"{found[1]}{names[folder / found[2]]}"

        to_zips.write_text(PACKAGE_URI.sub(with_zip, text))
    nested = [path for path, text in built.items() if path != main and "\nTransform:" in text]
    for path, template in translated(nested).items():
        path.write_text(json.dumps(template))


def _zip(folder: Path) -> str:
    """Zip a package beside its folder, and return the zip's name."""
    zip_file = folder.with_suffix(".zip")
    with zipfile.ZipFile(zip_file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
        for file in sorted(folder.rglob("*")):
            zipped.write(file, file.relative_to(folder))
    digest = hashlib.sha256(zip_file.read_bytes()).hexdigest()[:12]
    return zip_file.rename(folder.with_name(f"{folder.name}-{digest}.zip")).name


def _sam(arguments: list[str], timeout_s: float) -> None:
    """Run sam; raises `StackError` with the end of what it said."""
    command = [str(TOOLS / "sam" / "bin" / "sam"), *arguments]
    environment = {
        **os.environ,
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": str(POLL_S),
        "CI": "1",
        "BOOKPAY_LOCAL_BUILD": "1",
    }
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            timeout=timeout_s,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except subprocess.TimeoutExpired as error:
        raise StackError(f"`sam {arguments[0]}` took longer than {timeout_s:.0f} s.") from error
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[-25:])
        raise StackError(f"`sam {arguments[0]}` failed:\n{said}")
