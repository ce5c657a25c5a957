"""`make bench`: speed and memory as ratios, measured side by side in one run.

Cases run in turn inside each round, and a ratio is the median of the rounds' own ratios, so that
what else the machine does falls on all of them alike. Nothing here fails a build.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent.parent
ROUNDS = 9
EVENTS = 200
KIB = 1024
BASE = "floor_botocore"
CASES = ("bare", BASE, "webhook", "naive", "record_consumer", "staff_api", "checkout")
WARM_CASES = (BASE, "webhook", "naive")


def main() -> None:
    """Measure, and print three tables."""
    stub = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.stub_aws"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        port = (stub.stdout.readline() if stub.stdout else "").strip()
        _show(*_measure(port))
    finally:
        stub.terminate()
        stub.wait()


def _measure(port: str) -> tuple[dict[str, list[dict[str, float]]], ...]:
    cold: dict[str, list[dict[str, float]]] = {case: [] for case in CASES}
    warm: dict[str, list[dict[str, float]]] = {}
    for number in range(ROUNDS):
        print(f"\rround {number + 1} of {ROUNDS}", end="", file=sys.stderr, flush=True)
        for case in CASES:
            cold[case].append(_run(port, case, 0, 3 * KIB))
        for size_bytes in (3 * KIB, 20 * KIB):
            for case in WARM_CASES:
                key = f"{case} {size_bytes // KIB} KiB"
                warm.setdefault(key, []).append(_run(port, case, EVENTS, size_bytes))
    print(file=sys.stderr)
    return cold, warm


def _run(port: str, case: str, events: int, size_bytes: int) -> dict[str, float]:
    names = ("TABLE_NAME", "EVENT_BUS_NAME", "SIGNING_SECRETS_PATH", "API_KEYS_PATH")
    environment = {
        **os.environ,
        **dict.fromkeys((*names, "LINK_KEY_ID", "LARGE_EVENTS_BUCKET", "PUBLIC_URL"), "bench"),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "POWERTOOLS_METRICS_NAMESPACE": "bench",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "",
    }
    script = str(Path(__file__).with_name("cases.py"))
    done = subprocess.run(
        [sys.executable, script, case, str(events), str(size_bytes)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _show(cold: dict[str, list[dict[str, float]]], warm: dict[str, list[dict[str, float]]]) -> None:
    console = Console()
    table = Table(title="Cold: import and first event, beyond a bare interpreter")
    for column in ("case", "ms", "ratio to botocore's floor", "modules", "peak MiB"):
        table.add_column(column, justify="left" if column == "case" else "right")
    bare = [each["cold_s"] for each in cold["bare"]]
    base = [each["cold_s"] - b for each, b in zip(cold[BASE], bare, strict=True)]
    for case, runs in cold.items():
        net = [each["cold_s"] - b for each, b in zip(runs, bare, strict=True)]
        ratio = statistics.median(n / b for n, b in zip(net, base, strict=True))
        table.add_row(
            case,
            f"{statistics.median(net) * 1000:.0f}",
            f"{ratio:.2f}",
            f"{runs[0]['modules']:.0f}",
            f"{statistics.median(each['peak_kib'] for each in runs) / KIB:.0f}",
        )
    console.print(table)
    table = Table(title=f"Warm: one event, the mean of {EVENTS}")
    for column in ("case", "µs", "ratio to botocore's floor"):
        table.add_column(column, justify="left" if column == "case" else "right")
    for case, runs in warm.items():
        floor = warm[f"{BASE} {case.partition(' ')[2]}"]
        ratio = statistics.median(
            run["warm_s"] / other["warm_s"] for run, other in zip(runs, floor, strict=True)
        )
        middle = statistics.median(run["warm_s"] for run in runs)
        table.add_row(case, f"{middle * 1_000_000:.0f}", f"{ratio:.2f}")
    console.print(table)
    table = Table(title="Packages in .aws-sam/build (after make build)")
    table.add_column("package")
    table.add_column("unpacked MiB", justify="right")
    for folder in sorted((ROOT / ".aws-sam" / "build").glob("*/")):
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        table.add_row(folder.name, f"{size / KIB / KIB:.2f}")
    console.print(table)


if __name__ == "__main__":
    main()
