"""The bookings' table in memory, one call at a time, and every call may be stopped at.

It takes the place of `BookingsTable` below its own retry: only the three calls to DynamoDB are
replaced. `test_memory_table` holds it against the real one over moto, call by call.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, override

from shared.adapters.bookings_table import (
    PAGE_ITEMS,
    BookingsTable,
    Delete,
    Found,
    Key,
    Listed,
    Put,
    PutRefused,
    Stored,
    TransactionUnderWay,
)
from shared.adapters.table_model import to_json
from shared.domain.errors import AwsInvalid, AwsUnreachable

if TYPE_CHECKING:
    from shared.config import Config

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
MAX_ACTIONS = 100
GET, PUT, LIST = "get", "put", "list"

# What may become of a call: it is made; the task dies before it or after it; the table does not
# answer, the call made or not; another transaction is under way on one of its items.
GO, DIE_BEFORE, DIE_AFTER = "go", "die before", "die after"
DOWN, ANSWER_LOST, CONFLICT = "down", "answer lost", "conflict"


class Killed(BaseException):
    """The function ends here, as at a time-out of Lambda's."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it is kept; the body as the text that DynamoDB would hold."""

    text: str
    version: int
    listed: tuple[str, str] | None = None

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.text))

    @property
    def stored(self) -> Stored:
        return Stored(self.body, self.version, self.listed is not None)


@dataclass(frozen=True, slots=True)
class Commit:
    """One transaction that was written: its puts, and the versions that they gave their items."""

    written: Mapping[Key, Item]
    deleted: tuple[Key, ...]


class MemoryTable(BookingsTable):
    """What `BookingsTable` promises; `pause`, before each call, says what becomes of it."""

    def __init__(self, items: Mapping[Key, Item] | None = None) -> None:
        super().__init__(cast("Config", None))
        self.items: dict[Key, Item] = dict(items or {})
        self.commits: list[Commit] = []
        self.pause: Callable[[str], str] = lambda _call: GO
        # What the last call gave, and all that was ever written: for telling two states apart.
        self.last_result: object = None
        self.history = 0

    @override
    def get(self, *keys: Key) -> dict[Key, Stored]:
        order = self._enter(GET)
        found = {key: item.stored for key in keys if (item := self.items.get(key)) is not None}
        self.last_result = tuple(self.items.get(key) for key in keys)
        self._leave(order)
        return found

    @override
    def list_page(self, partition: str, oldest: str, newest: str, limit: int) -> list[Listed]:
        return self._places(partition, oldest, newest)[::-1][:limit]

    @override
    def list_oldest(self, partition: str, oldest: str, newest: str, limit: int) -> list[Listed]:
        return self._places(partition, oldest, newest)[:limit]

    def _places(self, partition: str, oldest: str, newest: str) -> list[Listed]:
        order = self._enter(LIST)
        places = [
            Listed(item.listed[1], item.body)
            for item in self.items.values()
            if item.listed and item.listed[0] == partition and oldest <= item.listed[1] <= newest
        ]
        self._leave(order)
        return sorted(places, key=lambda each: each.place)

    @override
    def query_partition(self, partition: str, prefix: str, limit: int) -> list[Found]:
        order = self._enter(LIST)
        found = sorted(
            (key.sk, item)
            for key, item in self.items.items()
            if key.pk == partition and key.sk.startswith(prefix)
        )
        self._leave(order)
        return [Found(sk, item.stored) for sk, item in found[:limit]]

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
        order = self._enter(LIST)
        found = sorted(
            (
                (key.sk, item)
                for key, item in self.items.items()
                if key.pk == partition and first <= key.sk <= last
            ),
            key=lambda each: each[0],
            reverse=backwards,
        )
        self._leave(order)
        return [Found(sk, item.stored) for sk, item in found[:limit]]

    @override
    def _put_once(self, puts: list[Put | Delete]) -> None:
        order = self._enter(PUT)
        self.last_result = None
        if order == CONFLICT:
            raise TransactionUnderWay(frozenset())
        if len({put.key for put in puts}) < len(puts) or not 1 <= len(puts) <= MAX_ACTIONS:
            raise AwsInvalid("dynamodb: ValidationException", code="ValidationException")
        refused = {put.key for put in puts if isinstance(put, Put) and not self._holds(put)}
        if refused:
            self.last_result = frozenset(refused)
            self._leave(order)
            raise PutRefused(frozenset(refused))
        written = {put.key: _item(put) for put in puts if isinstance(put, Put)}
        deleted = tuple(put.key for put in puts if isinstance(put, Delete))
        for key in deleted:
            self.items.pop(key, None)
        self.items |= written
        self.commits.append(Commit(written, deleted))
        self.history = hash((self.history, frozenset(written.items()), deleted))
        self._leave(order)

    @override
    def put_each(self, puts: Sequence[Put]) -> None:
        for put in puts:
            self._put_once([put])

    def _holds(self, put: Put) -> bool:
        there = self.items.get(put.key)
        if put.version is None:
            return True
        if put.version == 0:
            return there is None
        return there is not None and there.version == put.version

    def _enter(self, call: str) -> str:
        order = self.pause(call)
        if order == DIE_BEFORE:
            raise Killed
        if order == DOWN:
            raise AwsUnreachable("the table gave no answer")
        return order

    @staticmethod
    def _leave(order: str) -> None:
        if order == DIE_AFTER:
            raise Killed
        if order == ANSWER_LOST:
            raise AwsUnreachable("the table gave no answer")


def _item(put: Put) -> Item:
    return Item(to_json(put.body), (put.version or 0) + 1, put.listed)
