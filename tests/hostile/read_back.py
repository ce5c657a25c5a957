"""Reads all that a world has stored with the product's own readers, and looks through its log."""

from collections import Counter
from typing import Any
from urllib.parse import quote

from shared.adapters.event_store import EventStore
from shared.config import load_config
from shared.domain.bookings.booking import Booking
from shared.domain.dates.instants import rfc3339
from shared.domain.stripe_facts.payment_facts import Facts
from shared.workflows.stripe_events.record_event import DUPLICATE, record
from tests.hostile.webhooks import LIKE_SECRETS
from tests.leaks import leaks_in
from tests.simulation.world import PLACES, World

MOST_PAGES = 1_000
WHOLE = ("/services", "/employees", "/terms", "/members", "/needs-action/count", "")


def read_everything(world: World) -> Counter[str]:
    """Read what a world has stored, each kind as the product does; return how many of each."""
    read: Counter[str] = Counter()
    for place in PLACES:
        for path in WHOLE:
            _asked(world, place, path)
        for path in ("/bookings", "/needs-action", "/disputes", "/audit"):
            read[path] += len(_pages(world, place, path))
        for booking in world.bookings(place):
            _read_booking(world, place, booking)
            read["bookings"] += 1
    actions = world.cloud.table.bodies("action")
    assert len(actions) == read["/needs-action"], "each is on its place's list"
    for body in world.cloud.table.bodies("subject").values():
        Facts.from_dict(body["facts"])
        read["subjects"] += 1
    # An event that was kept is recorded already, when it is read and given again.
    for key, body in world.cloud.table.bodies("event").items():
        if "event" in body:
            again = record(key.pk.partition("#")[0], body["event"], EventStore(load_config()))
            assert again == DUPLICATE, key
            read["kept events"] += 1
    return read


def _read_booking(world: World, place: str, booking: Booking) -> None:
    for path in ("", "/messages"):
        _asked(world, place, f"/bookings/{booking.booking_id}{path}")
    if booking.starts_at_s:
        day = rfc3339(booking.starts_at_s)[:10]
        _asked(world, place, "/agenda", **{"from": day, "to": day})
    if booking.client and booking.client.email:
        _asked(world, place, f"/clients/{quote(booking.client.email)}/export")


def _asked(world: World, place: str, path: str, **query: str) -> Any:
    status, answer = world.staff(place, "GET", path, query=query)
    assert status == 200, (path, answer)
    return answer


def _pages(world: World, place: str, path: str) -> list[Any]:
    found: list[Any] = []
    query = {"limit": "100"}
    for _ in range(MOST_PAGES):
        page = _asked(world, place, path, **query)
        found += page["items"]
        if not page.get("next_cursor"):
            return found
        query["cursor"] = page["next_cursor"]
    raise AssertionError(f"{path} has no end")


def leaks_of(world: World) -> list[str]:
    """Return what leaked into the log: secrets, addresses, names, and parts of a body."""
    return leaks_in(world.log.getvalue(), ("Mira", "Lindqvist", *LIKE_SECRETS))[:5]
