"""A write that lost a race is tried again: what it rests on is read and decided anew.

So is what DynamoDB left undone of a batch.
"""

import random
import time
from collections.abc import Callable

from shared.domain.errors import BookpayError, Overtaken, WriteConflict

# Whoever writes one item at this moment loses at most once to each of the others.
ATTEMPTS = 12
FIRST_S, MOST_S = 0.02, 0.64


def retry_write[T](
    write: Callable[[], T], lost: type[BookpayError] = WriteConflict, attempts: int = ATTEMPTS
) -> T:
    """Return what `write` returns, which reads, decides and writes; again where it raises `lost`.

    The wait before each new attempt is random, so that two who collided do not collide again, and
    up to twice as long each time, `MOST_S` at most. Raises the last attempt's `lost`, and at once
    `Overtaken` and all else.
    https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
    """
    for attempt in range(1, attempts):
        try:
            return write()
        except Overtaken:
            raise
        except lost:
            time.sleep(random.uniform(0, min(MOST_S, FIRST_S * 2**attempt)))  # noqa: S311 (jitter)
    return write()
