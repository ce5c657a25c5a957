"""DynamoDB and EventBridge: messages that wait in the table until the bus has accepted them.

A new message has the sort key `outbox`, by which the table's stream hands it to publish_outbox. A
delayed one has `delayed#<due_s>`: the stream leaves it alone, and its place in the list is
the time it is due, so that the sweeper's query, which ends at the present, finds it then and not
before. A message that is due in months is not read until then.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put, place
from shared.adapters.signed_http import SignedHttp
from shared.config import Config
from shared.domain.activity.messages import Message
from shared.domain.errors import AwsUnreachable

SOURCE = "bookpay"
SORT_KEY = "outbox"
DELAYED = "delayed"
# Index partitions of all that waits: enough that none is hot, few enough to look at each.
SHARDS = 8
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
MAX_ENTRIES = 10


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that is not known to be published: its key, and what is to be put on the bus."""

    key: Key
    detail_type: str
    detail: dict[str, Any]

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
        for message in messages:
            if message not in refused:
                # One by one: none of them depends on another, and a transaction costs twice.
                self._table.put([Delete(message.key)])
        return refused

    def find_waiting(self, before: str, limit: int) -> list[Waiting]:
        """Return up to `limit` messages a shard that were written, or due, before an instant.

        `before` is an instant of UTC, such as `2026-11-22T09:30:00Z`.
        """
        return [
            read_waiting(item.body)
            for shard in range(SHARDS)
            for item in self._table.list_page(_partition(shard), "0", before, limit)
        ]


def outbox_put(location_id: str, message: Message, now_s: int, *, booking_version: int) -> Put:
    """Return the write of a message, for the transaction of the change that it reports.

    `now_s` is when it is written: the sweeper looks for older ones. `booking_version` counts the
    booking's changes, since messages arrive in any order.
    """
    detail = {**message.detail, "booking_version": booking_version}
    return Put(
        _key(location_id, message.message_id),
        _body(location_id, message, detail),
        version=None,
        listed=_listed(message.message_id, now_s),
    )


def delayed_put(location_id: str, message: Message, due_s: int) -> Put:
    """Return the write of a message that is not to be published before `due_s`.

    `due_s` is in seconds since 1970. The sweeper publishes it two to seven minutes later; what is
    due already goes with its next run. What it tells may be over by then: whoever receives it reads
    the state again. The same message may wait for several times at once, each under its own key.
    """
    return Put(
        _delayed_key(location_id, message.message_id, due_s),
        {**_body(location_id, message, message.detail), "due_s": due_s},
        version=None,
        listed=_listed(message.message_id, due_s),
    )


def put_delayed(config: Config, location_id: str, message: Message, due_s: int) -> None:
    """Write a message alone that is not to be published before `due_s`, over the same one."""
    BookingsTable(config).put([delayed_put(location_id, message, due_s)])


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


def _body(location_id: str, message: Message, detail: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "location_id": location_id,
        "message_id": message.message_id,
        "detail_type": message.detail_type,
        "detail": dict(detail),
    }


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
