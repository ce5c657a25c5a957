"""What the processes of a running stack have taken of a processor, as Linux tells it."""

import os
from pathlib import Path

PROC = Path("/proc")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
# Of /proc/<pid>/stat, behind the name: the parent, and times of its own and of ended children.
PARENT, OWN, ENDED = 1, slice(11, 13), slice(13, 15)


def taken_s(run_folder: Path) -> float:
    """Return the seconds of all processes of a stack, and of the workers that they have."""
    mine = {file.read_text().split()[0] for file in run_folder.glob("*.pid")}
    ticks = 0
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            # A worker may be over by now.
            continue
        if folder.name in mine:
            ticks += sum(map(int, (*fields[OWN], *fields[ENDED])))
        elif fields[PARENT] in mine:
            ticks += sum(map(int, fields[OWN]))
    return ticks / TICKS_A_SECOND
