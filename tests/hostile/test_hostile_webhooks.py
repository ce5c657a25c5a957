"""Thousands of hostile deliveries, through the webhook and on through all that follows.

Nothing answers 5xx, no message is given up, everything that was stored can be read back, and what a
delivery takes is bounded by counts. How long it takes is shown, not asserted.
"""

import time
from collections import Counter
from typing import Any

import pytest

from tests.hostile.counted import Counting
from tests.hostile.read_back import leaks_of, read_everything
from tests.hostile.webhooks import Hostile
from tests.simulation.acts import Acts
from tests.simulation.world import PLACES, World

SOME, ALL = 3_000, 10_000
SEED, ACTS, MOST_ACTS = 26, 90, 900
KINDS = {"charge", "refund", "checkout.session", "payment_intent", "dispute", "payout"}
# After how many deliveries what follows from them is done.
BATCH = 25
# What one delivery takes at the most, whatever is in it: the bus, and S3 where it is large.
# The secrets are looked up once a minute, and once more where none of them fits.
MOST_CALLS, SECRETS_BYTES = {"events": 1, "s3": 1, "dynamodb": 2, "kms": 2}, 500
# And one event, in all that follows from it.
MOST_TABLE_CALLS, MOST_ITEMS = 15, 10


@pytest.mark.parametrize(
    "number", [SOME, pytest.param(ALL, marks=pytest.mark.proof)], ids=["some", "many"]
)
def test_hostile_webhooks_break_nothing(
    number: int, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    began_s = time.process_time()
    world = World(monkeypatch, SEED, trouble=0)
    hostile = Hostile(SEED, known_events(world), world.now_s)
    posting = Posting(world, Counting(world, monkeypatch))
    items_before = len(world.cloud.table.items)
    for _ in range(number // BATCH):
        posting.post(hostile, BATCH)
    world.calm()
    assert [each.name for each in world.cloud.queues.values() if each.dead] == []
    assert {name: n for name, n in world.trouble.seen.items() if "failed" in name} == {}
    read = read_everything(world).total()
    assert leaks_of(world) == []
    grown = len(world.cloud.table.items) - items_before
    assert grown <= MOST_ITEMS * posting.answers[200]
    largest = max(len(item.text) for item in world.cloud.table.items.values())
    told = [
        f"{number} deliveries, answers {dict(posting.answers)}",
        f"{grown} items more, {read} read back, the largest has {largest} bytes",
        f"an event takes {posting.most['table']} calls to the table, {posting.most['items']} items",
        f"{time.process_time() - began_s:.0f} s",
    ]
    record_property("measured", "; ".join(told))


class Posting:
    """Posts to a world's webhooks, lets what follows be done, and holds both to their counts."""

    def __init__(self, world: World, counting: Counting) -> None:
        self._world, self._counting = world, counting
        self.answers: Counter[int] = Counter()
        self.most: Counter[str] = Counter()

    def post(self, hostile: Hostile, number: int) -> None:
        """Post some, then let the queues, the stream and the clock do their work."""
        taken_on = sum(self._is_taken(hostile) for _ in range(number))
        with self._counting.counted() as taken:
            self._world.advance(60)
            self._world.run(2)
        if taken_on:
            counts = {"table": taken.calls["table"], "items": taken.items}
            self.most |= Counter({name: -(-count // taken_on) for name, count in counts.items()})
            assert self.most["table"] <= MOST_TABLE_CALLS
            assert self.most["items"] <= MOST_ITEMS

    def _is_taken(self, hostile: Hostile) -> bool:
        delivery = hostile.delivery()
        with self._counting.counted() as taken:
            answer = self._world.call("ReceiveStripeWebhook", delivery.request())
        status = int(answer["statusCode"])
        self.answers[status] += 1
        assert status in (200, 400, 413), answer
        assert status != 200 or delivery.is_authentic
        assert all(count <= MOST_CALLS.get(name, 0) for name, count in taken.calls.items())
        # A body is parsed once, and not before its signature was right.
        assert taken.parsed_bytes <= len(delivery.body) * delivery.is_authentic + SECRETS_BYTES
        assert taken.items == 0
        return status == 200


def known_events(world: World) -> list[tuple[str, dict[str, Any]]]:
    """Let people act until Stripe has told of all that it tells in such a world."""
    doing = Acts(world)
    while True:
        for _ in range(ACTS):
            doing.act()
        world.calm()
        found = [(place, event) for place in PLACES for event in world.stripes[place].events]
        if {event["data"]["object"]["object"] for _, event in found} >= KINDS:
            return found
        assert len(doing.done) < MOST_ACTS, "there is a kind that Stripe does not tell of"
