"""Waiting for what comes later, with an end."""

import time
from collections.abc import Callable

POLL_S = 0.25


def wait_until[Found](look: Callable[[], Found | None], what: str, timeout_s: float = 30) -> Found:
    """Call `look` until it returns something, and return that; fail after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        if (found := look()) is not None:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s:.0f} s: {what}")
        time.sleep(POLL_S)
