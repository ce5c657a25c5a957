"""DynamoDB and EventBridge: messages that wait in the table until the bus has accepted them.

A new message has the sort key `outbox`, by which the table's stream hands it to publish_outbox. A
delayed one has `delayed#<due_s>`: the stream leaves it alone, and its place in the list is
the time it is due, so that the sweeper's query, which ends at the present, finds it then and not
before. A message that is due in months is not read until then.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put, place
from shared.adapters.correlation import correlated
from shared.adapters.oldest_first import rounds_of
from shared.adapters.signed_http import SignedHttp
from shared.config import Config
from shared.domain.errors import AwsUnreachable
from shared.domain.messages.envelopes import envelope_of
from shared.domain.messages.message import Message, Order

SOURCE = "bookpay"
SORT_KEY = "outbox"
DELAYED = "delayed"
# Index partitions of all that waits: enough that none is hot, few enough to look at each.
SHARDS = 8
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
MAX_ENTRIES = 10


class Waiting(Struct, frozen=True):
    """A message that is not known to be published: its key, and what is to be put on the bus.

    It is published as it was written: this release need not know what another one wrote.
    """

    key: Key
    detail_type: str
    detail: dict[str, Any]

    @property
    def correlation_id(self) -> str | None:
        """What the log knows it by; an earlier release wrote none."""
        return self.detail.get("correlation_id")

    @property
    def was_delayed(self) -> bool:
        """Whether it waited because it was not due, not because the stream missed it."""
        return self.key.sk != SORT_KEY


class Outbox:
    """Publishes waiting messages, and removes those that the bus accepted."""

    def __init__(self, config: Config) -> None:
        self._bus = config.event_bus_name
        self._http = SignedHttp(config.aws, "events")
        self._table = BookingsTable(config)

    def publish(self, messages: Sequence[Waiting]) -> list[Waiting]:
        """Publish up to ten messages and return those that the bus did not accept.

        An accepted message is removed afterwards, so that a crash in between publishes it twice:
        its `message_id` shows that. Raises `AwsRefused` or `AwsUnreachable`.
        """
        entries = [
            {
                "EventBusName": self._bus,
                "Source": SOURCE,
                "DetailType": message.detail_type,
                "Detail": json.dumps(message.detail),
            }
            for message in messages[:MAX_ENTRIES]
        ]
        answer = self._http.call("AWSEvents.PutEvents", {"Entries": entries})
        results = answer.get("Entries") or []
        if len(results) != len(entries):
            raise AwsUnreachable("the bus did not say what it took")
        refused = [
            message
            for message, result in zip(messages, results, strict=True)
            if "EventId" not in result
        ]
        # The stream may hand the same one over twice.
        taken = {message.key for message in messages} - {message.key for message in refused}
        for key in sorted(taken, key=str):
            # One by one: none of them depends on another, and a transaction costs twice.
            self._table.put([Delete(key)])
        return refused

    def find_waiting(self, before: str, limit: int) -> Iterator[list[Waiting]]:
        """Yield rounds of messages that were written, or due, before an instant, oldest first.

        `before` is an instant of UTC, such as `2026-11-22T09:30:00Z`. A round has up to `limit`
        messages from each shard, and is read when it is asked for.
        """
        shards = [_partition(shard) for shard in range(SHARDS)]
        for found in rounds_of(self._table, shards, before, limit):
            yield [read_waiting(item.body) for item in found]


def message_puts(messages: Iterable[Message], now_s: int) -> list[Put]:
    """Return the writes of messages, for the transaction of the change that they follow from.

    `now_s` is when they are written: the sweeper looks for older ones. An order with a `due_s`
    waits for it, and is published two to seven minutes later; what is due already goes with the
    sweeper's next run. What it asks for may be over by then: whoever receives it reads the state
    again. The same order may wait for several times at once, each under its own key.
    """
    return [_put(message, now_s) for message in messages]


def _put(message: Message, now_s: int) -> Put:
    location_id, message_id = message.location_id, message.message_id
    envelope = envelope_of(correlated(message))
    body = {
        "location_id": location_id,
        "message_id": message_id,
        "detail_type": envelope["detail-type"],
        "detail": envelope["detail"],
    }
    key, at_s = _key(location_id, message_id), now_s
    if isinstance(message, Order) and message.due_s:
        key, at_s = _delayed_key(location_id, message_id, message.due_s), message.due_s
        body["due_s"] = message.due_s
    return Put(key, body, version=None, listed=_listed(message_id, at_s))


def put_order(config: Config, order: Order) -> None:
    """Write an order alone, over the same one that waits for the same time."""
    BookingsTable(config).put(message_puts([order], int(time.time())))


def delayed_delete(location_id: str, message_id: str, due_s: int) -> Delete:
    """Return the write that calls a delayed message off; nothing happens if it is not there.

    The sweeper may be publishing it at this moment: whoever receives it must look anyway.
    """
    return Delete(_delayed_key(location_id, message_id, due_s))


def read_waiting(body: Mapping[str, Any]) -> Waiting:
    """Return the message that an item's body holds."""
    location_id, message_id = body["location_id"], body["message_id"]
    key = _key(location_id, message_id)
    if "due_s" in body:
        key = _delayed_key(location_id, message_id, body["due_s"])
    return Waiting(key, body["detail_type"], body["detail"])


def _key(location_id: str, message_id: str) -> Key:
    return Key(f"{location_id}#outbox#{message_id}", SORT_KEY)


def _delayed_key(location_id: str, message_id: str, due_s: int) -> Key:
    # With the time in it, the sweeper that takes away what it has published cannot take away what
    # was put there for another time meanwhile.
    return Key(f"{location_id}#outbox#{message_id}", f"{DELAYED}#{due_s}")


def _listed(message_id: str, at_s: int) -> tuple[str, str]:
    shard = hashlib.sha256(message_id.encode()).digest()[0] % SHARDS
    return (_partition(shard), place(at_s, message_id))


def _partition(shard: int) -> str:
    return f"outbox#{shard}"
