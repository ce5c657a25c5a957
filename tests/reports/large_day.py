"""A day of many entries, built in a process of its own; prints its peak of memory and its time.

`python -m tests.reports.large_day 200000 xlsx pdf csv html json`
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from copy import replace
from pathlib import Path

from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.money_flow import MoneyFlow
from shared.reports.files import Spool, write_file
from tests.domain.ledger_entries import entry
from tests.reports.mornings import DAY, morning


def many(number: int) -> Iterator[LedgerEntry]:
    for at in range(number):
        yield entry(
            "refund" if at % 20 == 0 else "charge",
            -900 if at % 20 == 0 else 4900 + at % 97,
            0 if at % 20 == 0 else 99,
            balance_transaction=f"txn_{at:024d}",
            created_s=DAY.start_s + at * 86_000 // number,
            charge=f"ch_{at:024d}",
            payment_intent=f"pi_{at:024d}",
            source=f"ch_{at:024d}",
            booking_id=f"bk_{at:020d}",
            service_id=("cut", "dye")[at % 2],
            employee_id=f"employee-{at % 150}",
            purpose=("prepayment", "deposit", "visit_link")[at % 3],
        )


def peak_kib_so_far() -> int:
    """Return this process's own peak: `getrusage` gives that of the one which started it, too.

    https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def main() -> None:
    number, formats = int(sys.argv[1]), sys.argv[2:]
    before_kib = peak_kib_so_far()
    started_s = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        flow = MoneyFlow(DAY.start_s, DAY.end_s, livemode=False)
        with Spool(folder / "entries") as spool:
            for each in many(number):
                flow.add(each)
                spool.keep(each)
        report = replace(morning(), flow=flow)
        sizes = {
            ending: write_file(report, spool, folder, ending).path.stat().st_size
            for ending in formats
        }
    peak_kib = peak_kib_so_far()
    told = {
        "entries": flow.entries,
        "libraries_mib": before_kib // 1024,
        "peak_mib": peak_kib // 1024,
        "seconds": round(time.perf_counter() - started_s, 1),
        # What a machine with other work does not change.
        "processor_s": round(time.process_time(), 1),
        "bytes": sizes,
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
