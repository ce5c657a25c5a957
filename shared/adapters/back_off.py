"""The wait between two attempts to write what others are writing at the same moment."""

import random
from collections.abc import Callable


def back_off(attempt: int, sleep: Callable[[float], None], first_s: float, most_s: float) -> None:
    """Wait before every attempt but the first: up to twice as long each time, `most_s` at most.

    The time is random, so that two writers who collided do not collide again.
    """
    if attempt:
        sleep(random.uniform(0, min(most_s, first_s * 2**attempt)))  # noqa: S311 (jitter)
