"""AWS in one process: the table, the bus, queues, the stream, the bucket, and mails.

Each behaves as its documentation says where the product looks: a queue hands a message over again
until it is deleted, the bus may deliver twice, the stream hands on in order until it is taken. What
the rules and queues are is read from the templates.
"""

import itertools
import json
import random
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any, override

import pytest
from moto.events.models import EventPattern

from shared.adapters.bookings_table import (
    BookingsTable,
    Key,
    Listed,
    Put,
    TransactionUnderWay,
)
from shared.adapters.mailer import Mailer
from shared.adapters.mark_store import MarkStore
from shared.adapters.outbox import DELAYED, SORT_KEY
from shared.adapters.report_files import ReportFiles
from shared.adapters.signed_http import SignedHttp
from shared.domain.errors import AwsRefused, AwsUnreachable
from tests.interleaving.memory_table import (
    ANSWER_LOST,
    CONFLICT,
    DIE_AFTER,
    DIE_BEFORE,
    DOWN,
    GO,
    LIST,
    PUT,
    Item,
    Killed,
)
from tests.simulation.trouble import Trouble
from tests.template.conftest import Template
from tests.truth.table import Table

ACCOUNT = "123456789012"
REGION = "eu-central-1"
NAMES_OF_EVENTS = frozenset({"source", "detail-type"})
LINK_KEY = "the key of the links"


@dataclass(eq=False)
class Message:
    """One message of a queue: from when on it can be taken, and how often it was.

    `had_a_chance` says that nothing went wrong with a call that it was handed to.
    """

    message_id: str
    body: str
    visible_at_s: float
    received: int = 0
    had_a_chance: bool = False


@dataclass(frozen=True)
class Mailed:
    """A mail that SES took, for whom, and when."""

    mail: EmailMessage
    to: tuple[str, ...]
    at_s: float


@dataclass
class Queue:
    """A queue as the template has it."""

    name: str
    function: str
    pattern: EventPattern | None
    visibility_s: int
    most_receives: int
    batch: int
    waiting: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)

    def wants(self, event: Any) -> bool:
        """Whether an event of the bus goes to the queue."""
        if self.pattern is None:
            return False
        if self.pattern.get_pattern().keys() <= NAMES_OF_EVENTS:
            return _wants(self.pattern, event["source"], event["detail-type"])
        return bool(self.pattern.matches_event(event))


@cache
def _wants(pattern: EventPattern, source: str, detail_type: str) -> bool:
    """Say it of all events of these names: the pattern looks at nothing else."""
    event: Any = {"source": source, "detail-type": detail_type}
    return bool(pattern.matches_event(event))


class SeededTable(Table):
    """The table in memory; what is put into the outbox goes to the stream too."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__()
        self.stream: list[dict[str, Any]] = []
        # The keys of the items that are there, by their sort key.
        self._kinds: dict[str, dict[Key, None]] = defaultdict(dict)
        self._numbers = itertools.count(1)
        self._fate = lambda call: trouble.fate("table", may_conflict=call == PUT)
        self.pause = self._fate

    @override
    def _put_once(self, puts: Any) -> None:
        order = self._enter(PUT)
        if order == CONFLICT:
            raise TransactionUnderWay(frozenset())
        self.pause = lambda _call: GO
        try:
            super()._put_once(puts)
        finally:
            self.pause = self._fate
        for put in puts:
            if isinstance(put, Put):
                self._kinds[put.key.sk][put.key] = None
            else:
                self._kinds[put.key.sk].pop(put.key, None)
        self._hand_on(puts)
        self._leave(order)

    def _hand_on(self, puts: Any) -> None:
        for put in puts:
            if isinstance(put, Put) and put.key.sk == SORT_KEY:
                self.stream.append(
                    {
                        "eventName": "INSERT",
                        "dynamodb": {
                            "SequenceNumber": str(next(self._numbers)),
                            "NewImage": {"body": {"S": json.dumps(put.body)}},
                        },
                    }
                )

    @property
    def has_put_off(self) -> bool:
        """Whether a message waits for its time."""
        return any(keys for kind, keys in self._kinds.items() if kind.startswith(f"{DELAYED}#"))

    @override
    def list_oldest(self, partition: str, oldest: str, newest: str, limit: int) -> list[Listed]:
        order = self._enter(LIST)
        found = sorted(
            (place, key)
            for key, place in self.lists[partition].items()
            if oldest <= place <= newest
        )
        self._leave(order)
        return [Listed(place, self.items[key].body) for place, key in found[:limit]]

    @override
    def count_listed(self, partition: str, most: int) -> int:
        self._leave(self._enter(LIST))
        return min(most, len(self.lists[partition]))

    def of_kind(self, kind: str) -> dict[Key, Item]:
        """Return all items whose sort key is `kind`."""
        return {key: self.items[key] for key in self._kinds[kind]}

    def bodies(self, kind: str) -> dict[Key, dict[str, Any]]:
        """Return their bodies."""
        return {key: item.body for key, item in self.of_kind(kind).items()}


TABLE_CALLS = (
    *("get", "list_page", "list_oldest", "count_listed", "query_partition", "query_between"),
    *("_put_once", "put_each"),
)


class Cloud:
    """All of AWS that the product calls, for as long as its patches hold."""

    def __init__(
        self,
        patched: pytest.MonkeyPatch,
        chance: random.Random,
        trouble: Trouble,
        now: Callable[[], float],
        table: Callable[[Trouble], SeededTable] = SeededTable,
    ) -> None:
        self._chance, self.trouble, self._now = chance, trouble, now
        self.table = table(trouble)
        self.marks: dict[Key, set[str]] = defaultdict(set)
        self.objects: dict[str, bytes] = {}
        self.secrets: dict[str, dict[str, Any]] = {}
        self.mails: list[Mailed] = []
        self.told: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)
        self.queues = {each.name: each for each in _queues()}
        # How often the bus delivers twice.
        self.twice = 0.05
        self._patch(patched)

    def _patch(self, patched: pytest.MonkeyPatch) -> None:
        for name in TABLE_CALLS:
            patched.setattr(BookingsTable, name, handing_to(getattr(self.table, name)))
        patched.setattr(MarkStore, "get_marks", handing_to(self._get_marks))
        patched.setattr(MarkStore, "add_mark", handing_to(self._add_mark))
        patched.setattr(MarkStore, "remove_marks", handing_to(self._remove_marks))
        patched.setattr(SignedHttp, "call", self._hearing(self._call))
        patched.setattr(SignedHttp, "send", self._hearing(self._send))
        patched.setattr(ReportFiles, "put", handing_to(self._put_file))
        patched.setattr(ReportFiles, "fetch", handing_to(self._fetch_file))
        patched.setattr(Mailer, "send_raw", handing_to(self._send_mail))

    # ------------------------------------------------------------------ calls

    def _hearing(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def hear(http: SignedHttp, *arguments: Any) -> Any:
            return self._go(http.service, lambda: method(*arguments))

        return hear

    def _go(self, service: str, make: Callable[[], Any]) -> Any:
        """Make a call, or let it go wrong."""
        fate = self.trouble.fate(service)
        if fate == DIE_BEFORE:
            raise Killed
        if fate in (DOWN, CONFLICT):
            raise AwsUnreachable(f"{service}: no answer")
        done = make()
        if fate == DIE_AFTER:
            raise Killed
        if fate == ANSWER_LOST:
            raise AwsUnreachable(f"{service}: no answer")
        return done

    def _call(self, target: str, sent: dict[str, Any]) -> dict[str, Any]:
        if target == "secretsmanager.GetSecretValue":
            return {"SecretString": LINK_KEY}
        if target.partition(".")[0] in ("DynamoDB_20120810", "TrentService"):
            return self._call_secrets(target.rpartition(".")[2], sent)
        assert target == "AWSEvents.PutEvents", target
        for entry in sent["Entries"]:
            self.publish(entry["Source"], entry["DetailType"], json.loads(entry["Detail"]))
        entries = [{"EventId": str(next(self._numbers))} for _ in sent["Entries"]]
        return {"FailedEntryCount": 0, "Entries": entries}

    def _send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        call = headers.get("x-amz-target", method).rpartition(".")[2]
        if call == "PUT":
            self.objects[path] = body
            return b""
        if call == "GET":
            if path not in self.objects:
                raise AwsRefused("s3: NoSuchKey", code="NoSuchKey")
            return self.objects[path]
        sent = json.loads(body)
        if call == "SendMessageBatch":
            queue = self.queues[sent["QueueUrl"].rpartition("/")[2]]
            for entry in sent["Entries"]:
                self.put_message(queue, entry["MessageBody"])
            return json.dumps({"Successful": [{"Id": e["Id"]} for e in sent["Entries"]]}).encode()
        assert call == "ChangeMessageVisibility", call
        queue = self.queues[sent["QueueUrl"].rpartition("/")[2]]
        for message in queue.waiting:
            if message.message_id == sent["ReceiptHandle"]:
                message.visible_at_s = self._now() + sent["VisibilityTimeout"]
        return b"{}"

    def _call_secrets(self, call: str, sent: dict[str, Any]) -> dict[str, Any]:
        """Answer the table of secrets, or the key that seals them: no seal is made twice."""
        if call == "Encrypt":
            sealed = [next(self._numbers), sent["EncryptionContext"], sent["Plaintext"]]
            return {"CiphertextBlob": b64encode(json.dumps(sealed).encode()).decode()}
        if call == "Decrypt":
            _, context, plain = json.loads(b64decode(sent["CiphertextBlob"]))
            assert context == sent["EncryptionContext"]
            return {"Plaintext": plain}
        if call == "GetItem":
            item = self.secrets.get(sent["Key"]["pk"]["S"])
            return {"Item": item} if item else {}
        assert call == "PutItem", call
        there = self.secrets.get(sent["Item"]["pk"]["S"])
        wanted = sent.get("ExpressionAttributeValues", {}).get(":version")
        if (there["version"] if there else None) != wanted:
            raise AwsRefused("dynamodb: refused", code="ConditionalCheckFailedException")
        self.secrets[sent["Item"]["pk"]["S"]] = sent["Item"]
        return {}

    def _get_marks(self, key: Key) -> frozenset[str]:
        return frozenset(self.marks[key])

    def _add_mark(self, key: Key, mark: str, most: int, _expires_at_s: int) -> bool:
        if len(self.marks[key]) >= most:
            return False
        self.marks[key].add(mark)
        return True

    def _remove_marks(self, key: Key, marks: Iterable[str]) -> None:
        self.marks[key] -= set(marks)

    def _put_file(self, key: str, path: Path, _media_type: str) -> None:
        def put() -> None:
            self.objects[key] = path.read_bytes()

        self._go("s3", put)

    def _fetch_file(self, key: str, path: Path) -> None:
        if key not in self.objects:
            raise AwsRefused("s3: NoSuchKey", code="NoSuchKey")
        path.write_bytes(self.objects[key])

    def _send_mail(self, mail: EmailMessage, to: Iterable[str], *_tags: Any) -> str:
        self._go("ses", lambda: self.mails.append(Mailed(mail, tuple(to), self._now())))
        return f"ses-{len(self.mails)}"

    # ------------------------------------------------------------------ bus and queues

    def publish(self, source: str, detail_type: str, detail: dict[str, Any]) -> None:
        """Put an event on the bus: each queue whose rule wants it has it, at times twice."""
        number = next(self._numbers)
        event: Any = {
            "id": str(number),
            "source": source,
            "detail-type": detail_type,
            "detail": detail,
        }
        if source == "bookpay":
            self.told.append(event)
        for queue in self.queues.values():
            if queue.wants(event):
                for _ in range(1 + (self._chance.random() < self.twice)):
                    self.put_message(queue, json.dumps(event))

    def put_message(self, queue: Queue, body: str) -> None:
        """Put a message on a queue."""
        queue.waiting.append(Message(f"m-{next(self._numbers)}", body, self._now()))

    def take(self, queue: Queue) -> list[Message]:
        """Return a batch of a queue's messages, any of those that can be taken."""
        now_s = self._now()
        free = [each for each in queue.waiting if each.visible_at_s <= now_s]
        for each in free:
            if each.received >= queue.most_receives:
                queue.waiting.remove(each)
                queue.dead.append(each)
        free = [each for each in free if each.received < queue.most_receives]
        batch = self._chance.sample(free, min(len(free), queue.batch))
        for each in batch:
            each.received += 1
            each.visible_at_s = now_s + queue.visibility_s
        return batch

    def redrive(self) -> None:
        """Move dead letters back, as an operator does after an outage.

        Those that died although nothing had gone wrong stay.
        """
        for queue in self.queues.values():
            for each in [each for each in queue.dead if not each.had_a_chance]:
                queue.dead.remove(each)
                queue.waiting.append(each)
                each.received, each.visible_at_s = 0, self._now()
                self.trouble.seen[f"{queue.name} redriven"] += 1

    def as_event(self, queue: Queue, batch: list[Message]) -> dict[str, Any]:
        """Return a batch as Lambda hands it over."""
        return {
            "Records": [
                {
                    "messageId": each.message_id,
                    "receiptHandle": each.message_id,
                    "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue.name}",
                    "attributes": {"ApproximateReceiveCount": str(each.received)},
                    "body": each.body,
                }
                for each in batch
            ]
        }

    def delete(self, queue: Queue, batch: list[Message], failed: set[str]) -> None:
        """Take away what was done with."""
        for each in batch:
            if each.message_id not in failed and each in queue.waiting:
                queue.waiting.remove(each)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing waits: no message, no record of the stream, nothing put off."""
        is_done = not self.table.stream and not self.table.has_put_off
        return is_done and not any(each.waiting for each in self.queues.values())


def _queues() -> list[Queue]:
    """Return the queues of the templates, with the function that each leads to."""
    return [Queue(**described) for described in _described()]


@cache
def _described() -> list[dict[str, Any]]:
    template = Template()
    made = []
    for name, stack in template.queues().items():
        found = stack.get("EventPattern")
        text = found["Fn::If"][2] if isinstance(found, dict) else found
        [(function, source)] = [
            (function, event["Properties"])
            for function, properties in template.functions().items()
            for event in properties.get("Events", {}).values()
            if event["Type"] == "SQS"
            and event["Properties"]["Queue"]["Fn::GetAtt"].partition(".")[0] == name
        ]
        made.append(
            {
                "name": name,
                "function": function,
                "pattern": EventPattern.load(text) if text else None,
                "visibility_s": int(stack["VisibilityTimeout"]),
                "most_receives": int(stack.get("MaxReceiveCount", 10)),
                "batch": int(source["BatchSize"]),
            }
        )
    return made


def handing_to(method: Any) -> Any:
    def hand(_self: object, *arguments: Any, **named: Any) -> Any:
        return method(*arguments, **named)

    return hand
