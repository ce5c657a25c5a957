"""What is read of DynamoDB's table, in read units.

A unit is a consistent read of up to 4 KB. Of a list what it has read is added up first, of single
items each counts for itself; what was looked for and is not there counts one.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.surroundings.units import size_of_item

UNIT_BYTES = 4096
READS = {"Query", "GetItem", "BatchGetItem"}


@dataclass
class Reads:
    """The calls that read, and their units."""

    calls: int = 0
    units: int = 0

    def add(self, call: str, answer: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
        """Count one call's answer."""
        self.calls += 1
        if call == "Query":
            self.units += _units(sum(map(size_of_item, answer["Items"])))
        elif call == "GetItem":
            self.units += _units(size_of_item(answer.get("Item", {})))
        else:
            [(name, wanted)] = asked["RequestItems"].items()
            found = answer["Responses"].get(name, [])
            self.units += sum(_units(size_of_item(each)) for each in found)
            self.units += len(wanted["Keys"]) - len(found)


def _units(size_bytes: int) -> int:
    return max(1, -(-size_bytes // UNIT_BYTES))


@contextmanager
def counting_reads(clients: Mapping[Any, Any]) -> Iterator[Reads]:
    """Count what is read inside, through botocore's own hooks."""
    reads, asked = Reads(), dict[str, Any]()
    wired = [made for (service, *_), made in clients.items() if service == "dynamodb"]

    def on_call(model: Any, params: dict[str, Any], **_: Any) -> None:
        if model.name in READS:
            asked.update(body=json.loads(params["body"]))

    def on_answer(model: Any, parsed: Mapping[str, Any], **_: Any) -> None:
        if model.name in READS:
            reads.add(model.name, parsed, asked["body"])

    hooks = (("before-call.dynamodb", on_call), ("after-call.dynamodb", on_answer))
    for client, (name, hook) in itertools.product(wired, hooks):
        client.meta.events.register(name, hook)
    yield reads
    for client, (name, hook) in itertools.product(wired, hooks):
        client.meta.events.unregister(name, hook)
