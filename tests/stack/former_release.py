"""A stack of the former release on this machine, and this one deployed over it, and back again."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.stack.running_stack import Stack
from tests.stack.started import ROOT, free_ports

FORMER = "1.0.0"
EMULATOR = "infra/local/emulator.py"
# Builds, deploys and starts twenty functions, on a machine that may be busy.
UP_S, DOWN_S = 900, 120


def last_commit_of(version: str) -> str:
    """Return the commit after which the project's version was no longer this one."""
    if _git("rev-parse", "--is-shallow-repository") == "true":
        raise AssertionError(
            "The history is shallow: an upgrade is proved from the former release's own commit. "
            "Fetch it with `git fetch --unshallow`."
        )
    line = f'version = "{version}"'
    changed = _git("log", "-1", "--format=%H", f"-S{line}", "--", "pyproject.toml")
    commit = f"{changed}^"
    if not changed or line not in _git("show", f"{commit}:pyproject.toml"):
        raise AssertionError(f"No commit of the history is the last one of {version}.")
    return _git("rev-parse", commit)


def unpack(commit: str, folder: Path) -> None:
    """Put a commit's files into a folder, to be run with this one's environments and tools.

    The emulator is this release's: it stands for AWS, which is the same for both.
    """
    archive = subprocess.run(
        ["git", "archive", "--format=tar", commit], cwd=ROOT, check=True, capture_output=True
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    shutil.copy(ROOT / EMULATOR, folder / EMULATOR)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / ".local").mkdir()
    (folder / ".local" / "tools").symlink_to((ROOT / ".local" / "tools").resolve())


@dataclass
class Deployed:
    """One stack, of whichever release was deployed last: emulator and Stripe go on running."""

    folder: Path
    ports: dict[str, str] = field(default_factory=free_ports)

    def up(self, release: Path) -> Stack:
        """Deploy the release in `release` over what runs."""
        self._run(release, ["infra.local", "up"], UP_S)
        return Stack(json.loads((self.folder / "stack.json").read_text()))

    def down(self) -> None:
        self._run(ROOT, ["infra.local", "down"], DOWN_S)

    def operate(self, *command: str, **variables: str) -> str:
        """Run what one of this release's commands runs, and return what it printed."""
        return self._run(ROOT, command, DOWN_S, **variables)

    def _run(self, release: Path, command: Sequence[str], timeout_s: int, **variables: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=release,
            env={
                **os.environ, **self.ports, **variables, "BOOKPAY_LOCAL_DIR": str(self.folder)
            },
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )  # fmt: skip
        said = f"{' '.join(command)} of {release}:\n{done.stdout}\n{done.stderr}"
        assert done.returncode == 0, said
        return done.stdout


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr.strip()}"
    return done.stdout.strip()
