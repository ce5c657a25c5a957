"""Waiting for what comes later, with an end."""

import time
from collections.abc import Callable

POLL_S = 0.25
# Longer than what is put off six times takes: `retry_schedule.delay_s`.
WAIT_S = 330


def wait_until[Found](look: Callable[[], Found | None], what: str) -> Found:
    """Call `look` until it returns something, and return that; fail after `WAIT_S`."""
    deadline = time.monotonic() + WAIT_S
    while True:
        if (found := look()) is not None:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {WAIT_S} s: {what}")
        time.sleep(POLL_S)
