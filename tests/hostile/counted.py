"""What a call of a function takes: calls to AWS and Stripe, bytes of JSON parsed, items written."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.simulation.world import World

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MAX_ITEM_BYTES = 400 * 1024
MAX_KEY_BYTES = {"pk": 2048, "sk": 1024}


@dataclass
class Taken:
    """What was taken since it was last set back."""

    calls: Counter[str] = field(default_factory=Counter)
    parsed_bytes: int = 0
    items: int = 0


class Counting:
    """Counts in a world, and refuses the items that DynamoDB would refuse."""

    def __init__(self, world: World, patched: pytest.MonkeyPatch) -> None:
        self._taken = Taken()
        fate, put_once, loads = world.trouble.fate, world.cloud.table._put_once, json.loads

        def count_call(service: str, **more: Any) -> str:
            self._taken.calls[service] += 1
            return fate(service, **more)

        def count_items(_table: object, puts: Any) -> None:
            puts = list(puts)
            put_once(puts)
            self._taken.items += len(puts)
            for put in puts:
                self._look_at(world, put)

        def count_bytes(text: str | bytes, **more: Any) -> Any:
            # The doubles parse too: only what the product asks for counts.
            if sys._getframe(1).f_globals["__name__"].startswith(("functions.", "shared.")):
                self._taken.parsed_bytes += len(text)
            return loads(text, **more)

        patched.setattr(world.trouble, "fate", count_call)
        patched.setattr("shared.adapters.bookings_table.BookingsTable._put_once", count_items)
        patched.setattr(json, "loads", count_bytes)

    def _look_at(self, world: World, put: Any) -> None:
        for name, most in MAX_KEY_BYTES.items():
            assert 0 < len(getattr(put.key, name).encode()) <= most, (name, put.key)
        if item := world.cloud.table.items.get(put.key):
            assert len(item.text.encode()) < MAX_ITEM_BYTES, put.key

    @contextmanager
    def counted(self) -> Iterator[Taken]:
        """Count what is done within."""
        before, self._taken = self._taken, Taken()
        try:
            yield self._taken
        finally:
            self._taken = before
