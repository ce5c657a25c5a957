"""A write that lost a race is tried again: read, decided and written anew."""

import random
import time
from collections.abc import Callable

from shared.domain.errors import Conflict, WriteConflict

# A person loses at most once to each of the others, and to Stripe's events, at this moment.
ATTEMPTS = 12
BACK_OFF_S = 0.03


def retry_write[T](write: Callable[[], T]) -> T:
    """Return what `write` returns, which reads, decides and writes anew at each attempt.

    Raises `Conflict` `request_in_progress` after twelve lost races.
    """
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, BACK_OFF_S * 2 ** min(attempt, 4)))  # noqa: S311 (jitter)
        try:
            return write()
        except WriteConflict:
            continue
    raise Conflict("The booking is being changed; try again.", code="request_in_progress")
