"""`make simulate SEEDS=a-b`: worlds out of their seeds, side by side; 1 where one shows a fault."""

import gc
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import redirect_stdout
from io import StringIO

# The library reads them as it is imported, and without pytest nobody has set them.
os.environ |= {"POWERTOOLS_SERVICE_NAME": "bookpay", "POWERTOOLS_METRICS_NAMESPACE": "Bookpay"}

from tests.simulation.play import Played, play, shrunk

PROGRESS_EVERY_S = 2.0


def main(arguments: list[str]) -> int:
    """Play the worlds, say how far it is, and at last how many there were."""
    first, _, last = (arguments[0] if arguments else "1-40").partition("-")
    seeds = range(int(first), int(last or first) + 1)
    began, said = time.monotonic(), 0.0
    found: list[Played] = []
    with ProcessPoolExecutor(os.cpu_count(), initializer=collect_seldom) as pool:
        waiting = [pool.submit(quietly, seed) for seed in seeds]
        for done, each in enumerate(as_completed(waiting), 1):
            played = each.result()
            if played.faults:
                found.append(played)
                print(f"seed {played.seed}: {played.faults[0]}", flush=True)
            if time.monotonic() - said > PROGRESS_EVERY_S:
                said = time.monotonic()
                print(
                    f"  {done} of {len(seeds)} worlds, {len(found)} with faults, "
                    f"{said - began:.0f} s",
                    file=sys.stderr,
                    flush=True,
                )
        for played in found[:3]:
            tell(pool.submit(_shrunk, played).result())
    print(f"{len(seeds)} worlds, {f'{len(found)} with faults' if found else 'nothing found'}")
    return 1 if found else 0


def collect_seldom() -> None:
    """Leave what was imported to itself, and a world's objects mostly: a fifth of its time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def quietly(seed: int) -> Played:
    """Play a world without what its functions print."""
    with redirect_stdout(StringIO()):
        return play(seed)


def _shrunk(played: Played) -> Played:
    with redirect_stdout(StringIO()):
        return shrunk(played)


def tell(played: Played) -> None:
    """Print a world that shows a fault: the fewest acts, and all that is wrong."""
    print(f"\nseed {played.seed}, acts {','.join(map(str, played.plan))}")
    for act in played.done:
        print(f"    {act}")
    for fault in played.faults:
        print(f"  ✗ {fault}")
    print(f"  trouble: {played.trouble}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
