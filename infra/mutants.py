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
BROKEN = ("shared/domain", "shared/workflows")
COPY = ROOT / ".local" / "mutants"
# What a test reads besides the code that is broken and the tests, which mutmut takes by itself.
READ = ("functions", "infra", "docs", "template.yaml")
# Some read the text of the code or start a Python of their own, which knows nothing of mutmut, and
# some prove for long what others say briefly.
LEFT_OUT = (
    "tests/domain/activity/test_every_mail.py",
    "tests/domain/bookings/test_fee.py::test_no_client_is_asked_for_money_that_is_here",
    "tests/domain/bookings/test_histories.py",
    "tests/domain/bookings/test_kept_facts.py",
    "tests/domain/disputes/test_reminders.py::test_in_every_order_the_end_is_told_once_and_nothing_waits",
    "tests/domain/stripe_facts/test_whole_events.py",
    "tests/domain/test_money_world.py",
    "tests/domain/visits/test_chains_of_moves.py",
    "tests/functions/test_receive_stripe_webhook.py::test_the_function_starts_without_an_sdk",
    "tests/functions/test_serve_pages.py::test_what_shows_the_contract_makes_no_start_slower",
)
TOLD_EVERY_S = 30
# In mutmut's words. A mutant that never comes to an end is noticed too.
KILLED, NOT_REACHED = ("killed", "timeout"), "no tests"
WORDS = {"killed": "killed", "survived": "survived", NOT_REACHED: "not reached"}
NONE_REACHED = "could not find any test case for any mutant"
# The tests that are to notice: those of the rules, and of what these leave those of use cases.
STAGES = {
    "rules": ("tests/domain", "tests/wording"),
    "use cases": ("tests/workflows", "tests/functions"),
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


def counted(statuses: Iterable[str]) -> str:
    """Return what became of the mutants that were run, in words."""
    found = Counter("killed" if each in KILLED else each for each in statuses)
    percent = 100 * found["killed"] / max(1, found.total())
    told = [f"{found[each]} {word}" for each, word in WORDS.items()]
    told += [f"{n} {each}" for each, n in sorted(found.items()) if each not in WORDS]
    return f"{found.total()} run: {', '.join(told)} ({percent:.1f} % killed)"


def configuration(files: Iterable[str], tests: Iterable[str]) -> str:
    """Return mutmut's setup.cfg: https://mutmut.readthedocs.io has what can be in it."""
    options = ("--hypothesis-profile=few", *(f"--deselect={each}" for each in LEFT_OUT))
    lists = {
        "source_paths": ("shared",),
        "only_mutate": sorted(set(files)),
        "also_copy": READ,
        "pytest_add_cli_args_test_selection": tests,
        "pytest_add_cli_args": ("-p", "no:cacheprovider", "-p", "infra.mutants", *options),
    }
    lines = [f"{key} =\n    " + "\n    ".join(values) for key, values in lists.items()]
    # What one test keeps for the next must not hide a mutant: each begins afresh. A busy machine
    # is given minutes, lest a mutant be taken for one that never ends.
    chosen = ("process_isolation = forkserver", "timeout_constant = 30")
    return "\n".join(("[mutmut]", *chosen, *lines))


def mutants_of(file: str) -> list[str]:
    """Return the names of a file's mutants."""
    # Only this module's own environment has mutmut.
    from mutmut.mutation.file_mutation import mutate_file_contents  # noqa: PLC0415
    from mutmut.utils.format_utils import get_mutant_name  # noqa: PLC0415

    mutated = mutate_file_contents(file, Path(file).read_text())
    return [str(get_mutant_name(Path(file), each)) for each in mutated.mutant_names]


def copy_tree() -> None:
    """Copy the tree afresh: all that git knows, or would know."""
    shutil.rmtree(COPY, ignore_errors=True)
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, COPY / name)


def statuses_of(names: Iterable[str]) -> dict[str, str]:
    """Return what became of each mutant that was run so far."""
    from mutmut.stats import status_by_exit_code  # noqa: PLC0415

    codes: dict[str, int | None] = {}
    for path in {COPY / "mutants" / f"{file_of(name)}.meta" for name in names}:
        # Not there yet, or being written.
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            codes |= json.loads(path.read_text())["exit_code_by_key"]
    known = {name: codes.get(name) for name in names}
    return {name: status_by_exit_code[code] for name, code in known.items() if code is not None}


def run(stage: str, names: list[str]) -> tuple[dict[str, str], bool]:
    """Run mutants against a stage's tests, and say how far it is.

    Return what became of each, and whether the tests passed without them, as they have to.
    """
    shutil.rmtree(COPY / "mutants", ignore_errors=True)
    (COPY / "setup.cfg").write_text(configuration(map(file_of, names), STAGES[stage]))
    command, log = [str(Path(sys.executable).with_name("mutmut")), "run"], COPY / "mutmut.log"
    with log.open("w") as out:
        mutmut = subprocess.Popen([*command, *names], cwd=COPY, stdout=out, stderr=out)
        while mutmut.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                mutmut.wait(TOLD_EVERY_S)
            told = counted(statuses_of(names).values())
            print(f"{time.strftime('%T')} tests of {stage}: of {len(names)}, {told}", flush=True)
    is_well = not mutmut.returncode or NONE_REACHED in log.read_text()
    if not is_well:
        print(f"mutmut failed with the tests of {stage}:\n{log.read_text()[-2000:]}")
    return dict.fromkeys(names, NOT_REACHED) | statuses_of(names), is_well


def told_survivors(statuses: dict[str, str]) -> Iterator[str]:
    """Give each mutant that no test noticed, with its place and as a diff."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant  # noqa: PLC0415

    with contextlib.chdir(COPY):
        for name in sorted(each for each, status in statuses.items() if status not in KILLED):
            file, status = file_of(name), statuses[name]
            diff = get_diff_for_mutant(name, path=Path(file)).split("\n")
            changed = "\n".join(line for line in diff if not line.startswith(("---", "+++", "@@")))
            yield f"{file}:{line_of(Path(file).read_text(), name)}: {status}\n{changed}\n"


def listed_mutants(only: str) -> list[str]:
    """Return the names of all mutants that there are in the files of a pattern."""
    paths = [path for code in BROKEN for path in sorted((COPY / code).rglob("*.py"))]
    files = fnmatch.filter((str(path.relative_to(COPY)) for path in paths), only)
    (COPY / "setup.cfg").write_text(configuration(files, ()))
    with contextlib.chdir(COPY), Pool() as pool:
        return [name for names in pool.imap(mutants_of, files) for name in names]


def main() -> int:
    """Say what no test noticed of a sample; return 1 if not all could be run, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="*", help="a pattern of files")
    asked = parser.parse_args()
    copy_tree()
    every = listed_mutants(asked.only)
    left = drawn(every, asked.sample, asked.seed)
    print(f"{len(left)} of {len(every)} mutants, seed {asked.seed}", flush=True)
    statuses: dict[str, str] = {}
    are_well = []
    for stage in STAGES:
        if not left:
            break
        found, is_well = run(stage, left)
        are_well.append(is_well)
        # What the rules' tests ran and let pass is not out of reach, if no others reach it.
        statuses |= {k: v for k, v in found.items() if v != NOT_REACHED or k not in statuses}
        left = [name for name in left if statuses[name] not in KILLED]
    print("\n".join(told_survivors(statuses)))
    print(counted(statuses.values()))
    return int(not all(are_well))


if __name__ == "__main__":
    sys.exit(main())
