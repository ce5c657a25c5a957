"""The table in memory, which counts what DynamoDB would charge for.

A write unit is a write of up to 1 KB, two in a transaction. A read unit is a consistent read of up
to 4 KB, of a list what a page has read together. `tests/surroundings/units.py` counts the same on
the wire to moto, and `test_growth.py` holds one against the other.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, override

from shared.adapters.bookings_table import (
    PAGE_ITEMS,
    PUTS_A_CALL,
    Found,
    Key,
    Listed,
    Put,
    Stored,
)
from shared.adapters.table_model import to_json
from tests.interleaving.memory_table import Item
from tests.simulation.cloud import SeededTable
from tests.simulation.trouble import Trouble

KEYS_A_CALL = 100
READ_BYTES, WRITE_BYTES = 4096, 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """Calls to the table, and the units that they take; the index's writes are among them."""

    calls: int = 0
    reads: int = 0
    writes: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.calls + other.calls, self.reads + other.reads, self.writes + other.writes)

    def __str__(self) -> str:
        """Say it as the tables do: calls, read units, write units."""
        return f"{self.calls:,} / {self.reads:,} / {self.writes:,}"


class CountedTable(SeededTable):
    """`cost` is what was asked of it so far, `written` the keys of each write.

    Of a history, partitions that lists are read from are given; `made_when_read` gives any other
    item that is asked for, so that a hundred thousand need not be made.
    """

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.cost = Cost()
        self.written: list[frozenset[Key]] = []
        self.made_when_read: Callable[[Key], Item | None] = lambda _key: None

    def add_history(self, partition: str, rows: dict[str, Item]) -> None:
        """Put items into a partition as if they had always been there."""
        self.partitions[partition].update(rows)

    @override
    def get(self, *keys: Key) -> dict[Key, Stored]:
        for key in keys:
            if key not in self.items and (made := self._of_history(key)):
                self.items[key] = made
        found = super().get(*keys)
        units = sum(_units(_size(key, self.items[key]), READ_BYTES) for key in found)
        calls = -(-len(keys) // KEYS_A_CALL)
        self.cost += Cost(calls, units + len(set(keys)) - len(found))
        return found

    def _of_history(self, key: Key) -> Item | None:
        rows = self.partitions.get(key.pk, {})
        return rows.get(key.sk) or self.made_when_read(key)

    @override
    def query_partition(self, partition: str, prefix: str, limit: int) -> list[Found]:
        found = super().query_partition(partition, prefix, limit)
        self._count_pages([self._size_at(partition, each) for each in found], limit, PAGE_ITEMS)
        return found

    @override
    def query_between(
        self,
        partition: str,
        first: str,
        last: str,
        limit: int,
        *,
        backwards: bool = False,
        page_items: int = PAGE_ITEMS,
    ) -> list[Found]:
        found = super().query_between(partition, first, last, limit, backwards=backwards)
        self._count_pages([self._size_at(partition, each) for each in found], limit, page_items)
        return found

    @override
    def list_page(self, partition: str, oldest: str, newest: str, limit: int) -> list[Listed]:
        return self._counted_list(super().list_page(partition, oldest, newest, limit), limit)

    @override
    def list_oldest(self, partition: str, oldest: str, newest: str, limit: int) -> list[Listed]:
        return self._counted_list(super().list_oldest(partition, oldest, newest, limit), limit)

    @override
    def count_listed(self, partition: str, most: int) -> int:
        self.cost += Cost(1, 1)
        return super().count_listed(partition, most)

    @override
    def _put_once(self, puts: Any) -> None:
        self._count_write(puts, 1 if len(puts) == 1 else 2)
        super()._put_once(puts)

    @override
    def put_each(self, puts: Sequence[Put]) -> None:
        for start in range(0, len(puts), PUTS_A_CALL):
            self._count_write(puts[start : start + PUTS_A_CALL], 1)
        for put in puts:
            super()._put_once([put])

    def count_mark(self) -> None:
        """Count a call about marks, which are kept beside the items here."""
        self.cost += Cost(1, 0, 1)

    def _counted_list(self, found: list[Listed], limit: int) -> list[Listed]:
        sizes = [len(each.place) + len(to_json(each.body)) for each in found]
        self._count_pages(sizes, limit, limit)
        return found

    def _count_pages(self, sizes: Sequence[int], limit: int, page: int) -> None:
        """Count a query's calls: it ends with what was wanted, or with a page that is not full."""
        page = min(limit, page)
        pages = [sizes[start : start + page] for start in range(0, len(sizes), page)] or [[]]
        if len(pages[-1]) == page and len(sizes) < limit:
            pages.append([])
        self.cost += Cost(len(pages), sum(_units(sum(each), READ_BYTES) for each in pages))

    def _count_write(self, puts: Iterable[Any], times: int) -> None:
        units = 0
        self.written.append(frozenset(put.key for put in puts))
        for put in puts:
            old = self.items.get(put.key)
            size = _size(put.key, old) if old else 0
            is_listed = bool(old and old.listed)
            if isinstance(put, Put):
                item = Item(to_json(put.body), (put.version or 0) + 1, put.listed)
                expires = len(f"expires_at_s{put.expires_at_s}") if put.expires_at_s else 0
                size = max(size, _size(put.key, item) + expires)
                is_listed = is_listed or bool(put.listed)
            units += _units(size, WRITE_BYTES) * (times + is_listed)
        self.cost += Cost(1, 0, units)

    def _size_at(self, partition: str, found: Found) -> int:
        return _size(Key(partition, found.sk), self.partitions[partition][found.sk])


def _units(size_bytes: int, a_unit: int) -> int:
    return max(1, -(-size_bytes // a_unit))


def _size(key: Key, item: Item) -> int:
    """Return an item's size in bytes, names and values, as DynamoDB counts it."""
    texts = {"pk": key.pk, "sk": key.sk, "version": str(item.version), "body": item.text}
    if item.listed:
        texts |= {"list_pk": item.listed[0], "list_sk": item.listed[1]}
    return sum(len(name) + len(text.encode()) for name, text in texts.items())
