"""DynamoDB and EventBridge: messages that wait in the table until the bus has taken them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put, place
from shared.adapters.signed_http import SignedHttp
from shared.config import Config
from shared.domain.errors import AwsUnreachable
from shared.domain.messages import Message

SOURCE = "bookpay"
SORT_KEY = "outbox"
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


class Outbox:
    """Puts waiting messages on the bus and takes away those that it took."""

    def __init__(self, config: Config) -> None:
        self._bus = config.event_bus_name
        self._http = SignedHttp(config.aws, "events")
        self._table = BookingsTable(config)

    def publish(self, messages: Sequence[Waiting]) -> list[Waiting]:
        """Publish up to ten messages and return those that the bus did not take.

        A message that was taken is removed after, so that a crash in between publishes it twice:
        its `message_id` tells. Raises `AwsRefused` or `AwsUnreachable`.
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
        taken = [Delete(message.key) for message in messages if message not in refused]
        if taken:
            self._table.put(taken)
        return refused

    def find_waiting(self, before: str, limit: int) -> list[Waiting]:
        """Return up to `limit` messages a shard that were written before an instant of UTC."""
        return [
            read_waiting(item.body)
            for shard in range(SHARDS)
            for item in self._table.list_page(_partition(shard), "0", before, limit)
        ]


def outbox_put(location_id: str, message: Message, now_s: int, *, booking_version: int) -> Put:
    """Return the write of a message, for the transaction of the change that it tells.

    `now_s` is when it is written, by which the sweeper tells what was missed; `booking_version`
    counts the booking's changes, for messages come in no order.
    """
    digest = hashlib.sha256(message.message_id.encode()).digest()
    return Put(
        _key(location_id, message.message_id),
        {
            "location_id": location_id,
            "message_id": message.message_id,
            "detail_type": message.detail_type,
            "detail": {**message.detail, "booking_version": booking_version},
        },
        version=None,
        listed=(_partition(digest[0] % SHARDS), place(now_s, message.message_id)),
    )


def read_waiting(body: Mapping[str, Any]) -> Waiting:
    """Return the message that an item's body holds."""
    key = _key(body["location_id"], body["message_id"])
    return Waiting(key, body["detail_type"], body["detail"])


def _key(location_id: str, message_id: str) -> Key:
    return Key(f"{location_id}#outbox#{message_id}", SORT_KEY)


def _partition(shard: int) -> str:
    return f"outbox#{shard}"
