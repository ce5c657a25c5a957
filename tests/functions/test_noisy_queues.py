"""A flood, or a Stripe in trouble, at one location: the others' are done in the same rounds."""

from typing import Any

import pytest

from tests.fake_aws import FakeAws
from tests.surroundings.queue_in_time import NOISY, OTHERS, ROUNDS, Queues, silent, slow

pytestmark = pytest.mark.enable_socket
FLOOD, TROUBLED_ORDERS = 6_000, 400


@pytest.fixture
def queues(aws: FakeAws, context: Any, monkeypatch: pytest.MonkeyPatch) -> Queues:
    return Queues(aws, context, monkeypatch)


def test_a_flood_of_one_locations_webhooks_keeps_no_other_waiting(queues: Queues) -> None:
    alone, beside = queues.record_webhooks(0), queues.record_webhooks(FLOOD)
    assert alone.of_others() == beside.of_others() == [set(OTHERS)] * ROUNDS
    assert beside.tried[NOISY] == FLOOD, "and is recorded meanwhile"


def test_without_groups_the_others_would_wait_for_it(queues: Queues) -> None:
    assert queues.record_webhooks(FLOOD, is_fair=False).of_others()[2] == set()


def test_a_silent_stripe_at_one_location_keeps_no_others_refund_waiting(queues: Queues) -> None:
    alone, beside = queues.refund(0), queues.refund(TROUBLED_ORDERS, silent)
    assert alone.of_others() == beside.of_others() == [set(OTHERS)] * ROUNDS
    # Not one of its own is done, and each is tried.
    assert NOISY not in set().union(*beside.done.values())
    assert beside.tried[NOISY] > 0


def test_a_slow_stripe_at_one_location_keeps_no_others_refund_waiting(queues: Queues) -> None:
    beside = queues.refund(TROUBLED_ORDERS, slow)
    assert beside.of_others() == [set(OTHERS)] * ROUNDS
    assert beside.waits_s[NOISY], "and its own are done meanwhile"


def test_without_groups_the_others_refunds_would_wait_for_it(queues: Queues) -> None:
    assert queues.refund(TROUBLED_ORDERS, silent, is_fair=False).of_others()[0] == set()
