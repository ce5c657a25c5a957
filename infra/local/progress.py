"""What a person sees while the stack starts: one line a step, with its time."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class StackError(Exception):
    """Something did not start or answer; the message says what, and where its log is."""


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show a step while it runs, then how long it took."""
    shows_live = sys.stdout.isatty()
    if shows_live:
        print(f"  … {what}", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print(f"{_start(live=shows_live)}  ✗ {what}", flush=True)
        raise
    took_s = time.monotonic() - started
    print(f"{_start(live=shows_live)}  ✓ {what} ({took_s:.1f} s)", flush=True)


def _start(*, live: bool) -> str:
    return "\r\033[K" if live else ""
