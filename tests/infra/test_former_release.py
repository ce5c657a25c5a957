"""The former release is found in the history, and where that is cut off it is said."""

import subprocess
from pathlib import Path

import pytest

from tests.stack import former_release
from tests.stack.former_release import last_commit_of


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[str]]:
    """Return a repository with two commits of 1.0.0 and two of 1.1.0, and their ids."""
    folder, commits = tmp_path / "repository", []
    folder.mkdir()
    git(folder, "init", "--quiet")
    for version, note in (("1.0.0", ""), ("1.0.0", "x"), ("1.1.0", "x"), ("1.1.0", "y")):
        (folder / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n# {note}\n')
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", f"{version}{note}")
        commits.append(git(folder, "rev-parse", "HEAD"))
    monkeypatch.setattr(former_release, "ROOT", folder)
    return folder, commits


def test_the_last_commit_of_a_version_is_the_one_before_it_was_changed(
    history: tuple[Path, list[str]],
) -> None:
    _, commits = history
    assert last_commit_of("1.0.0") == commits[1]


@pytest.mark.parametrize("version", ["1.1.0", "0.9.0"])
def test_a_version_that_never_ended_or_never_was_has_none(
    history: tuple[Path, list[str]], version: str
) -> None:
    del history
    with pytest.raises(AssertionError, match=rf"No commit .* is the last one of {version}"):
        last_commit_of(version)


def test_a_shallow_history_is_told(
    history: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = history
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{folder}", str(shallow))
    monkeypatch.setattr(former_release, "ROOT", shallow)
    with pytest.raises(AssertionError, match="git fetch --unshallow"):
        last_commit_of("1.0.0")
