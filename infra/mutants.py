"""Break rules one at a time, and see whether a test notices: mutation testing, of a sample.

    make mutants SAMPLE=120 SEED=1                            of all rules and use cases
    make mutants SAMPLE=20 ONLY='shared/domain/visits/*'      of some files

mutmut breaks the code, learns which tests call a function, and runs those against each of its
mutants. It has an environment of its own, which this module runs in, and works in a copy of the
tree: .local/mutants. https://mutmut.readthedocs.io
"""

import argparse
import contextlib
import fnmatch
import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from multiprocessing import Pool
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / ".local" / "mutants"
# What a test reads besides the code that is broken and the tests, which mutmut takes by itself.
READ = ("functions", "infra", "docs", "template.yaml")
OPTIONS = ("-p", "no:cacheprovider", "-p", "infra.mutants", "--hypothesis-profile=repeatable")
TOLD_EVERY_S = 30
# In mutmut's words. A mutant that never comes to an end is noticed too.
KILLED = ("killed", "timeout")
WORDS = {"killed": "killed", "survived": "survived", "no tests": "not reached"}
# Code that is broken, and the tests that are to notice.
PARTS = {
    "shared/domain": ("tests/domain", "tests/wording", "tests/workflows"),
    "shared/workflows": ("tests/workflows", "tests/functions"),
}


def drawn(names: Collection[str], size: int, seed: int) -> list[str]:
    """Return a sample: a larger one has all of a smaller one, whatever else there is to draw."""
    ranked = sorted(names, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest())
    return ranked[:size]


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Run a mutant's tests file by file, the rules' first: mutmut gives them in no order."""
    items.sort(key=lambda item: str(item.path))


def file_of(name: str) -> str:
    """Return the file of a mutant: `shared.domain.money.money.xǁMoneyǁtimes__mutmut_1`."""
    return f"{name.rpartition('.')[0].replace('.', '/')}.py"


def line_of(source: str, name: str) -> int:
    """Return the line of a mutant's function in its file, from 1."""
    mangled = name.rpartition(".")[2].partition("__mutmut_")[0]
    *owners, function = re.sub("^x_?", "", mangled).strip("ǁ").split("ǁ")
    at = 0
    for wanted in (
        *(f"class {each}" for each in owners),
        f"{' +' if owners else ''}def {function}",
    ):
        found = re.compile(rf"^{wanted}\b", re.MULTILINE).search(source, at)
        at = found.start() if found else at
    return source.count("\n", 0, at) + 1


def counted(statuses: Iterable[str | None]) -> tuple[str, float]:
    """Return what became of the mutants that were run, in words, and the percent killed."""
    found = Counter("killed" if each in KILLED else each for each in statuses if each)
    percent = 100 * found["killed"] / max(1, found.total())
    told = [f"{found[each]} {word}" for each, word in WORDS.items()]
    told += [f"{n} {each}" for each, n in sorted(found.items()) if each not in WORDS]
    return f"{found.total()} run: {', '.join(told)} ({percent:.1f} % killed)", percent


def configuration(files: Iterable[str], tests: Iterable[str]) -> str:
    """Return mutmut's setup.cfg: https://mutmut.readthedocs.io has what can be in it."""
    lists = {
        "source_paths": ("shared",),
        "only_mutate": sorted(set(files)),
        "also_copy": READ,
        "pytest_add_cli_args_test_selection": tests,
        "pytest_add_cli_args": OPTIONS,
    }
    lines = [f"{key} =\n    " + "\n    ".join(values) for key, values in lists.items()]
    # What one test keeps for the next must not hide a mutant: each begins afresh.
    return "\n".join(("[mutmut]", "process_isolation = forkserver", *lines))


def mutants_of(file: str) -> list[str]:
    """Return the names of a file's mutants."""
    # Only this module's own environment has mutmut.
    from mutmut.mutation.file_mutation import mutate_file_contents  # noqa: PLC0415
    from mutmut.utils.format_utils import get_mutant_name  # noqa: PLC0415

    mutated = mutate_file_contents(file, Path(file).read_text())
    return [str(get_mutant_name(Path(file), each)) for each in mutated.mutant_names]


def copied_tree(code: str) -> Path:
    """Return a fresh copy of the tree: all that git knows, or would know."""
    folder = COPY / Path(code).name
    shutil.rmtree(folder, ignore_errors=True)
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def statuses_of(folder: Path, names: Iterable[str]) -> dict[str, str | None]:
    """Return what became of each mutant so far: `None` of one that was not run yet."""
    from mutmut.stats import status_by_exit_code  # noqa: PLC0415

    codes: dict[str, int | None] = {}
    for path in {folder / "mutants" / f"{file_of(name)}.meta" for name in names}:
        # Not there yet, or being written.
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            codes |= json.loads(path.read_text())["exit_code_by_key"]
    known = {name: codes.get(name) for name in names}
    return {
        name: None if code is None else status_by_exit_code[code] for name, code in known.items()
    }


def run(code: str, names: list[str], folder: Path) -> dict[str, str | None]:
    """Run some mutants of a part, and say how far it is; return what became of each."""
    (folder / "setup.cfg").write_text(configuration(map(file_of, names), PARTS[code]))
    log = folder / "mutmut.log"
    with log.open("w") as out:
        mutmut = subprocess.Popen(
            [str(Path(sys.executable).with_name("mutmut")), "run", *names],
            cwd=folder,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        while mutmut.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                mutmut.wait(TOLD_EVERY_S)
            told, _ = counted(statuses_of(folder, names).values())
            print(f"{time.strftime('%T')} {code}: of {len(names)}, {told}", flush=True)
    if mutmut.returncode:
        sys.exit(f"mutmut failed:\n{log.read_text()[-4000:]}")
    return statuses_of(folder, names)


def told_survivors(folder: Path, statuses: dict[str, str | None]) -> Iterator[str]:
    """Give each mutant that no test noticed, with its place and as a diff."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant  # noqa: PLC0415

    with contextlib.chdir(folder):
        for name in sorted(each for each, status in statuses.items() if status not in KILLED):
            file, status = file_of(name), statuses[name]
            diff = get_diff_for_mutant(name, path=Path(file)).split("\n")
            changed = "\n".join(line for line in diff if not line.startswith(("---", "+++", "@@")))
            yield f"{file}:{line_of(Path(file).read_text(), name)}: {status}\n{changed}\n"


def listed_mutants(folder: Path, only: str) -> list[str]:
    """Return the names of all mutants that there are in the files of a pattern."""
    paths = [path for code in PARTS for path in sorted((folder / code).rglob("*.py"))]
    files = fnmatch.filter((str(path.relative_to(folder)) for path in paths), only)
    (folder / "setup.cfg").write_text(configuration(files, ()))
    with contextlib.chdir(folder), Pool() as pool:
        return [name for names in pool.imap(mutants_of, files) for name in names]


def main() -> int:
    """Return 1 if fewer were killed than the floor asks for, in percent, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="*", help="a pattern of files")
    parser.add_argument("--floor", type=float, default=0)
    asked = parser.parse_args()
    folders = {code: copied_tree(code) for code in PARTS}
    every = listed_mutants(next(iter(folders.values())), asked.only)
    sample = drawn(every, asked.sample, asked.seed)
    print(f"{len(sample)} of {len(every)} mutants, seed {asked.seed}", flush=True)
    statuses: list[str | None] = []
    for code, folder in folders.items():
        if names := [each for each in sample if file_of(each).startswith(code)]:
            found = run(code, names, folder)
            statuses += found.values()
            print("\n".join(told_survivors(folder, found)))
    told, percent = counted(statuses)
    print(told)
    return int(percent < asked.floor)


if __name__ == "__main__":
    sys.exit(main())
