"""One world, from its seed to its judgement; and the fewest acts that still show a fault."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.simulation.acts import Acts
from tests.simulation.judge import faults
from tests.simulation.watch import Watch
from tests.simulation.world import World

ACTS = 40
# Of how many calls of a function something goes wrong, by the seed's last digit. What fails in a
# world without trouble fails anywhere.
TROUBLE = (0, 0.05, 0.1, 0.3, 0.6)
# In one world of so many a place goes live, after half of its acts or so.
LIVE_EVERY = 7


@dataclass(frozen=True)
class Played:
    """What was found in a world, and what had been done in it."""

    seed: int
    plan: tuple[int, ...]
    faults: tuple[str, ...]
    done: tuple[str, ...]
    trouble: dict[str, int]


def play(seed: int, plan: Sequence[int] = (), *, acts: int = ACTS) -> Played:
    """Let a world live, and judge it. `plan` are the acts by number, all of them where empty.

    Each act has a chance of its own, so that it does the same where others are left out.
    """
    plan = tuple(plan) or tuple(range(acts))
    with pytest.MonkeyPatch.context() as patched:
        world = World(patched, seed, trouble=TROUBLE[seed % len(TROUBLE)])
        doing = Acts(world, moves_world=True)
        watch = Watch(world)
        found: list[str] = []
        try:
            for number in plan:
                world.chance.seed(f"{seed} {number}")
                random.seed(f"{seed} {number}")
                if number == live_at(seed):
                    doing.do(doing.go_live)
                else:
                    doing.act()
                watch.look()
            world.calm(watch.look)
            found += faults(world)
        except Exception as error:  # noqa: BLE001
            where = error.__traceback__
            while where and where.tb_next:
                where = where.tb_next
            at = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else ""
            found.append(f"broke: {type(error).__name__}: {str(error)[:300]} at {at}")
        return Played(
            seed, plan, (*watch.found, *found), tuple(doing.done), dict(world.trouble.seen)
        )


def live_at(seed: int) -> int | None:
    """Return the number of the act at which a place goes live, `None` where none does."""
    return ACTS // 4 + seed // LIVE_EVERY % (ACTS // 2) if seed % LIVE_EVERY == 0 else None


def shrunk(found: Played, tries: int = 60) -> Played:
    """Return the same fault with fewer acts, as far as some tries go."""
    kind, best, size = _kind(found), found, max(1, len(found.plan) // 2)
    while size and tries:
        start = 0
        while start < len(best.plan) and tries:
            fewer = best.plan[:start] + best.plan[start + size :]
            tries -= 1
            again = play(found.seed, fewer) if fewer else None
            if again and again.faults and _kind(again) == kind:
                best = again
            else:
                start += size
        size //= 2
    return best


def _kind(found: Played) -> str:
    """Return what a fault is like, without its ids and figures."""
    return " ".join(word for word in found.faults[0].split() if word.isalpha())
