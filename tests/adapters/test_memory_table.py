"""The simulator's table in memory does what the real adapter does over moto, call by call."""

from collections import defaultdict
from random import Random
from typing import Any

import pytest
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.exceptions import TransactionCanceledException

from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put, PutRefused
from shared.config import Config
from shared.domain.errors import AwsInvalid
from tests.interleaving.memory_table import CONFLICT, GO, MemoryTable

KEYS = [Key(f"demo#{name}", sort) for name in "abcd" for sort in ("booking", "subject")]
PARTITIONS = ("demo#list", "demo#other")
SEQUENCES, LENGTH = 12, 25


def random_write(random: Random, key: Key) -> Put | Delete:
    if random.random() < 0.25:
        return Delete(key)
    listed = None
    if random.random() < 0.6:
        listed = (random.choice(PARTITIONS), f"2026-{random.randint(1, 4)}#{key.pk}#{key.sk}")
    body = {"n": random.randint(0, 9), "text": random.choice(["", "ü€😀", "\ud83d", '"\\'])}
    return Put(key, body, random.choice([None, 0, 0, 1, 2, 3]), listed)


def random_call(random: Random) -> tuple[str, Any]:
    kind = random.choice([*["put"] * 4, "get", "list", "list_oldest", "query", "between"])
    if kind == "between":
        first, last = sorted(random.choices(["a", "booking", "c", "subject", "~"], k=2))
        return kind, (random.choice(KEYS).pk, first, last, random.randint(1, 2))
    if kind == "query":
        return kind, (
            random.choice(KEYS).pk,
            random.choice(["", "b", "subject"]),
            random.randint(1, 2),
        )
    if kind == "get":
        return kind, random.sample(KEYS, random.randint(1, 5))
    if kind in ("list", "list_oldest"):
        oldest, newest = sorted(random.choices(["0", "2026-2", "2026-3", "~"], k=2))
        return kind, (random.choice(PARTITIONS), oldest, newest, random.randint(1, 4))
    keys = random.sample(KEYS, random.randint(1, 4))
    if random.random() < 0.05:
        keys.append(keys[0])
    return kind, [random_write(random, key) for key in keys]


def made(table: BookingsTable, kind: str, arguments: Any) -> object:
    try:
        if kind == "put":
            table.put(arguments)
            return None
        if kind == "between":
            both = (table.query_between(*arguments, backwards=each) for each in (False, True))
            return [[(each.sk, each.stored) for each in found] for found in both]
        asked: Any = {
            "query": table.query_partition,
            "get": table.get,
            "list": table.list_page,
            "list_oldest": table.list_oldest,
        }[kind]
        return asked(*arguments)
    except PutRefused as refused:
        return "refused", refused.refused
    except AwsInvalid:
        return "invalid"


def test_both_tables_answer_every_call_alike(config: Config, table: Any) -> None:
    random = Random(11)
    answers: list[object] = []
    for sequence in range(SEQUENCES):
        real, memory = BookingsTable(config), MemoryTable()
        table.restore(defaultdict(dict))
        for number in range(LENGTH):
            call = random_call(random)
            expected, answer = made(real, *call), made(memory, *call)
            assert answer == expected, f"sequence {sequence}, call {number}: {call}"
            answers.append(answer)
        kept = table.items()
        assert {(key.pk, key.sk) for key in memory.items} == kept.keys()
    kinds = [each[0] if isinstance(each, tuple) else each for each in answers]
    assert min(kinds.count("refused"), kinds.count("invalid"), kinds.count(None)) > 3


def test_a_refusal_names_the_puts_that_were_refused_whatever_is_deleted_beside_them(
    config: Config, table: Any
) -> None:
    """Named after the bug: pynamodb sends deletes first, so that reasons named the wrong items."""
    del table
    marker, other, gone = KEYS[0], KEYS[1], KEYS[2]
    for real in (BookingsTable(config), MemoryTable()):
        real.put([Put(marker, {})])
        with pytest.raises(PutRefused) as refused:
            real.put([Put(marker, {}), Put(other, {}), Delete(gone)])
        assert refused.value.refused == {marker}


def test_a_pure_conflict_is_tried_again_below_the_store_and_then_told(
    monkeypatch: pytest.MonkeyPatch, config: Config, table: Any
) -> None:
    memory, real = MemoryTable(), BookingsTable(config)
    del table
    backend = get_backend("dynamodb")[DEFAULT_ACCOUNT_ID]["eu-central-1"]
    write = type(backend).transact_write_items
    left = [0]

    def contended(self: Any, *items: Any, **named: Any) -> None:
        if left[0]:
            left[0] -= 1
            # As AWS says it of another transaction under way on the item.
            raise TransactionCanceledException([("TransactionConflict", "Busy", None)] * 2)
        write(self, *items, **named)

    monkeypatch.setattr(type(backend), "transact_write_items", contended)
    memory.pause = lambda _call: (
        CONFLICT if left[0] and not left.__setitem__(0, left[0] - 1) else GO
    )
    for conflicts, expected in ((4, None), (5, ("refused", frozenset()))):
        for table_under_test in (memory, real):
            left[0] = conflicts
            key = Key(f"{conflicts}", type(table_under_test).__name__)
            both = [Put(key, {}), Put(Key(key.pk, f"{key.sk} too"), {})]
            assert made(table_under_test, "put", both) == expected
            assert left[0] == 0
