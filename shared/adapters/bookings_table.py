"""DynamoDB's one table: items are read, listed, and written in transactions.

`table_model` says which items there are.

Every changeable item has a `version` and is written on the condition that it is still the one that
was read: no writer ever overwrites another's facts. Reads are consistent.

It is over 300 lines because every kind of call to the table is here, with what it promises.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from pynamodb.exceptions import (
    CancellationReason,
    DeleteError,
    PutError,
    PynamoDBException,
    TransactWriteError,
)
from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from shared.adapters.aws_errors import CLIENT_ERROR, AwsFailure, aws_error
from shared.adapters.retry_write import retry_write
from shared.adapters.table_model import Item, model_of, table_error, to_json
from shared.config import Config
from shared.domain.errors import WriteConflict

CONDITION_FAILED, UNDER_WAY = "ConditionalCheckFailed", "TransactionConflict"
CONFLICT = "TransactionConflictException"
PUT_ATTEMPTS = 5
PAGE_ITEMS = 100
PUTS_A_CALL = 25


class Key(Struct, frozen=True):
    """Where an item is: its partition key and its sort key."""

    pk: str
    sk: str


class Stored(Struct, frozen=True):
    """An item as it was read: its body and the version that a write has to find unchanged.

    `is_listed` says that it has a place in the index.
    """

    body: dict[str, Any]
    version: int
    is_listed: bool = False


class Put(Struct, frozen=True):
    """An item to be written: new where `version` is 0, else in the place of that version.

    With `version` None it overwrites whatever is there: only for what is derived from another item
    that the same transaction guards.
    `listed` is the index's `(partition, sort key)`; `expires_at_s` when it may be deleted.
    """

    key: Key
    body: Mapping[str, Any]
    version: int | None = 0
    listed: tuple[str, str] | None = None
    expires_at_s: int | None = None


class Listed(Struct, frozen=True):
    """An item of a list, and its place in it."""

    place: str
    body: dict[str, Any]


class Delete(Struct, frozen=True):
    """An item to be deleted, if it is there."""

    key: Key


class Found(Struct, frozen=True):
    """An item of a partition, with its sort key."""

    sk: str
    stored: Stored


class PutRefused(WriteConflict):
    """A transaction of which nothing was written; `refused` are the keys whose condition failed.

    It is empty in `TransactionUnderWay`.
    """

    def __init__(self, refused: frozenset[Key]) -> None:
        super().__init__("a transaction found its items changed")
        self.refused = refused


class TransactionUnderWay(PutRefused):
    """Another transaction was under way on the same items, and may fail itself."""


class BookingsTable:
    """Reads and writes the table's items."""

    def __init__(self, config: Config) -> None:
        self._config = config

    @property
    def _model(self) -> type[Item]:
        return model_of(self._config.table_name, self._config.aws)

    def get(self, *keys: Key) -> dict[Key, Stored]:
        """Return those of the items that are there, a hundred with each call.

        Raises `AwsUnreachable`, or `AwsRefused`, as every method does.
        """
        try:
            found = self._model.batch_get([(key.pk, key.sk) for key in keys], consistent_read=True)
            return {Key(item.pk, item.sk): _stored(item) for item in found}
        except PynamoDBException as error:
            raise table_error(error) from error

    def put(self, puts: Iterable[Put | Delete]) -> None:
        """Write all of the items or none: in one transaction, or one alone without, for half.

        Raises `PutRefused` with the keys whose item was there already or has changed, and
        `AwsUnreachable` when the outcome is not known: read again.
        """
        # pynamodb sends deletes before puts, whatever the order here: the reasons of a refusal come
        # in the order that was sent.
        written = sorted(puts, key=lambda put: isinstance(put, Put))
        # If the other transaction failed too, both writers would give up for nothing: only after it
        # has ended do the conditions count.
        retry_write(lambda: self._put_once(written), TransactionUnderWay, PUT_ATTEMPTS)

    def _put_once(self, puts: list[Put | Delete]) -> None:
        if len(puts) == 1:
            self._put_alone(puts[0])
            return
        try:
            with TransactWrite(connection=self._model.connection()) as transaction:
                for put in puts:
                    if isinstance(put, Delete):
                        transaction.delete(self._model(put.key.pk, put.key.sk))
                    else:
                        transaction.save(self._item(put), condition=self._condition(put))
        except TransactWriteError as error:
            raise _refusal(error, puts) from error
        except PynamoDBException as error:
            raise table_error(error) from error

    def _put_alone(self, put: Put | Delete) -> None:
        # If its answer is lost and the library repeats it, it is refused by its own success: the
        # caller reads again, as after any lost race.
        try:
            if isinstance(put, Delete):
                self._model(put.key.pk, put.key.sk).delete()
            else:
                self._item(put).save(condition=self._condition(put))
        except (PutError, DeleteError) as error:
            if error.cause_response_code == CONFLICT:
                raise TransactionUnderWay(frozenset()) from error
            if error.cause_response_code == f"{CONDITION_FAILED}Exception":
                raise PutRefused(frozenset({put.key})) from error
            raise table_error(error) from error
        except PynamoDBException as error:
            raise table_error(error) from error

    def put_each(self, puts: Sequence[Put]) -> None:
        """Write items that do not depend on each other over what is there, 25 with each call.

        Half as dear as a transaction. Where it raises, some may be written.
        """
        for start in range(0, len(puts), PUTS_A_CALL):
            part = [self._item(put) for put in puts[start : start + PUTS_A_CALL]]
            try:
                self._model.write_page(part)
            except PynamoDBException as error:
                raise table_error(error) from error

    def list_page(self, partition: str, oldest: str, newest: str, limit: int) -> list[Listed]:
        """Return up to `limit` (100 at the most) items of an index partition, newest first.

        `oldest` and `newest` bound the sort key, both included. The index follows within moments.
        """
        return self._listed(partition, oldest, newest, limit)

    def list_oldest(self, partition: str, oldest: str, newest: str, limit: int) -> list[Listed]:
        """Return what `list_page` does, oldest first."""
        return self._listed(partition, oldest, newest, limit, is_forward=True)

    def _listed(
        self, partition: str, oldest: str, newest: str, limit: int, *, is_forward: bool = False
    ) -> list[Listed]:
        try:
            found = self._model.by_created.query(
                partition,
                range_key_condition=Item.list_sk.between(oldest, newest),
                scan_index_forward=is_forward,
                limit=limit,
                page_size=limit,
            )
            return [Listed(str(item.list_sk), json.loads(item.body)) for item in found]
        except PynamoDBException as error:
            raise table_error(error) from error

    def count_listed(self, partition: str, most: int) -> int:
        """Return how many items of an index partition there are, `most` where there are more.

        In one call, which brings no item.
        """
        try:
            return int(self._model.by_created.count(partition, limit=most))
        except PynamoDBException as error:
            raise table_error(error) from error

    def query_partition(self, partition: str, prefix: str, limit: int) -> list[Found]:
        """Return up to `limit` items of a partition whose sort key has a prefix, in key order.

        Reads are consistent, and come in pages of a hundred items.
        """
        return self._query(partition, Item.sk.startswith(prefix) if prefix else None, limit)

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
        """Return up to `limit` items of a partition between two sort keys, both included.

        They come in the order of the keys, or `backwards`; reads are consistent, with up to
        `page_items` items in a call.
        """
        keys = Item.sk.between(first, last)
        return self._query(partition, keys, limit, backwards=backwards, page_items=page_items)

    def _query(
        self,
        partition: str,
        keys: Condition | None,
        limit: int,
        *,
        backwards: bool = False,
        page_items: int = PAGE_ITEMS,
    ) -> list[Found]:
        try:
            found = self._model.query(
                partition,
                range_key_condition=keys,
                consistent_read=True,
                scan_index_forward=not backwards,
                limit=limit,
                page_size=min(limit, page_items),
            )
            return [Found(str(item.sk), _stored(item)) for item in found]
        except PynamoDBException as error:
            raise table_error(error) from error

    def iterate_between(self, partition: str, first: str, last: str) -> Iterator[Found]:
        """Yield all items of a partition between two sort keys, both included, page by page."""
        while first <= last:
            page = self.query_between(partition, first, last, PAGE_ITEMS)
            yield from page
            if len(page) < PAGE_ITEMS:
                return
            # Right after it: no key of ours has a character that sorts before the space.
            first = f"{page[-1].sk} "

    def iterate_listed(self, partition: str, oldest: str, newest: str) -> Iterator[Listed]:
        """Yield all items of an index partition between two places, newest first, page by page."""
        last = None
        while True:
            page = self.list_page(partition, oldest, newest, PAGE_ITEMS)
            yield from (each for each in page if each.place != last)
            if len(page) < PAGE_ITEMS:
                return
            last = newest = page[-1].place

    def _item(self, put: Put) -> Item:
        listed = put.listed or (None, None)
        return self._model(
            put.key.pk,
            put.key.sk,
            version=(put.version or 0) + 1,
            body=to_json(put.body),
            list_pk=listed[0],
            list_sk=listed[1],
            expires_at_s=put.expires_at_s,
        )

    @staticmethod
    def _condition(put: Put) -> Condition | None:
        if put.version is None:
            return None
        if put.version == 0:
            return Item.pk.does_not_exist()
        return Item.version == put.version


def place(at_s: int, name: str) -> str:
    """Return an item's place in a list by time: `2026-11-22T09:30:00Z#name`."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%SZ}#{name}"


def _stored(item: Item) -> Stored:
    return Stored(json.loads(item.body), int(item.version), item.list_pk is not None)


def _refusal(error: TransactWriteError, puts: Sequence[Put | Delete]) -> PutRefused | AwsFailure:
    reasons: list[CancellationReason | None] = list(error.cancellation_reasons)
    if not reasons:
        return table_error(error)
    refused = frozenset(
        put.key
        for put, reason in zip(puts, reasons, strict=True)
        if reason is not None and reason.code == CONDITION_FAILED
    )
    if refused:
        return PutRefused(refused)
    codes = [reason.code for reason in reasons if reason is not None and reason.code != UNDER_WAY]
    return aws_error("dynamodb", codes[0], CLIENT_ERROR) if codes else TransactionUnderWay(refused)
