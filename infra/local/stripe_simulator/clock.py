"""The simulator's time, and what is due to happen at a moment of it."""

import heapq
import itertools
import time
from collections.abc import Callable


class Clock:
    """Real time plus an offset, which can be advanced or stopped; it may begin behind real time.

    Times are Unix seconds. Things scheduled with `at` happen when `run_due` finds them due; while
    the clock is moved forward each of them sees its own moment as the present.
    """

    def __init__(self, real_time: Callable[[], float] = time.time, behind_s: float = 0.0) -> None:
        self._real_time = real_time
        self._offset_s = -behind_s
        self._stopped_at: float | None = None
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    @property
    def stopped(self) -> bool:
        """Whether the clock stands still."""
        return self._stopped_at is not None

    def exact(self) -> float:
        """Tell the time with its fraction of a second."""
        if self._stopped_at is not None:
            return self._stopped_at
        return self._real_time() + self._offset_s

    def now(self) -> int:
        """Tell the time in whole seconds, as Stripe's objects carry it."""
        return int(self.exact())

    def at(self, moment: float, happen: Callable[[], None]) -> None:
        """Schedule something for a moment, which may be in the past: it is then due at once."""
        heapq.heappush(self._due, (moment, next(self._order), happen))

    def run_due(self) -> None:
        """Let everything happen whose moment has come, in the order of the moments."""
        while self._due and self._due[0][0] <= self.exact():
            heapq.heappop(self._due)[2]()

    def advance(self, seconds: float) -> None:
        """Move forward; what falls into the span happens at its own moment on the way."""
        target = self.exact() + seconds
        while self._due and self._due[0][0] <= target:
            moment, _, happen = heapq.heappop(self._due)
            self._set(max(moment, self.exact()))
            happen()
        self._set(max(target, self.exact()))

    def stop(self) -> None:
        """Stand still until `start`."""
        self._stopped_at = self.exact()

    def start(self) -> None:
        """Run on from where the clock stands."""
        if self._stopped_at is not None:
            self._offset_s = self._stopped_at - self._real_time()
            self._stopped_at = None

    def _set(self, moment: float) -> None:
        if self._stopped_at is not None:
            self._stopped_at = moment
        else:
            self._offset_s = moment - self._real_time()
