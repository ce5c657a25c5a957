"""The hourly tick that orders reminders: what it finds, what a repetition does, what it costs."""

import json
import time
from copy import replace
from typing import Any

import pytest

from functions.order_reminders import handler as tick_function
from shared import environment
from shared.adapters.booking_lists import BookingLists
from shared.adapters.booking_store import BookingStore
from shared.adapters.location_store import LocationStore
from shared.config import load_config
from shared.domain.bookings.booking import Booking
from shared.domain.dates.instants import HOUR_S, rfc3339
from shared.domain.errors import AwsUnreachable
from tests.functions.test_reminders import DAILY, booking
from tests.functions.test_send_mail import Post
from tests.functions.test_send_mail import post as post  # noqa: PLC0414
from tests.surroundings.fixtures import DEMO, TableInMoto
from tests.surroundings.units import Cost, Meter

pytestmark = pytest.mark.enable_socket


class Tick:
    """The function, and the orders that wait for their time."""

    def __init__(self, table: TableInMoto, context: Any) -> None:
        self._table, self._context = table, context

    def run(self) -> int:
        return int(tick_function.handler({}, self._context)["ordered"])

    def waiting(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return what waits in the outbox, by its keys."""
        found = self._table.bodies().items()
        return {key: body for key, body in found if "#outbox#" in key[0]}

    def envelopes(self) -> list[dict[str, Any]]:
        """Return the orders as the bus delivers them when they are due."""
        return [
            {"source": "bookpay", "detail-type": each["detail_type"], "detail": each["detail"]}
            for each in self.waiting().values()
            if each["detail"].get("kind") == "reminder"
        ]


@pytest.fixture
def tick(table: TableInMoto, places: LocationStore, context: Any) -> Tick:
    places.save_location(DAILY)
    return Tick(table, context)


def near(booking_id: str = "bk_1", **changed: Any) -> Booking:
    """A visit whose reminder is due within the hour."""
    return booking(24.5, booking_id=booking_id, created_at_s=1_795_000_000, **changed)


def test_every_visit_that_is_near_is_ordered_whoever_does_it(tick: Tick, post: Post) -> None:
    """Visits that take nobody's time are reminded of too."""
    made = [near("bk_1"), near("bk_2", employee_id="anna"), replace(near("bk_3"), ends_at_s=None)]
    for each in (*made, booking(23.9, booking_id="bk_4"), booking(26.1, booking_id="bk_5")):
        post.keep(each)
    assert tick.run() == 3
    assert sorted(tick.waiting()) == [
        (
            f"demo#outbox#{each.booking_id}-reminder-{rfc3339(each.starts_at_s or 0)}",
            f"delayed#{(each.starts_at_s or 0) - 24 * HOUR_S}",
        )
        for each in made
    ]


def test_ticks_that_come_twice_or_an_hour_later_make_one_order_and_one_mail(
    tick: Tick, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = booking(25.5, created_at_s=1_795_000_000)
    post.keep(made)
    tick.run()
    once = tick.waiting()
    tick.run()
    later = time.time() + HOUR_S
    monkeypatch.setattr(time, "time", lambda: later)
    tick.run()
    assert tick.waiting().keys() == once.keys()
    post.deliver(*tick.envelopes(), *tick.envelopes())
    [mail] = post.sent()
    assert "Erinnerung" in mail["Subject"]


def test_a_visit_that_was_cancelled_or_moved_meanwhile_is_not_mailed(
    tick: Tick, post: Post, store: BookingStore
) -> None:
    for name in ("bk_1", "bk_2"):
        post.keep(near(name))
    tick.run()
    store.change("demo", "bk_1", lambda found: replace(found, status="cancelled"))
    store.change(
        "demo", "bk_2", lambda found: replace(found, starts_at_s=(found.starts_at_s or 0) + 60)
    )
    assert post.deliver(*tick.envelopes()) == []
    assert post.sent() == []


def test_a_visit_that_was_moved_is_ordered_for_its_new_time(
    tick: Tick, post: Post, store: BookingStore
) -> None:
    post.keep(booking(72, created_at_s=1_795_000_000))
    tick.run()
    assert tick.waiting() == {}
    moved = near()
    store.change("demo", "bk_1", lambda found: replace(found, starts_at_s=moved.starts_at_s))
    assert tick.run() == 1
    post.deliver(*tick.envelopes())
    [mail] = post.sent()
    assert "Erinnerung" in mail["Subject"]


def test_an_idle_location_costs_one_query_and_one_that_reminds_nobody_none(
    tick: Tick, post: Post, places: LocationStore, table: TableInMoto, clients: dict[Any, Any]
) -> None:
    """For a hundred locations a tick reads its place and a page; each that reminds adds a query."""
    post.keep(booking(72))
    tick.run()
    meter = Meter(table, clients)
    with meter.counting():
        assert tick.run() == 0
    assert meter.cost == Cost(calls=3)
    places.save_location(DEMO)
    with meter.counting():
        tick.run()
    assert meter.cost == Cost(calls=2)


def test_a_visit_costs_one_write_with_each_of_the_two_ticks_that_order_it(
    tick: Tick, post: Post, table: TableInMoto, clients: dict[Any, Any]
) -> None:
    post.keep(near())
    tick.run()
    meter = Meter(table, clients)
    with meter.counting():
        tick.run()
    assert meter.cost == Cost(calls=4, units=1, index_units=1)


def test_one_location_that_fails_keeps_no_other_waiting(
    tick: Tick, post: Post, places: LocationStore, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    places.save_location(replace(DAILY, location_id="other"))
    post.keep(near())
    lists = environment.get(BookingLists)
    read = lists.read_visits

    def failing(location_id: str, *more: Any) -> Any:
        if location_id == "other":
            raise AwsUnreachable("the table is away")
        return read(location_id, *more)

    monkeypatch.setattr(lists, "read_visits", failing)
    assert tick.run() == 1
    assert "RemindersNotOrdered" in capsys.readouterr().out


def test_without_a_sender_of_mails_nothing_is_ordered(
    tick: Tick, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.keep(near())
    config = load_config()
    monkeypatch.setattr(tick_function, "load_config", lambda: replace(config, mail_from=""))
    assert tick.run() == 0
    assert tick.waiting() == {}


def test_the_orders_name_nobody(tick: Tick, post: Post) -> None:
    post.keep(near())
    tick.run()
    told = json.dumps(list(tick.waiting().values()))
    assert "Mira" not in told
    assert "mira@" not in told
