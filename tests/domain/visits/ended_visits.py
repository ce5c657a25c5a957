"""What the tests of ended visits share: ways to end one, and to see what came of it."""

import pytest

from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking
from shared.domain.errors import Conflict
from shared.domain.visits.end_visit import cancel
from tests.domain.builders import NOW_S
from tests.domain.money_world import PRICE_MINOR, World, booked

HALF = PRICE_MINOR // 2


def by_client(booking: Booking, at_s: int = NOW_S) -> Booking:
    """Return the booking cancelled by its client."""
    return cancel(booking, "client", at_s, takes_fee=True)


def proposed() -> World:
    """Return a world in which a fee of half the price was proposed, the rest on its way back."""
    world = World(booked(charge="propose"))
    world.pays()
    world.listen()
    world.change(by_client(world.booking))
    assert fee_of(world) == ("proposed", 0, 0)
    assert world.booking.payments().amount_refund_pending == HALF
    return world


def settle(world: World, *, card: str = "good") -> None:
    """Carry out what was ordered and hear of it, until nothing is left to do."""
    for _ in range(3):
        world.carry_out(card=card)
        world.listen()


def fee_of(world: World) -> tuple[str, int, int]:
    """Return the status of the only fee, what was taken of it and what is owed."""
    [fee] = staff_view(world.booking)["fees"]
    return fee["status"], fee["amount_taken"], fee["amount_owed"]


def refusal(call: object) -> str:
    """Return the code of the conflict that a call ends in."""
    with pytest.raises(Conflict) as conflict:
        call()  # type: ignore[operator]
    return conflict.value.code
