"""What an operation costs of DynamoDB after a long history, counted to the unit.

Every function of the product runs in one process (`tests/simulation`), on a table that counts.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.adapters.mark_store import MarkStore
from shared.adapters.table_model import to_json
from shared.domain.dates.instants import rfc3339
from shared.domain.messages.envelopes import envelope_of
from shared.domain.reports.schedule import morning_report
from tests.benchmarks.counted_table import Cost, CountedTable
from tests.benchmarks.history import DAY_S, EMPLOYEES, History
from tests.simulation.world import Delivery, World

SIZES = (1_000, 10_000, 100_000)
PLACE, SEED = "north", 5
CARD = "4242424242424242"
CLIENT = {"name": "Mira Lindqvist", "email": "mira@example.com"}
# By then Stripe has told all of a payment or a refund.
TOLD_AFTER_S = 10
PAGE = "50"


class Grown:
    """A place with a history; each method does one thing and returns what it cost."""

    def __init__(self, world: World, history: History, table: CountedTable) -> None:
        self.world, self.history, self.table = world, history, table
        self._booked: dict[str, Any] = {}
        self._bookings = itertools.count()

    # ------------------------------------------------------------------ clients

    def see_slots(self) -> Cost:
        """A week of everybody's free times."""
        day = self._day(+10)
        query = {"service_id": "cut", "date": day, "days": "7"}
        return self._ask_widget("slots", query)

    def book(self) -> Cost:
        """A booking, with its page at Stripe."""
        shown = self._http("ServeWidget", "GET", "")
        [price] = [each["price"] for each in shown["services"] if each["service_id"] == "cut"]
        body = {
            "service_id": "cut",
            "employee_id": EMPLOYEES[0],
            "starts_at": rfc3339(self._next_start_s()),
            "client": CLIENT,
            "accepted_price": price,
            "accepted_terms": shown["terms_hash"],
        }
        with self.counting() as cost:
            self._booked = self._http("CreateCheckout", "POST", "/bookings", body)
        return cost[0]

    def pay(self) -> Cost:
        """Its payment: four events, and what is told of them."""
        session_id = str(self._booked["checkout_url"]).rpartition("/")[2]
        assert self.world.stripes[PLACE].pay_session(session_id, CARD) == "succeeded"
        with self.counting() as cost:
            self._hear()
        return cost[0]

    # ------------------------------------------------------------------ the desk

    def refund(self) -> Cost:
        """A refund by staff: the order, Stripe's answer and events, and what is told."""
        path = f"/bookings/{self._booked['booking_id']}/refunds"
        with self.counting() as cost:
            status, told = self.world.staff(PLACE, "POST", path, {"amount": 1000})
            assert status == 202, told
            self._publish()
            self.world.consume(self.world.cloud.queues["RefundOrders"])
            self._hear()
        return cost[0]

    def see_booking(self) -> Cost:
        """A booking of the past."""
        return self._ask_staff(f"/bookings/{self.history.booking(500).booking_id}")

    def see_agenda(self) -> Cost:
        """The agenda of a day with a hundred visits."""
        day = self._day(-1)
        return self._ask_staff("/agenda", **{"from": day, "to": day})

    def see_list(self) -> Cost:
        """The list of all bookings, its first page."""
        return self._ask_staff("/bookings", limit=PAGE)

    def find_client(self) -> Cost:
        """A search for one client by their address."""
        client = self.history.booking(700).client
        assert client
        return self._ask_staff("/bookings", limit=PAGE, q=client.email)

    def find_first_name(self) -> Cost:
        """A search for a first name that one client in forty has."""
        client = self.history.booking(700).client
        assert client
        return self._ask_staff("/bookings", limit=PAGE, q=client.name.partition(" ")[0])

    # ------------------------------------------------------------------ finance

    def report(self) -> Cost:
        """The report of a day with a hundred payments, and its sync."""
        for before in (-3, -2):
            self._order_report(before)
        with self.counting() as cost:
            self._order_report(-1)
        return cost[0]

    def _order_report(self, before: int) -> None:
        location = self.world.location(PLACE)
        day = datetime.fromtimestamp(self.world.now_s(), UTC).date() + timedelta(days=before)
        queue = self.world.cloud.queues["ReportOrders"]
        order = morning_report(location, day, self.world.now_s())
        self.world.cloud.put_message(queue, to_json(envelope_of(order)))
        self.world.consume(queue)
        assert not queue.waiting

    # ------------------------------------------------------------------ ways

    def _next_start_s(self) -> int:
        """Return another hour for each booking."""
        return (self.world.now_s() // 3600 + 240 + next(self._bookings)) * 3600

    def _day(self, ahead: int) -> str:
        return f"{datetime.fromtimestamp(self.world.now_s() + ahead * DAY_S, UTC):%Y-%m-%d}"

    def _ask_widget(self, what: str, query: dict[str, str]) -> Cost:
        with self.counting() as cost:
            self._http("ServeWidget", "GET", f"/{what}", query=query)
        return cost[0]

    def _ask_staff(self, path: str, **query: str) -> Cost:
        with self.counting() as cost:
            status, told = self.world.staff(PLACE, "GET", path, query=query)
        assert status == 200, told
        return cost[0]

    def _http(self, function: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        status, told = self.world.http(
            function,
            f"{method} /public/locations/{{location_id}}{path}",
            f"/public/locations/{PLACE}{path}",
            body=body,
            params={"location_id": PLACE},
            **more,
        )
        assert status in (200, 201), told
        return told

    def _hear(self) -> None:
        """Record what Stripe tells, one event after the other, and tell what follows."""
        stripe, queue = self.world.stripes[PLACE], self.world.cloud.queues["StripeEvents"]
        self.world.advance(TOLD_AFTER_S)
        stripe.clock.run_due()
        [endpoint] = [each["id"] for each in stripe.objects("webhook_endpoint")]
        for event in stripe.new_events():
            told = Delivery(PLACE, stripe, endpoint, event, self.world.at_stripe())
            assert self.world._post(told)
            self.world.consume(queue)
            assert not queue.waiting
        self._publish()

    def _publish(self) -> None:
        while self.table.stream:
            self.world.stream()

    @contextmanager
    def counting(self) -> Iterator[list[Cost]]:
        """Give a list that has what was done inside, afterwards."""
        counted: list[Cost] = []
        self.table.cost = Cost()
        yield counted
        counted.append(self.table.cost)


ACTS = (
    Grown.see_slots,
    Grown.book,
    Grown.pay,
    Grown.refund,
    Grown.see_booking,
    Grown.see_agenda,
    Grown.see_list,
    Grown.find_client,
    Grown.find_first_name,
    Grown.report,
)


@contextmanager
def grown(number: int) -> Iterator[Grown]:
    """Give a place after so many bookings."""
    with pytest.MonkeyPatch.context() as patched:
        world = World(patched, SEED, trouble=0, table=CountedTable)
        world.cloud.twice = 0
        table = world.cloud.table
        assert isinstance(table, CountedTable)
        for name in ("get_marks", "add_mark", "remove_marks"):
            patched.setattr(MarkStore, name, _counted(getattr(MarkStore, name), table))
        now_s = world.now_s()
        # Its first report adds up all that was before it; that is another matter.
        world.change_location(PLACE, created_at_s=now_s - 5 * DAY_S)
        account = world.location(PLACE).stripe_account_id
        history = History(PLACE, number, now_s, account)
        history.fill(table)
        yield Grown(world, history, table)


def _counted(method: Any, table: CountedTable) -> Any:
    def call(*arguments: Any, **named: Any) -> Any:
        table.count_mark()
        return method(*arguments, **named)

    return call


def costs(number: int) -> dict[str, Cost]:
    """Return what each act costs after so many bookings, by its name."""
    with grown(number) as place:
        return {act.__name__: act(place) for act in ACTS}


def doing(name: str) -> str:
    """Return what an act does, as its first line says."""
    return str(getattr(Grown, name).__doc__).splitlines()[0].rstrip(".")


def lines() -> list[tuple[str, ...]]:
    """Return the table: each act, what it costs after each history, and whether that is flat."""
    found = [costs(number) for number in SIZES]
    return [
        (
            doing(name),
            *(str(each[name]) for each in found),
            "flat" if len({each[name] for each in found}) == 1 else "grows",
        )
        for name in found[0]
    ]
