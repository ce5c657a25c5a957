"""The doubles of AWS are held against moto: worlds on both tables, a sequence on both queues."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import moto.sqs.models
import pytest
from moto import mock_aws
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from shared.adapters.message_queue import MessageQueue
from shared.config import load_config
from tests.moto_tables import share_items
from tests.simulation.both_tables import OnBoth, described_table, played
from tests.simulation.cloud import REGION, Cloud, Message, Queue
from tests.simulation.trouble import Trouble
from tests.simulation.world import VARIABLES, World

# As many acts of a world as `make test` has time for on two tables, and `make proof`.
SOME, MANY = 15, 100


@pytest.fixture
def moto_table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The table as infra/tables.yaml describes it, in moto and empty."""
    share_items(monkeypatch)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        client.create_table(TableName="bookings", **described_table())
        yield


def differing(patched: pytest.MonkeyPatch, seed: int, acts: int) -> tuple[list[str], OnBoth]:
    """Return what differs in a world's first acts, and the table; there is no trouble in it."""
    table = played(World(patched, seed, trouble=0, table=OnBoth), seed, acts)
    kept = get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].tables["bookings"].all_items()
    if len(list(kept)) != len(table.items):
        table.differing.append("items")
    return table.differing, table


def test_the_table_answers_a_worlds_calls_as_the_adapter_does_over_moto(
    monkeypatch: pytest.MonkeyPatch, moto_table: None
) -> None:
    del moto_table
    found, table = differing(monkeypatch, 5, SOME)
    assert found == []
    assert table.calls.keys() >= {"get", "_put_once", "list_oldest", "query_between"}


@pytest.mark.proof
@pytest.mark.parametrize("seed", [5, 10, 15])
def test_it_does_so_for_a_hundred_acts(
    monkeypatch: pytest.MonkeyPatch, moto_table: None, seed: int
) -> None:
    del moto_table
    found, table = differing(monkeypatch, seed, MANY)
    assert found == []
    assert table.calls.keys() >= {"get", "_put_once", "list_oldest", "list_page", "query_between"}


class BothQueues:
    """A queue here and one at moto, to which the same is done."""

    def __init__(self, patched: pytest.MonkeyPatch, chance: random.Random) -> None:
        self.now_s = 1_800_000_000.0
        patched.setattr(moto.sqs.models, "unix_time_millis", lambda: self.now_s * 1000)
        self.cloud = Cloud(patched, chance, Trouble(chance, 0), lambda: self.now_s)
        self.here = Queue("Q", "F", None, visibility_s=30, most_receives=3, batch=10)
        self.cloud.queues["Q"] = self.here
        self._sqs = boto3.client("sqs", region_name=REGION)
        self._sqs.create_queue(QueueName="dead")
        after = {
            "deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{DEFAULT_ACCOUNT_ID}:dead",
            "maxReceiveCount": self.here.most_receives,
        }
        named: dict[Any, str] = {
            "VisibilityTimeout": str(self.here.visibility_s),
            "RedrivePolicy": json.dumps(after),
        }
        self._url = self._sqs.create_queue(QueueName="Q", Attributes=named)["QueueUrl"]

    def send(self, body: str) -> None:
        self.cloud.put_message(self.here, body)
        self._sqs.send_message(QueueUrl=self._url, MessageBody=body)

    def take(self) -> tuple[dict[str, Message], dict[str, Any]]:
        """Take what can be taken; return it by its body, here and there."""
        here = {each.body: each for each in self.cloud.take(self.here)}
        return here, self._received()

    def dead(self) -> tuple[set[str], set[str]]:
        """Return what was given up, here and there."""
        there = get_backend("sqs")[DEFAULT_ACCOUNT_ID][REGION].queues["dead"].messages
        return {each.body for each in self.here.dead}, {each.body for each in there}

    def delete(self, here: Message, there: Any) -> None:
        self.cloud.delete(self.here, [here], set())
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=there["ReceiptHandle"])

    def put_off(self, here: Message, there: Any, seconds: int) -> None:
        """Let a message be handed out again after so many seconds, as the product asks for it."""
        arn = f"arn:aws:sqs:{REGION}:{DEFAULT_ACCOUNT_ID}:Q"
        MessageQueue(load_config()).put_off(arn, here.message_id, seconds)
        self._sqs.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=there["ReceiptHandle"], VisibilityTimeout=seconds
        )

    def _received(self) -> dict[str, Any]:
        found = self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=10, AttributeNames=["All"]
        )
        return {each["Body"]: each for each in found.get("Messages", [])}


def test_a_queue_hands_out_again_and_gives_up_as_moto_does(
    monkeypatch: pytest.MonkeyPatch, moto_table: None
) -> None:
    del moto_table
    chance, seen = random.Random(25), Counter[str]()
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    load_config.cache_clear()
    both = BothQueues(monkeypatch, chance)
    for number in range(400):
        if len(both.here.waiting) < both.here.batch and chance.random() < 0.4:
            both.send(f"{number}")
        here, there = both.take()
        assert {name: each.received for name, each in here.items()} == {
            name: int(each["Attributes"]["ApproximateReceiveCount"]) for name, each in there.items()
        }
        for name, message in here.items():
            what = chance.choice(["delete", "put off", "lose"])
            seen[what] += 1
            if what == "delete":
                both.delete(message, there[name])
            if what == "put off":
                both.put_off(message, there[name], chance.choice([5, 100]))
        in_both = both.dead()
        assert in_both[0] == in_both[1]
        # Never just when a message becomes visible: nobody says what is then.
        both.now_s += chance.choice([1, 7, 31]) + 0.001
    assert min(seen[each] for each in ("delete", "put off", "lose")) > 20
    assert len(both.here.dead) > 3
