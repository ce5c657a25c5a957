"""What an act costs does not grow with what a location has behind it: its history, its payments."""

from typing import Any

import pytest

from functions.record_stripe_event import handler as record_function
from shared.adapters.booking_store import BookingStore
from tests.builders import booking, charge, event, from_queue
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.kept import keep
from tests.surroundings.reads import counting_reads
from tests.surroundings.units import Cost, Meter

pytestmark = pytest.mark.enable_socket
HISTORIES = (1, 10, 1000)


def payment(number: int) -> dict[str, Any]:
    """Return the event of a payment of `bk_new_<number>`."""
    ours = {"location_id": "demo", "booking_id": f"bk_new_{number}", "purpose": "prepayment"}
    about = charge(number, id=f"ch_new_{number}", payment_intent=f"pi_new_{number}", metadata=ours)
    return event("charge.succeeded", about)


def test_a_payment_costs_the_same_after_a_thousand_times_the_history(
    store: BookingStore, table: TableInMoto, clients: dict[Any, Any], context: Any
) -> None:
    meter, found, there = Meter(table, clients), list[tuple[Cost, int, int]](), 0
    # What is learned of the location once is known by then.
    keep(store, booking("bk_new_0"))
    record_function.handler(from_queue(payment(0)), context)
    for number, history in enumerate(HISTORIES, start=1):
        for there in range(there + 1, history + 1):  # noqa: B020
            keep(store, booking(f"bk_old_{there}"))
        keep(store, booking(f"bk_new_{number}"))
        with meter.counting(), counting_reads(clients) as reads:
            answer = record_function.handler(from_queue(payment(number)), context)
        assert answer == {"batchItemFailures": []}
        found.append((meter.cost, reads.calls, reads.units))
    assert found[0][0].calls == 2
    assert found == [found[0]] * len(HISTORIES), found
