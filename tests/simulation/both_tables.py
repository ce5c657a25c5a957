"""The table of a world, and beside it the adapter itself over a table that others wrote.

Each call is made on both, and what they answer is compared: what a world is played on must be what
the product runs on.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from shared.adapters.bookings_table import BookingsTable, PutRefused
from shared.config import load_config
from shared.domain.errors import AwsInvalid
from tests.simulation.acts import Acts
from tests.simulation.cloud import TABLE_CALLS, SeededTable
from tests.simulation.trouble import Trouble
from tests.simulation.world import World
from tests.surroundings.fixtures import _Template

ROOT = Path(__file__).resolve().parents[2]
# The adapter's own calls, before a world puts the double's in their place.
OWN = {name: BookingsTable.__dict__[name] for name in TABLE_CALLS}


class OnBoth(SeededTable):
    """The double, and beside it the adapter, on the table that the environment names."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self._adapter = type("Adapter", (BookingsTable,), OWN)(load_config())
        self.differing: list[str] = []
        self.calls: Counter[str] = Counter()
        for name in TABLE_CALLS:
            setattr(self, name, self._on_both(name, getattr(self, name)))

    def _on_both(self, name: str, own: Callable[..., Any]) -> Callable[..., Any]:
        other = getattr(self._adapter, name)

        def make(*arguments: Any, **named: Any) -> Any:
            there, _ = answered(lambda: other(*arguments, **named))
            here, refusal = answered(lambda: own(*arguments, **named))
            self.calls[f"{name} refused" if refusal else name] += 1
            if here != there:
                self.differing.append(f"{name}{arguments}: here {here}, there {there}")
            if refusal:
                raise refusal
            return here

        return make


def answered(call: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """Return what a call gives, or which puts were refused, with the refusal."""
    try:
        return call(), None
    except PutRefused as refused:
        return refused.refused, refused
    except AwsInvalid as invalid:
        return "invalid", invalid


def described_table() -> dict[str, Any]:
    """Return how infra/tables.yaml describes the table of bookings, for `create_table`."""
    described = yaml.load((ROOT / "infra/tables.yaml").read_text(), _Template)
    made = described["Resources"]["Bookings"]["Properties"]
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {name: made[name] for name in wanted}


def played(world: World, seed: int, acts: int) -> OnBoth:
    """Let the first acts of a world be done, and return its table."""
    doing = Acts(world, moves_world=True)
    for number in range(acts):
        world.chance.seed(f"{seed} {number}")
        doing.act()
    table = world.cloud.table
    assert isinstance(table, OnBoth)
    return table
