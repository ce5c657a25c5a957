"""Two copies of one order at once: however their calls interleave, Stripe carries it out once.

The outbox, EventBridge and SQS deliver at least once each, and staff may redrive a queue. Calls to
the table and calls to Stripe are steps of one schedule; Stripe keeps its answers by their keys.
"""

from copy import replace
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, cast

import pytest

from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import Key
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.charge_order import CHARGE_CARD, ChargeOrder
from shared.domain.bookings.refund_order import STAFF
from shared.domain.errors import AwsUnreachable, StripeUnavailable
from shared.domain.refunds.approval import UNLIMITED
from shared.domain.refunds.refund_rules import RefundRequest, request_refund
from shared.workflows.stripe_orders.charge_at_stripe import ChargeAtStripe
from shared.workflows.stripe_orders.ordered import Ordered
from shared.workflows.stripe_orders.refund_at_stripe import RefundAtStripe
from tests.domain.builders import NOW_S, Payment
from tests.interleaving.memory_table import Item, MemoryTable
from tests.interleaving.schedule import Choices, Run, Task, explore, run_all
from tests.interleaving.worlds import LOCATION, deliver, new_booking, store_on
from tests.surroundings.kept import keep

if TYPE_CHECKING:
    from shared.adapters.stripe_api import StripeApi
    from shared.workflows.ledger.heal import Healing
    from shared.workflows.stripe_accounts import StripeAccounts
    from shared.workflows.stripe_orders.stripe_order import OrderAtStripe

HOUR_S = 3600
LIMIT = 20_000
RANDOM_RUNS = 60
REFUND, CARD = "rf_1", "co_1"


@dataclass
class OneStripe:
    """What Stripe has of one order: it answers under a key as it answered first.

    `saved_failure` is a key whose saved answer is a 500 although nothing was made.
    """

    table: MemoryTable
    saved_failure: str = ""
    made: dict[str, dict[str, Any]] = field(default_factory=dict)

    def create_refund(self, **asked: Any) -> dict[str, Any]:
        return self._make("re", {"charge": asked["charge_id"], **asked})

    def charge_saved_card(self, **asked: Any) -> str:
        return str(self._make("pi", asked)["id"])

    def list_refunds(self, _charge_id: str) -> list[dict[str, Any]]:
        return self._list()

    def list_intents(self, _customer: str) -> list[dict[str, Any]]:
        return self._list()

    def _list(self) -> list[dict[str, Any]]:
        self._step("list")
        found = list(self.made.values())
        self.table.last_result = tuple(each["id"] for each in found)
        return found

    def _make(self, prefix: str, asked: dict[str, Any]) -> dict[str, Any]:
        self._step("post")
        key = asked["idempotency_key"]
        self.table.last_result = key
        if key == self.saved_failure:
            raise StripeUnavailable("Stripe failed", replayed=True)
        if key not in self.made:
            self.table.history = hash((self.table.history, key))
            made = {
                "id": f"{prefix}_{key}",
                "object": "refund" if prefix == "re" else "payment_intent",
                "status": "succeeded",
                "amount": asked["amount_minor"],
                "currency": "eur",
                "metadata": asked["metadata"],
            }
            self.made[key] = made
        return self.made[key]

    def _step(self, call: str) -> None:
        self.table._enter(call)


def asked_for(refund_tried_s: int) -> dict[Key, Item]:
    """A paid booking with a refund and a charge of a saved card that Stripe did not answer."""
    payment = Payment(10_000)
    payment.pay()
    table = MemoryTable()
    store = store_on(table)
    keep(store, new_booking())
    for event in payment.events:
        deliver(event)(store)

    def ask(booking: Booking) -> Booking:
        request = RefundRequest(REFUND, 1000, "clerk@x.de", NOW_S, STAFF)
        asked = request_refund(booking, request, UNLIMITED)
        [refund] = asked.refund_orders
        card = ChargeOrder(CARD, CHARGE_CARD, NOW_S, 1250, customer="cus_1", payment_method="pm_1")
        return replace(
            asked,
            refund_orders=(replace(refund, tried_at_s=refund_tried_s),),
            charge_orders=(replace(card, tried_at_s=refund_tried_s),),
        )

    store.change(LOCATION, "bk_1", ask)
    return table.items


def copy_of(order_id: str, stripe: OneStripe, now_s: int) -> Task:
    """A handing over of the order, as its function does it; Stripe's failures bring it again."""
    ordered, accounts = Ordered(LOCATION, "bk_1", attempt=1), cast("StripeAccounts", None)

    def task(store: BookingStore) -> str:
        order: OrderAtStripe[Any] = RefundAtStripe(
            ordered, order_id, store, accounts, now_s, healing=cast("Healing", None)
        )
        if order_id == CARD:
            order = ChargeAtStripe(ordered, order_id, store, accounts, now_s)
        order._stripe = lambda: cast("StripeApi", stripe)  # type: ignore[method-assign]
        try:
            return order.run()
        except StripeUnavailable as unavailable:
            raise AwsUnreachable("it comes again") from unavailable

    return task


def play(
    items: dict[Key, Item], order_id: str, age_s: int, choices: Choices, *, saved_failure: str = ""
) -> tuple[Run, OneStripe]:
    table = MemoryTable(items)
    stripe = OneStripe(table, saved_failure)
    copies = {name: copy_of(order_id, stripe, NOW_S + age_s) for name in ("first", "second")}
    return run_all(store_on(table), table, copies, choices, 0), stripe


def check_once(run: Run, stripe: OneStripe) -> None:
    assert len(stripe.made) == 1, run.story
    ends = {outcomes[-1] for outcomes in run.outcomes.values()}
    assert ends <= {"done", "nothing"}, run.story


def each_way(order_id: str, age_s: int, saved_failure: str) -> tuple[int, int]:
    items = asked_for(NOW_S)

    def once(choices: Choices) -> None:
        check_once(*play(items, order_id, age_s, choices, saved_failure=saved_failure))

    return explore(once, LIMIT)


AGED = pytest.mark.parametrize(
    ("hours", "saved_failure"), [(0, ""), (19, ""), (20, ""), (0, "first"), (20, "first")]
)


def first_key(order_id: str, saved_failure: str) -> str:
    if not saved_failure:
        return ""
    return REFUND if order_id == REFUND else f"{CARD}-1"


@AGED
@pytest.mark.parametrize("order_id", [REFUND, CARD])
def test_two_copies_of_one_order_take_one_effect(
    order_id: str, hours: int, saved_failure: str
) -> None:
    """Ways by chance; `make proof` goes through all of them."""
    items, key = asked_for(NOW_S), first_key(order_id, saved_failure)
    for seed in range(RANDOM_RUNS):
        choices = Choices(random=Random(seed))
        check_once(*play(items, order_id, hours * HOUR_S, choices, saved_failure=key))


@pytest.mark.proof
@AGED
@pytest.mark.parametrize("order_id", [REFUND, CARD])
def test_two_copies_of_one_order_take_one_effect_in_every_interleaving(
    order_id: str, hours: int, saved_failure: str
) -> None:
    ways, runs = each_way(order_id, hours * HOUR_S, first_key(order_id, saved_failure))
    assert ways >= runs > 1


@pytest.mark.parametrize("order_id", [REFUND, CARD])
def test_a_copy_that_still_sends_under_the_old_key_does_not_meet_one_that_looks(
    order_id: str,
) -> None:
    """Nothing is sent in the last quarter of an hour before a key is old."""
    table = MemoryTable(asked_for(NOW_S))
    stripe = OneStripe(table)
    late = copy_of(order_id, stripe, NOW_S + 20 * HOUR_S - 1)
    with pytest.raises(AwsUnreachable):
        late(store_on(table))
    assert stripe.made == {}


def test_a_refusal_that_comes_late_changes_no_order_that_went_on() -> None:
    """One copy is refused under the old key; the other has had it made under the next."""
    table = MemoryTable(asked_for(NOW_S))
    store, stripe = store_on(table), OneStripe(table)
    ordered = Ordered(LOCATION, "bk_1", attempt=1)
    first = RefundAtStripe(
        ordered, REFUND, store, cast("StripeAccounts", None), NOW_S, healing=cast("Healing", None)
    )
    stored = store.get_booking(LOCATION, "bk_1")
    assert stored
    first._read = first.find(stored.booking)
    assert copy_of(REFUND, stripe, NOW_S + 20 * HOUR_S)(store) == "done"
    with pytest.raises(Exception, match="not what was read"):
        first._refuse("charge_already_refunded")
    after = store.get_booking(LOCATION, "bk_1")
    assert after
    assert [each.status for each in after.booking.refund_orders] == ["requested"]
    assert after.booking.payments().amount_refunded == 1000
