"""What a location costs at which nothing happens, to the call: at AWS and at Stripe."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.start_syncs import handler as tick_function
from functions.sync_ledger import handler as sync_function
from infra.capacity import work
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.workflows.ledger.sync_ledger import LedgerSync
from tests.builders import messages
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.morning import now as now  # noqa: PLC0414
from tests.surroundings.salon import connected, stripe_beside
from tests.surroundings.till import Till
from tests.surroundings.units import Cost, Meter

pytestmark = pytest.mark.enable_socket
HOUR_S, DAY_S = 3600, 86_400
# When the syncs of a day are counted (UTC): just after midnight a day more is compared.
SYNC_AT_S = 8 * HOUR_S
# What is promised of a day, and what one sync takes of it. The ticks add hundredths of a call
# (`test_start_syncs`).
AWS_A_DAY, STRIPE_A_DAY = 60, 10
SYNC = Cost(calls=10, units=6)
# Its key's item, and KMS once for each execution environment.
KEY_CALLS, STRIPE_CALLS = ("GetItem", "Decrypt"), 7


class Idle:
    """The location `demo` with a year's history, at which nothing happens any more."""

    def __init__(self, till: Till, aws: FakeAws, context: Any, meter: Meter, now: Any) -> None:
        self.till, self.aws, self.meter = till, aws, meter
        self._context, self._now = context, now
        self.advance((SYNC_AT_S - till.now_s()) % DAY_S)
        till.book("bk_1")
        charge = till.pay("bk_1")
        till.deliver()
        till.refund(charge, 900)
        till.deliver()
        till.sync()
        till.pay_out()
        till.deliver()
        for _ in range(6):
            self.advance(DAY_S)
            till.sync()

    def advance(self, seconds: int) -> None:
        self.till.advance(seconds)
        self._now.now_s = self.till.now_s()

    def live(self, hours: int) -> tuple[list[int], Cost, int]:
        """Live on hour by hour; return when it was synced, and the syncs' cost at both."""
        synced, cost, asked = [], Cost(), 0
        for hour in range(hours):
            self.advance(HOUR_S)
            self.aws.messages.clear()
            tick_function.handler({}, self._context)
            for _, order in self.aws.messages:
                if order["detail"]["location_id"] != "demo":
                    continue
                synced.append(hour)
                before = len(self.till.beside.sent)
                with self.meter.counting():
                    self._sync(order)
                cost += self.meter.cost
                asked += len(self.till.beside.sent) - before
        return synced, cost, asked

    def _sync(self, order: dict[str, Any]) -> None:
        answer = sync_function.handler(messages(json.dumps(order)), self._context)
        assert answer == {"batchItemFailures": []}


@pytest.fixture
def idle(
    store: BookingStore, aws: FakeAws, context: Any, table: TableInMoto, clients: dict[Any, Any],
    monkeypatch: pytest.MonkeyPatch, now: Any,
) -> Iterator[Idle]:  # fmt: skip
    with stripe_beside(seed=7) as beside, connected(beside, aws, monkeypatch):
        till = Till(beside, store)
        # In Stripe's time.
        monkeypatch.setitem(environment._made, LedgerSync, till.syncs())
        yield Idle(till, aws, context, Meter(table, clients), now)
        till.close()


def test_an_idle_location_is_synced_once_a_day_and_its_calls_are_these(idle: Idle) -> None:
    """Bug: it was synced every hour, with 24 calls at AWS and 7 at Stripe each time."""
    before = idle.aws.calls.copy()
    synced, cost, asked = idle.live(48)
    assert len(synced) == 2
    assert synced[1] - synced[0] == 24
    assert cost == SYNC + SYNC
    asked_for_keys = idle.aws.calls - before
    assert all(1 <= asked_for_keys[each] <= 2 for each in KEY_CALLS)
    assert asked_for_keys["GetParameter"] == 0
    assert asked == 2 * STRIPE_CALLS
    assert SYNC.calls + len(KEY_CALLS) <= AWS_A_DAY
    assert STRIPE_CALLS <= STRIPE_A_DAY
    # With the key's item, and the tick's note of the order.
    assert (work.SYNC.table_calls, work.SYNC.write_units) == (SYNC.calls + 1, SYNC.units + 1)
    assert work.SYNC.stripe_calls == STRIPE_CALLS


def test_a_payment_wakes_it_and_after_four_days_it_is_idle_again(idle: Idle) -> None:
    idle.live(24)
    idle.till.book("bk_2")
    idle.till.pay("bk_2")
    idle.till.deliver()
    synced, _, _ = idle.live(106)
    # The mark lasts 96 hours; what is left at Stripe moves nothing by itself.
    assert synced[:95] == list(range(95))
    assert len(synced) <= 97


def test_a_payment_of_which_no_webhook_comes_is_found_within_the_day(idle: Idle) -> None:
    idle.live(24)
    idle.till.book("bk_2")
    idle.till.pay("bk_2")
    idle.till.lose()
    idle.live(25)
    found = idle.till.store.get_booking("demo", "bk_2")
    assert found
    assert found.booking.payments().amount_captured == 4900
