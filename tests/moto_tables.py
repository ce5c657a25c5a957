"""A table in moto as the tests use it: transactions copy no items, queries do not sort them all."""

import copy
import inspect
from collections import defaultdict
from typing import Any

import pytest
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table


def share_items(patched: pytest.MonkeyPatch) -> None:
    """Let moto keep a table's items, and not copies of them, while a transaction runs.

    It copies every item before each transaction, to put the table back where one is refused: most
    of a long test's time. Puts and deletes replace items as a whole, so that the old ones are
    enough; an update would change them, and is refused here.
    """
    write = DynamoDBBackend.transact_write_items

    def write_without_updates(backend: DynamoDBBackend, transact_items: list[Any]) -> None:
        assert not any("Update" in each for each in transact_items), "moto needs its copy for it"
        write(backend, transact_items)

    patched.setattr(DynamoDBBackend, "transact_write_items", write_without_updates)
    patched.setattr(Table, "__deepcopy__", _shared, raising=False)


def query_partitions(patched: pytest.MonkeyPatch) -> None:
    """Let a query of a table, not of an index, look at the items of its partition alone.

    moto sorts all items of the table for each, comparing them one by one, and then throws all but a
    partition away: a month of thirty payments took 17 million comparisons.
    """
    query = Table.query
    parameters = inspect.signature(query)

    def query_one(table: Table, hash_key: Any, *given: Any, **named: Any) -> Any:
        if parameters.bind(table, hash_key, *given, **named).arguments.get("index_name"):
            return query(table, hash_key, *given, **named)
        partition = copy.copy(table)
        partition.items = defaultdict(dict, {hash_key: table.items.get(hash_key, {})})
        return query(partition, hash_key, *given, **named)

    patched.setattr(Table, "query", query_one)


def _shared(table: Table, _memo: dict[int, Any]) -> Table:
    """Return the table with the same items, in rows of its own."""
    kept = copy.copy(table)
    kept.items = defaultdict(dict, {key: dict(rows) for key, rows in table.items.items()})
    return kept
