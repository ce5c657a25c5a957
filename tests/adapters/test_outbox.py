"""The outbox: each message under one key, spread over shards, found by age, told by its id."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.adapters.bookings_table import BookingsTable, Delete, Put
from shared.adapters.outbox import SHARDS, Outbox, message_puts, read_waiting
from shared.config import Config
from tests.fake_aws import FakeAws
from tests.messages import changed

pytestmark = pytest.mark.enable_socket
NOW_S = 1_795_372_392  # 2026-11-22T18:33:12Z


def written(number: int, at_s: int = NOW_S) -> Put:
    metadata = {"text": 'ü€"\\'}
    message = changed(message_id=f"bk_{number}-evt_1", amount_captured=number, metadata=metadata)
    [put] = message_puts([message], at_s)
    return put


@pytest.fixture
def outbox(
    aws: FakeAws, table: Any, at_fake_aws: Config
) -> Iterator[tuple[FakeAws, Any, Outbox, BookingsTable]]:
    outbox = Outbox(at_fake_aws)
    yield aws, table, outbox, BookingsTable(at_fake_aws)
    outbox._http._close()


def test_the_same_message_has_the_same_key_and_shard() -> None:
    assert written(1) == written(1)
    assert written(1).key != written(2).key
    shards = [written(number).listed for number in range(200)]
    assert {each[0] for each in shards if each} == {f"outbox#{shard}" for shard in range(SHARDS)}


def test_what_is_written_is_what_is_published() -> None:
    waiting = read_waiting(written(1).body)
    assert waiting.key == written(1).key
    assert waiting.detail_type == "booking.changed"
    assert (waiting.detail["amount_captured"], waiting.detail["metadata"]) == (1, {"text": 'ü€"\\'})


def test_what_waits_is_found_by_age_on_every_shard(
    outbox: tuple[FakeAws, Any, Outbox, BookingsTable],
) -> None:
    _, _, under_test, table = outbox
    table.put([written(number, NOW_S) for number in range(40)])
    table.put([written(number, NOW_S + 60) for number in range(40, 50)])
    [found] = under_test.find_waiting("2026-11-22T18:33:13Z", 100)
    assert sorted(each.detail["amount_captured"] for each in found) == list(range(40))
    assert list(under_test.find_waiting("2026-11-22T18:33:12Z", 100)) == [], (
        "not this very second's"
    )


def test_what_has_waited_longest_comes_first(
    outbox: tuple[FakeAws, Any, Outbox, BookingsTable],
) -> None:
    _, _, under_test, table = outbox
    for start in range(0, 300, 50):
        table.put([written(number, NOW_S - number) for number in range(start, start + 50)])
    rounds = [
        [each.detail["amount_captured"] for each in found]
        for found in under_test.find_waiting("2026-11-22T18:33:13Z", 10)
    ]
    # 300 are written, the higher the longer ago: each round is of the oldest on each shard.
    assert all(ages == sorted(ages, reverse=True) for ages in rounds)
    assert len(rounds[0]) == 10 * SHARDS
    assert rounds[0][0] == 299
    everything = [age for ages in rounds for age in ages]
    assert sorted(everything) == list(range(300))


def test_only_what_the_bus_took_is_taken_away(
    outbox: tuple[FakeAws, Any, Outbox, BookingsTable],
) -> None:
    aws, in_table, under_test, table = outbox
    table.put([written(number) for number in range(3)])
    waiting = [read_waiting(written(number).body) for number in range(3)]
    entries = b'[{"EventId": "1"}, {"ErrorCode": "MalformedDetail"}, {"EventId": "3"}]'
    aws.fail("PutEvents", (200, b'{"FailedEntryCount": 1, "Entries": ' + entries + b"}"))
    assert under_test.publish(waiting) == [waiting[1]]
    assert [each["detail"]["amount_captured"] for each in in_table.bodies("outbox").values()] == [1]
    del table


def test_what_is_gone_already_may_be_published_again(
    outbox: tuple[FakeAws, Any, Outbox, BookingsTable],
) -> None:
    aws, in_table, under_test, _ = outbox
    waiting = [read_waiting(written(1).body)]
    assert under_test.publish(waiting) == under_test.publish(waiting) == []
    assert [each["metadata"]["text"] for each in aws.details()] == ['ü€"\\'] * 2
    assert in_table.bodies("outbox") == {}


# Which of four messages each place of a batch has, and whether the bus takes it there.
BATCHES = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=10)


@given(BATCHES)
@example([(0, True), (0, True)])
@example([(0, True), (0, False)])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_message_may_be_in_a_batch_twice(
    outbox: tuple[FakeAws, Any, Outbox, BookingsTable], batch: list[tuple[int, bool]]
) -> None:
    """DynamoDB refuses a transaction with two actions on one item: each is deleted by itself."""
    aws, in_table, under_test, table = outbox
    numbers = {number for number, _ in batch}
    for number in numbers:
        table.put([written(number)])
    entries = [{"EventId": "1"} if taken else {"ErrorCode": "x"} for _, taken in batch]
    answer = {"FailedEntryCount": 0, "Entries": entries}
    aws.fail("PutEvents", (200, json.dumps(answer).encode()))
    waiting = [read_waiting(written(number).body) for number, _ in batch]
    refused = under_test.publish(waiting)
    assert [each.detail["amount_captured"] for each in refused] == [
        number for number, taken in batch if not taken
    ]
    left = {each["detail"]["amount_captured"] for each in in_table.bodies("outbox").values()}
    assert left == {number for number, taken in batch if not taken}, "none is lost, none stays"
    for number in left:
        table.put([Delete(written(number).key)])
