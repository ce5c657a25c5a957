"""What the oracle has found, each as the few steps that it takes."""

from datetime import date

import pytest

from tests.truth import reading_pages
from tests.truth.oracle import Visit, bounds
from tests.truth.world import World

DAY, BEFORE = date(2026, 11, 2), "America/New_York"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A location whose day has begun."""
    start_s, _ = bounds(DAY, BEFORE)
    return World(monkeypatch, seed=1, begins_s=start_s, zone=BEFORE, currency="eur")


def pay(world: World, name: str = "bk_1", minor: int = 5000) -> None:
    world.book(name, Visit("cut", "anna", world.now_s() + 86_400 * 5, minor, "eur"))
    told = {"location_id": "demo", "booking_id": name, "purpose": "prepayment"}
    world.stripe.pay(minor, "eur", "4000000000000077", told)
    world.advance_to(world.now_s() + 5)


def test_a_day_that_was_ordered_before_a_move_far_to_the_east_is_compared(world: World) -> None:
    """Bug: only days of the new time zone were compared, and the report said that it was not."""
    pay(world)
    _, end_s = bounds(DAY, BEFORE)
    world.advance_to(end_s + 3600)
    world.change(timezone="Pacific/Kiritimati")
    world.advance_to(end_s + 6 * 3600)
    world.order(DAY, BEFORE)
    html = world.files[f"demo/test/{DAY}/morning/money-flow-demo-{DAY}-TEST.html"]
    _, headline = reading_pages.html_tables(html.decode())
    assert headline == "Reconciled: all figures match Stripe exactly."
