"""The product's table in memory, for histories."""

from collections import defaultdict
from typing import Any, override

from shared.adapters.bookings_table import PAGE_ITEMS, Found, Key, Listed
from tests.interleaving.memory_table import DOWN, GO, MemoryTable


class Table(MemoryTable):
    """The table in memory, with what the ledger asks of it, and places that are found at once."""

    def __init__(self) -> None:
        super().__init__()
        self.partitions: dict[str, dict[str, Any]] = defaultdict(dict)
        self.lists: dict[str, dict[Key, str]] = defaultdict(dict)
        # In which of the lists an item is, where it is in one.
        self._listed_in: dict[Key, str] = {}
        # How many more writes are made, where not all are.
        self.writes_left: int | None = None
        self.pause = self._order

    def _order(self, call: str) -> str:
        if call != "put" or self.writes_left is None:
            return GO
        self.writes_left -= 1
        return GO if self.writes_left >= 0 else DOWN

    @override
    def _put_once(self, puts: Any) -> None:
        super()._put_once(puts)
        commit = self.commits.pop()
        for key in commit.deleted:
            self.partitions[key.pk].pop(key.sk, None)
            self._unlist(key)
        for key, item in commit.written.items():
            self.partitions[key.pk][key.sk] = item
            self._unlist(key)
            if item.listed:
                self._listed_in[key] = item.listed[0]
                self.lists[item.listed[0]][key] = item.listed[1]

    def _unlist(self, key: Key) -> None:
        if (partition := self._listed_in.pop(key, None)) is not None:
            del self.lists[partition][key]

    @override
    def list_page(self, partition: str, oldest: str, newest: str, limit: int) -> list[Listed]:
        found = sorted(
            (
                (place, key)
                for key, place in self.lists[partition].items()
                if oldest <= place <= newest
            ),
            key=lambda each: each[0],
            reverse=True,
        )
        return [Listed(place, self.items[key].body) for place, key in found[:limit]]

    @override
    def query_partition(self, partition: str, prefix: str, limit: int) -> list[Found]:
        rows = self.partitions[partition]
        return self._found(partition, sorted(sk for sk in rows if sk.startswith(prefix))[:limit])

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
        rows = self.partitions[partition]
        places = sorted((sk for sk in rows if first <= sk <= last), reverse=backwards)
        return self._found(partition, places[:limit])

    def _found(self, partition: str, places: list[str]) -> list[Found]:
        rows = self.partitions[partition]
        return [Found(sk, rows[sk].stored) for sk in places]
