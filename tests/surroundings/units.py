"""What an act costs of DynamoDB: its calls, and the write units of the table and of its index.

A unit is one write of up to 1 KB; a transaction costs twice that. An item's size is the larger of
what it was and what it becomes, names and values to the byte.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.surroundings.fixtures import TableInMoto

UNIT_BYTES = 1024
WRITES = {"PutItem", "DeleteItem", "UpdateItem"}


@dataclass(frozen=True, slots=True)
class Cost:
    """Calls to DynamoDB, and write units of the table and of the index."""

    calls: int = 0
    units: int = 0
    index_units: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.calls + other.calls,
            self.units + other.units,
            self.index_units + other.index_units,
        )


class Meter:
    """Counts what goes over the wire, through botocore's own hooks."""

    def __init__(self, table: TableInMoto, clients: Mapping[Any, Any]) -> None:
        self._table = table
        self._clients = [made for (service, *_), made in clients.items() if service == "dynamodb"]
        self.cost = Cost()

    @contextmanager
    def counting(self) -> Iterator["Meter"]:
        """Count what is done inside, from nothing on."""
        self.cost = Cost()
        for client in self._clients:
            client.meta.events.register("before-call.dynamodb", self._on_call)
        yield self
        for client in self._clients:
            client.meta.events.unregister("before-call.dynamodb", self._on_call)

    def _on_call(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        body = json.loads(params["body"])
        self.cost += Cost(calls=1)
        if model.name == "TransactWriteItems":
            for each in body["TransactItems"]:
                [write] = each.values()
                self._add(write, 2)
        elif model.name == "BatchWriteItem":
            for requests in body["RequestItems"].values():
                for each in requests:
                    [write] = each.values()
                    self._add(write, 1)
        elif model.name in WRITES:
            self._add(body, 1)

    def _add(self, write: Mapping[str, Any], times: int) -> None:
        new = write.get("Item")
        key = new or write["Key"]
        old = self._table.items().get((key["pk"]["S"], key["sk"]["S"]))
        size = max(
            size_of_item(new or {}),
            size_of_item({name: {"S": text} for name, text in (old or {}).items()}),
        )
        units = max(1, -(-size // UNIT_BYTES))
        is_listed = (new or {}).get("list_pk") is not None or (old or {}).get("list_pk")
        self.cost += Cost(units=units * times, index_units=units if is_listed else 0)


def size_of_item(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Return an item's size in bytes, as DynamoDB counts it."""
    return sum(
        len(name.encode()) + len(str(next(iter(value.values()))).encode())
        for name, value in item.items()
    )
