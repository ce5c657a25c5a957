"""What the acts of a day cost at DynamoDB, held to the unit: whoever makes one dearer sees it here.

Each act is counted with all that follows from it: Stripe's events, the outbox, the order to Stripe.
Not counted are mails, and the minute's look at slots that wait.
"""

import json
from functools import partial
from typing import Any

import pytest

from functions.publish_outbox import handler as publish_function
from functions.record_stripe_event import handler as record_function
from functions.serve_staff_api import handler as staff_function
from infra.capacity.work import BOOK, PAY, REFUND_MADE, Work
from shared.adapters.booking_store import BookingStore
from shared.domain.stripe_facts.event_types import is_consumed
from tests.benchmarks.counts import CANCELLATION_UNITS
from tests.builders import from_queue
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.salon import SECRET_KEY, Salon, StripeBeside, moment
from tests.surroundings.staff_calls import StaffCalls
from tests.surroundings.units import Cost, Meter

pytestmark = pytest.mark.enable_socket
# By then the simulator has told all of a payment or a refund.
TOLD_AFTER_S = 10
FREELY = {"client_until_hours": 0, "fee": "none"}


class Day:
    """A salon's day, with a meter at the table."""

    def __init__(
        self, salon: Salon, beside: StripeBeside, table: TableInMoto, meter: Meter, context: Any
    ) -> None:
        self.salon, self.meter = salon, meter
        self._beside, self._table, self._context = beside, table, context
        self._heard: set[str] = set()

    def count(self, act: Any) -> Cost:
        with self.meter.counting() as meter:
            act()
        return meter.cost

    def events(self) -> list[dict[str, Any]]:
        """Return what Stripe's webhooks would tell that was not told yet, oldest first."""
        answer = self._beside.control.get(
            "/v1/events", auth=(SECRET_KEY, ""), params={"limit": 100}
        )
        found = list(answer.raise_for_status().json()["data"])
        consumed = [each for each in found if is_consumed(each["type"])]
        new = [each for each in consumed if each["id"] not in self._heard]
        self._heard |= {each["id"] for each in found}
        return new[::-1]

    def hear(self) -> dict[str, Cost]:
        """Record the events that come, to the last, and return what each cost."""
        self._beside.control.post(
            "/_sim/clock/advance", json={"seconds": TOLD_AFTER_S}
        ).raise_for_status()
        return {
            each["type"]: self.count(partial(self._record, from_queue(each)))
            for each in self.events()
        }

    def _record(self, batch: dict[str, Any]) -> None:
        answer = record_function.handler(batch, self._context)
        assert answer == {"batchItemFailures": []}

    def publish(self) -> Cost:
        """Publish what waits in the outbox, as the table's stream hands it over."""
        waiting = [body for (_, sk), body in self._table.bodies("outbox").items() if sk == "outbox"]
        records = [
            {
                "eventName": "INSERT",
                "dynamodb": {
                    "SequenceNumber": str(number),
                    "NewImage": {"body": {"S": json.dumps(body)}},
                },
            }
            for number, body in enumerate(waiting)
        ]
        return self.count(lambda: publish_function.handler({"Records": records}, self._context))

    def give_back(self, made: dict[str, Any]) -> dict[str, Cost]:
        """Carry out the refund that was ordered, with all that follows; return what each cost."""
        costs = {"publish the order": self.publish(), "carry out": self.carry_out(made)}
        costs["publish"] = self.publish()
        return costs | self.hear()

    def carry_out(self, made: dict[str, Any]) -> Cost:
        [order] = self.salon.stored(made).refund_orders
        return self.count(lambda: self.salon.process_batch(made, refund_id=order.refund_id))


@pytest.fixture
def day(
    salon: Salon,
    at_stripe: StripeBeside,
    table: TableInMoto,
    clients: dict[Any, Any],
    context: Any,
    aws: FakeAws,
) -> Day:
    del aws
    salon.look("bk_0", "x")
    return Day(salon, at_stripe, table, Meter(table, clients), context)


@pytest.fixture
def paid(day: Day, at_stripe: StripeBeside) -> dict[str, Any]:
    """A booking that was paid online, with all that followed."""
    made = day.salon.booked(headers={"idempotency_key": "once"})
    day.events()
    at_stripe.pay(made)
    day.hear()
    day.publish()
    return made


def reckoned(work: Work) -> tuple[float, float]:
    """Return what `make capacity` takes a piece of work to cost: calls and write units."""
    return work.table_calls, work.write_units


def held(cost: Cost) -> tuple[float, float]:
    """Return what was counted: calls and write units, the index with them."""
    return cost.calls, cost.units + cost.index_units


def total(costs: Any) -> Cost:
    return sum(costs, Cost())


def test_to_book(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = day.salon.shown("cut")
    monkeypatch.setattr(day.salon, "shown", lambda _: shown)
    cost = day.count(lambda: day.salon.booked(headers={"idempotency_key": "once"}))
    # One of the calls reads, once a day, until when the location is marked as active.
    assert cost == Cost(15, 35, 1)
    assert reckoned(BOOK) == held(cost)


def test_a_payment(day: Day, at_stripe: StripeBeside) -> None:
    """Only the first of its four events changes a figure: the others write one item each."""
    made = day.salon.booked()
    day.events()
    at_stripe.pay(made)
    costs = day.hear()
    costs["publish"] = day.publish()
    assert costs == {
        "charge.succeeded": Cost(2, 12, 1),
        "payment_intent.succeeded": Cost(2, 3, 0),
        "checkout.session.completed": Cost(2, 3, 0),
        "charge.updated": Cost(2, 1, 0),
        "publish": Cost(1, 1, 1),
    }
    assert total(costs.values()) == Cost(9, 20, 2)
    assert reckoned(PAY) == held(total(costs.values()))


# Of the four events of a refund that we asked for, none changes a figure: our own answer did. The
# third brings the reference that the client's bank can look for.
REFUND = {
    "publish the order": Cost(2, 2, 2),
    "carry out": Cost(5, 14, 1),
    "publish": Cost(1, 1, 1),
    "refund.created": Cost(3, 6, 0),
    "charge.refunded": Cost(2, 2, 0),
    "refund.updated": Cost(3, 12, 0),
    "charge.refund.updated": Cost(3, 2, 0),
}


def test_a_refund(day: Day, paid: dict[str, Any], store: BookingStore, context: Any) -> None:
    staff = StaffCalls(context, store, staff_function.handler)
    path = f"/v1/locations/demo/bookings/{paid['booking_id']}/refunds"
    costs = {"ask": day.count(lambda: staff("POST", path, {"amount": 1000}))}
    costs |= day.give_back(paid)
    assert costs == {"ask": Cost(3, 14, 3), **REFUND}
    assert total(costs.values()) == Cost(22, 53, 7)
    assert reckoned(REFUND_MADE) == held(total(costs.values()))


def test_a_cancellation(day: Day, paid: dict[str, Any]) -> None:
    costs = {"cancel": day.count(lambda: day.salon.cancel(paid))}
    costs |= day.give_back(paid)
    assert costs == {"cancel": Cost(6, 14, 2), **REFUND}
    assert total(costs.values()) == Cost(25, 53, 6)
    assert held(total(costs.values()))[1] == CANCELLATION_UNITS


def test_a_move(day: Day, paid: dict[str, Any], store: BookingStore, context: Any) -> None:
    """The old time and the new one are two of an employee's days, written with the booking."""
    staff = StaffCalls(context, store, staff_function.handler)
    path = f"/v1/locations/demo/bookings/{paid['booking_id']}/reschedule"
    body, headers = {"starts_at": moment(days=6)}, {"idempotency-key": "once"}
    costs = {"move": day.count(lambda: staff("POST", path, body, headers=headers))}
    costs["publish"] = day.publish()
    assert costs == {"move": Cost(6, 26, 2), "publish": Cost(1, 1, 1)}


def test_a_move_by_the_client(day: Day) -> None:
    day.salon.set_terms(prepayment={"type": "none"}, overrides=[], reschedule=FREELY)
    made = day.salon.booked()
    cost = day.count(lambda: day.salon.move(made, {"starts_at": moment(days=6)}))
    assert cost == Cost(6, 14, 1)


def test_a_payment_outside_stripe(day: Day, store: BookingStore, context: Any) -> None:
    """With a session open at Stripe: the order to close it goes with the record."""
    staff = StaffCalls(context, store, staff_function.handler)
    made = day.salon.booked("cut")
    day.events()
    path = f"/v1/locations/demo/bookings/{made['booking_id']}/payments"
    body = {"amount": 4500, "method": "cash"}
    costs = {"record": day.count(lambda: staff("POST", path, body))}
    payment_id = day.salon.stored(made).outside_payments[0].payment_id
    void = f"{path}/{payment_id}/void"
    costs["void"] = day.count(lambda: staff("POST", void, {"note": "wrong booking"}))
    assert costs == {"record": Cost(3, 14, 4), "void": Cost(3, 10, 2)}
