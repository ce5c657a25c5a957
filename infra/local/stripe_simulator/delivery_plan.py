"""A plan by which deliveries go wrong: the same seed and calls give the same fate to each try."""

import random
from dataclasses import dataclass

from infra.local.stripe_simulator.errors import StripeObject, invalid_param

SHUFFLE_WINDOW_S = 0.5
LONGEST_DELAY_S = 3600.0
_SHARES = ("duplicate", "drop", "lose")


@dataclass(frozen=True)
class Fate:
    """What happens to one try: it waits, arrives once or twice, or not at all.

    `dropped` is a try that is repeated, as when the receiver was unreachable; `lost` is for good.
    """

    delay_s: float
    duplicate: bool
    dropped: bool
    lost: bool


@dataclass(frozen=True)
class Plan:
    """The shares (0 to 1) of tries that go wrong, and how long all of them wait in seconds.

    With `shuffle` each try draws its own delay, of up to `delay_s` or half a second, so that
    deliveries overtake each other.
    """

    seed: int = 0
    duplicate: float = 0.0
    delay_s: float = 0.0
    drop: float = 0.0
    lose: float = 0.0
    shuffle: bool = False

    def fate(self, number: int, attempt: int) -> Fate:
        """Decide a try by the delivery's number since the plan began, and the attempt's."""
        # Drawn anew for each try, so that the moment of a retry changes no other fate.
        drawn = random.Random(f"{self.seed}/{number}/{attempt}")  # noqa: S311
        duplicate, dropped, lost, place = (drawn.random() for _ in range(4))
        window_s = max(self.delay_s, SHUFFLE_WINDOW_S)
        return Fate(
            delay_s=place * window_s if self.shuffle else self.delay_s,
            duplicate=duplicate < self.duplicate,
            dropped=dropped < self.drop,
            # What is lost is lost at its first try: nobody knows of it, so nobody repeats it.
            lost=attempt == 1 and lost < self.lose,
        )


def read_plan(sent: StripeObject) -> Plan:
    """Read a plan as the control call sends it."""
    seed, shuffle = sent.get("seed", 0), sent.get("shuffle", False)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise invalid_param("seed must be a whole number", param="seed")
    if not isinstance(shuffle, bool):
        raise invalid_param("shuffle must be true or false", param="shuffle")
    shares = {name: _number(sent, name, 1.0) for name in _SHARES}
    delay_s = _number(sent, "delay_s", LONGEST_DELAY_S)
    return Plan(seed=seed, delay_s=delay_s, shuffle=shuffle, **shares)


def _number(sent: StripeObject, name: str, most: float) -> float:
    value = sent.get(name, 0)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
        raise invalid_param(f"{name} must be from 0 to {most:g}", param=name)
    return float(value)
