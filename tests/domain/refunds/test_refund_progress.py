"""What goes back, as clients are told it: never more than came, whatever was asked for."""

import pytest

from shared.domain.bookings.booking import Booking
from shared.domain.refunds.approval import UNLIMITED
from shared.domain.refunds.refund_progress import refund_progress
from shared.domain.refunds.refund_rules import RefundRequest, request_refund
from tests.domain.builders import NOW_S
from tests.domain.money_world import World, booked


def asked(booking: Booking, amount: int) -> Booking:
    request = RefundRequest("rf_1", amount, "clerk@x.de", NOW_S, "staff")
    return request_refund(booking, request, UNLIMITED)


def back_minor(world: World) -> int:
    progress = refund_progress(world.booking)
    return progress.arrived_minor + progress.under_way_minor


@pytest.mark.parametrize(
    ("here", "at_stripe", "back"),
    [
        (4500, 100, 4500),
        (4500, 4500, 4500),
        (1000, 4000, 4500),
        (1000, 500, 1500),
        (4500, 0, 4500),
        (0, 300, 300),
    ],
)
def test_no_more_goes_back_than_came(here: int, at_stripe: int, back: int) -> None:
    """Bug, seeds 687 and 753: a mail added a refund made at Stripe to one that we asked for."""
    world = World(booked())
    payment = world.pays(4500)
    world.listen()
    if here:
        world.change(asked(world.booking, here))
    if at_stripe:
        payment.refund(at_stripe)
        world.listen()
    assert back_minor(world) == back


def test_a_sum_that_comes_before_its_refund_is_the_one_that_was_asked_for() -> None:
    """Bug: it was told twice while only the charge's sum had come."""
    world = World(booked())
    world.pays(4500)
    world.listen()
    world.change(asked(world.booking, 1000))
    world.ask_for_refunds()
    world.listen_to_one(0)
    assert world.booking.payments().amount_refund_pending == 1000
    assert back_minor(world) == 1000
    world.listen()
    assert back_minor(world) == 1000


def test_a_sum_of_another_refund_is_not_taken_for_one_that_was_never_asked_of_stripe() -> None:
    world = World(booked())
    payment = world.pays(4500)
    world.listen()
    payment.refund(500)
    world.listen_to_one(0)
    world.change(asked(world.booking, 1000))
    assert back_minor(world) == 1500


def test_what_is_left_of_one_charge_is_none_of_anothers() -> None:
    world = World(booked())
    first = world.pays(4500)
    world.pays(3000)
    world.listen()
    world.change(asked(world.booking, 4500))
    first.refund(4500)
    world.listen()
    assert back_minor(world) == 4500
