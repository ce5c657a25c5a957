"""Clerks who refund one payment at one moment: however their calls interleave, one is promised it.

The amount is reserved in the conditional write that records the request, so that no order of reads
and writes, and no fault in between, lets two promises pass what was taken.
"""

from collections.abc import Callable
from random import Random

import pytest

from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import Key
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict
from shared.domain.bookings.refund_order import STAFF
from shared.domain.errors import Conflict
from shared.domain.refunds.approval import UNLIMITED
from shared.domain.refunds.refund_rules import RefundRequest, request_refund
from shared.domain.visits.end_visit import cancel
from tests.domain.builders import NOW_S, Payment
from tests.interleaving.memory_table import Item, MemoryTable
from tests.interleaving.schedule import Choices, Run, Task, explore, run_all
from tests.interleaving.worlds import LOCATION, deliver, new_booking, store_on
from tests.surroundings.kept import keep

PRICE, SIXTY_PERCENT = 10_000, 6000
LIMIT = 20_000
RANDOM_RUNS = 300
PROMISED, REFUSED = "promised", "amount_exceeds_refundable"


def paid() -> tuple[Payment, dict[Key, Item]]:
    """A booking that is paid, and the table as it is then."""
    payment = Payment(PRICE)
    payment.pay()
    table = MemoryTable()
    store = store_on(table)
    keep(store, new_booking())
    for event in payment.events:
        deliver(event)(store)
    return payment, table.items


def changes(change: Callable[[Booking], Booking]) -> Task:
    def task(store: BookingStore) -> str:
        try:
            store.change(LOCATION, "bk_1", change)
        except Conflict as conflict:
            return conflict.code
        return PROMISED

    return task


def clerk(number: int, amount: int | None = SIXTY_PERCENT) -> Task:
    request = RefundRequest(f"rf_{number}", amount, f"clerk{number}@x.de", NOW_S, STAFF)

    def ask(booking: Booking) -> Booking:
        # A clerk whose answer was lost asks again under the same key, and finds what was kept.
        if any(each.refund_id == request.request_id for each in booking.refund_orders):
            return booking
        return request_refund(booking, request, UNLIMITED)

    return changes(ask)


def booking_in(run: Run) -> Booking:
    [item] = [item for key, item in run.table.items.items() if key.sk == "booking"]
    return booking_from_dict(item.body)


def ordered(run: Run) -> list[str]:
    """Return the orders to Stripe that were written, each as often as it was."""
    return [
        item.body["detail"]["refund_id"]
        for commit in run.table.commits
        for key, item in commit.written.items()
        if key.sk == "outbox" and item.body["detail_type"] == "refund_payment"
    ]


def play(items: dict[Key, Item], tasks: dict[str, Task], choices: Choices, faults: int = 0) -> Run:
    table = MemoryTable(items)
    return run_all(store_on(table), table, tasks, choices, faults)


def check_one_is_promised(run: Run) -> None:
    booking = booking_in(run)
    assert len(booking.refund_orders) == 1, run.story
    assert ordered(run) == [booking.refund_orders[0].refund_id], run.story
    assert booking.payments().refundable == PRICE - booking.refund_orders[0].amount_minor
    ends = sorted(outcomes[-1] for outcomes in run.outcomes.values())
    assert ends.count(PROMISED) == 1, run.story


@pytest.mark.parametrize("clerks", [2, 3, 4])
def test_of_clerks_who_refund_sixty_percent_one_is_promised_in_every_interleaving(
    clerks: int,
) -> None:
    _, items = paid()

    def once(choices: Choices) -> None:
        run = play(items, {f"clerk {n}": clerk(n) for n in range(clerks)}, choices)
        check_one_is_promised(run)
        ends = sorted(outcomes[-1] for outcomes in run.outcomes.values())
        assert ends == [REFUSED] * (clerks - 1) + [PROMISED]

    ways, runs = explore(once, LIMIT)
    assert ways > runs > clerks


def test_two_clerks_who_refund_all_with_one_fault_anywhere() -> None:
    _, items = paid()

    def once(choices: Choices) -> None:
        tasks = {f"clerk {n}": clerk(n, None) for n in range(2)}
        check_one_is_promised(play(items, tasks, choices, faults=1))

    ways, _ = explore(once, LIMIT)
    assert ways > 100


def test_ten_clerks_in_random_interleavings() -> None:
    _, items = paid()
    for seed in range(RANDOM_RUNS):
        choices = Choices(random=Random(seed))
        run = play(items, {f"clerk {n}": clerk(n) for n in range(10)}, choices)
        check_one_is_promised(run)
        ends = sorted(outcomes[-1] for outcomes in run.outcomes.values())
        assert ends == [REFUSED] * 9 + [PROMISED], f"seed {seed}"


def test_a_clerk_the_dashboard_and_the_client_at_one_moment() -> None:
    """A refund of the desk, one of the dashboard, and the business that cancels: in every order.

    The dashboard's refund has happened, whatever we promise: only what is promised after its
    webhook was applied has to leave room for it.
    """
    payment, items = paid()
    payment.refund(3000)
    webhook = payment.events[-1]

    def once(choices: Choices) -> None:
        end = changes(lambda booking: cancel(booking, "boss@x.de", NOW_S, takes_fee=False))
        tasks = {"clerk": clerk(1), "webhook": deliver(webhook), "cancels": end}
        run = play(items, tasks, choices)
        booking = booking_in(run)
        promised = [each.amount_minor for each in booking.refund_orders]
        assert booking.status == "cancelled"
        assert sum(promised) in (PRICE, PRICE - 3000), run.story
        assert len(ordered(run)) == len(promised)
        assert booking.payments().refundable == 0

    ways, runs = explore(once, LIMIT)
    assert ways >= runs > 6
