"""`make bench`: speed and memory as ratios, measured side by side, and what is counted exactly.

    python -m tests.benchmarks           prints the tables
    python -m tests.benchmarks --write   puts them into docs/benchmarks.md too

Cases run in turn inside each round, each in a process of its own, and a ratio is the median of the
rounds' own ratios, so that what else the machine does falls on all of them alike. What is measured
is a processor's time, of which a function has a share. Nothing here fails a build.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from infra.capacity.__main__ import PRICES
from tests.benchmarks import packages
from tests.benchmarks.document import ROOT, cells, machine, markdown, measured_on, show, write
from tests.benchmarks.rows import DJ_STRIPE, F0, F1, FASTAPI, NAIVE, OF_OURS, PAY, peers, rows

HERE = Path(__file__).parent
HEADS = ("what", "value (least to most of the rounds)", "must", "goal", "reached")
CASE_HEADS = ("case", "loaded, ms", "cold, ms", "warm, ms an event", "modules")
ROUNDS = 7
ENTRIES = (100_000, 1_000_000)
LONGEST_S = 600
LOGS = {
    "POWERTOOLS_METRICS_NAMESPACE": "bench",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_LOG_LEVEL": "INFO",
}
CASES = (F0, F1, NAIVE, *OF_OURS, FASTAPI, DJ_STRIPE)


class Bench:
    """A world, our packages, and the processes that are measured in it."""

    def __init__(self, place: Path, peers_python: Path, progress: Progress) -> None:
        self._place = place
        self._peers_python = peers_python
        self._progress = progress
        self._file = place / "world.json"

    def measure(self, rounds: int) -> tuple[Any, Any]:
        """Return what each case took in each round, and each way to verify."""
        packages.make(self._place / "packages")
        world = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.world", str(self._file)],
            cwd=ROOT,
            env={**os.environ, **LOGS, "POWERTOOLS_LOG_LEVEL": "CRITICAL"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert world.stdin
            assert world.stdout
            while (line := world.stdout.readline()) != "ready\n":
                if not line:
                    raise SystemExit("the world did not come up")
            told = json.loads(self._file.read_text())
            return self._rounds(told, rounds)
        finally:
            world.communicate()

    def _rounds(self, told: Mapping[str, Any], rounds: int) -> tuple[Any, Any]:
        runs: dict[str, list[dict[str, float]]] = {case: [] for case in CASES}
        verifying = []
        task = self._progress.add_task("rounds", total=rounds * (len(CASES) + 1))
        for _ in range(rounds):
            for case in CASES:
                with urllib.request.urlopen(f"{told['aws']}/_bench/restore"):
                    runs[case].append(self._run(case, told["environment"]))
                self._progress.advance(task)
            command = [sys.executable, "-m", "tests.benchmarks.verifying", str(self._file)]
            verifying.append(_said(command, {**os.environ, **LOGS}))
            self._progress.advance(task)
        return runs, verifying

    def _run(self, case: str, environment: Mapping[str, str]) -> dict[str, float]:
        env = {**os.environ, **LOGS, **environment}
        # A former run's or a shell's would be another's.
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        if case in (FASTAPI, DJ_STRIPE):
            command = [str(self._peers_python), str(HERE / "peers.py")]
        elif case in OF_OURS:
            used = (case,) if case != PAY else ("receive_stripe_webhook", "record_stripe_event")
            env["PYTHONPATH"] = packages.path_for(self._place / "packages", *used)
            # Without what else is installed here.
            command = [sys.executable, "-S", str(HERE / "cases.py")]
        else:
            command = [sys.executable, str(HERE / "cases.py")]
        return _said([*command, case, str(self._file)], env)

    def sizes(self) -> dict[str, float]:
        """Return how large the packages are, in bytes."""
        found = packages.sizes(self._place / "packages")
        return {
            "largest": packages.largest_loaded(found),
            "all": sum(each.zipped for each in found.values()),
        }

    def report(self) -> dict[int, dict[str, float]]:
        """Return what a report of so many entries takes, by their number."""
        task = self._progress.add_task("reports", total=len(ENTRIES))
        found = {}
        for number in ENTRIES:
            command = [sys.executable, "-m", "tests.reports.large_day", str(number), "json"]
            found[number] = _said(command, {**os.environ, **LOGS})
            self._progress.advance(task)
        return found


def _said(command: list[str], env: Mapping[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_S, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure, print, and write where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put it into docs/benchmarks.md")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--peers", type=Path, default=ROOT / ".local/tools/bench/bin/python")
    chosen = parser.parse_args()
    console = Console()
    with (
        tempfile.TemporaryDirectory(dir=ROOT / ".local") as place,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        bench = Bench(Path(place), chosen.peers, progress)
        runs, verifying = bench.measure(chosen.rounds)
        sizes, report = bench.sizes(), bench.report()
    table = rows(runs, verifying, sizes, report, tomllib.loads(PRICES.read_text()))
    beside = peers(runs, verifying)
    show(console, machine(), HEADS, cells(table))
    show(console, "A processor's time", CASE_HEADS, beside)
    if chosen.write:
        tables = (markdown(HEADS, cells(table)), markdown(CASE_HEADS, beside))
        write("make bench", "\n\n".join([measured_on(chosen.rounds), *tables]))


if __name__ == "__main__":
    main()
