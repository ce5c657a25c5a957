"""What goes wrong: at which of a function's calls, and how."""

import random
from collections import Counter

from tests.interleaving.memory_table import (
    ANSWER_LOST,
    CONFLICT,
    DIE_AFTER,
    DIE_BEFORE,
    DOWN,
    GO,
    Killed,
)

__all__ = ["FATES", "Killed", "Trouble"]

# A call is not made, or made and its answer lost; the function dies before it or right after it.
FATES = (DOWN, ANSWER_LOST, DIE_BEFORE, DIE_AFTER)
# How many calls of a function may go by before something goes wrong with one.
FAR = 16


class Trouble:
    """Decides what becomes of each call to another service, from a seed's chance."""

    def __init__(self, chance: random.Random, share: float) -> None:
        self._chance, self.share = chance, share
        self._calls_left: int | None = None
        self._fate = GO
        # What happened, for whoever asks whether it does.
        self.seen: Counter[str] = Counter()
        # How often something went wrong for each function.
        self.met: Counter[str] = Counter()
        self._function = ""

    def begin(self, function: str) -> None:
        """Let a function begin: in some share of its calls one goes wrong."""
        self._function = function
        self._calls_left = None
        if self.share and self._chance.random() < self.share:
            self._calls_left = self._chance.randrange(FAR)
            self._fate = self._chance.choice(FATES)

    def end(self) -> None:
        """Let whoever looks now look without trouble."""
        self._calls_left = None

    def fate(self, service: str, *, may_conflict: bool = False) -> str:
        """Return what becomes of the next call of a service."""
        if self._calls_left is None:
            return GO
        self._calls_left -= 1
        if self._calls_left >= 0:
            return GO
        self._calls_left = None
        fate = CONFLICT if may_conflict and self._chance.random() < 0.2 else self._fate
        self.seen[f"{service}: {fate}"] += 1
        self.met[self._function] += 1
        return fate
