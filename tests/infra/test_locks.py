"""Nothing is installed but the files whose hashes the locks name."""

import base64
import hashlib
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from infra import package
from infra.licences import locked_versions

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "infra" / "locks").glob("*.txt"))


def wheel(folder: Path, name: str) -> str:
    """Write the least wheel that pip takes, and return its SHA-256."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": "FOUND = True\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {at: hashlib.sha256(text.encode()).digest() for at, text in files.items()}
    coded = {at: base64.urlsafe_b64encode(each).decode() for at, each in digests.items()}
    record = "".join(f"{at},sha256={coded[at].rstrip('=')},\n" for at in files)
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for at, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(at, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_file_of_a_lock_has_its_hash_and_no_lock_names_an_index(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", lock.read_text().strip())
    assert {each.partition("==")[0] for each in entries} == set(locked_versions(lock.read_text()))
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.partition(" ")[0]
    assert "://" not in lock.read_text()


def test_everything_that_make_installs_is_held_against_its_hash() -> None:
    made = (ROOT / "Makefile").read_text()
    installs = [line for line in made.splitlines() if "pip install" in line]
    assert len(installs) >= 3
    assert all("--require-hashes -r $(LOCKS)/" in line for line in installs)


def test_a_library_that_is_not_locked_is_not_packed() -> None:
    lock = "one==1.0 \\\n    --hash=sha256:00\ntwo==2.0 \\\n    --hash=sha256:11"
    assert package.locked("two", lock) == "two==2.0 \\\n    --hash=sha256:11"
    for name in ("three", "tw", "o"):
        with pytest.raises(SystemExit, match="make hashes"):
            package.locked(name, lock)


@pytest.mark.parametrize("digest", ["", "0" * 64])
def test_a_wheel_without_its_hash_in_the_lock_is_not_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digest: str
) -> None:
    """Bug: packages were put together from whatever file had the locked version's name."""
    right = wheel(tmp_path, "one")
    lock = tmp_path / "runtime.txt"
    monkeypatch.setattr(package, "LOCK", lock)
    monkeypatch.setattr(package, "LIBRARIES", tmp_path / "libraries")
    # The wheel of this test is all that there is, and nothing kept from elsewhere counts.
    for name, value in (("UV_NO_INDEX", "1"), ("UV_FIND_LINKS", str(tmp_path))):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    lock.write_text("one==1.0" + (f" \\\n    --hash=sha256:{digest}" if digest else ""))
    with pytest.raises(subprocess.CalledProcessError):
        package.library("one")
    lock.write_text(f"one==1.0 \\\n    --hash=sha256:{right}")
    assert "one.py" in {each.name for each in package.library("one").iterdir()}
