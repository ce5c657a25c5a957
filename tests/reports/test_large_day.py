"""A large day is built in little memory: in a process of its own, for its peak is its own."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def peak_of(number: int) -> int:
    """Return how many MiB a day needs beyond its libraries."""
    command = [sys.executable, "-m", "tests.reports.large_day", str(number)]
    formats = ["xlsx", "pdf", "csv", "html", "json"]
    done = subprocess.run([*command, *formats], cwd=ROOT, capture_output=True, check=True)
    told = json.loads(done.stdout)
    assert told["entries"] == number
    peak: int = told["peak_mib"]
    assert peak < 256, "a function of 512 MB has room for it beside Python's libraries"
    return peak


def test_memory_does_not_grow_with_the_entries() -> None:
    """Ten times as many entries; 200,000 were measured by hand (docs/costs.md)."""
    assert peak_of(10_000) - peak_of(1_000) <= 24
