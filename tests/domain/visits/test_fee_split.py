"""Where the fee of a visit's end comes from: each word, and each sum to the minor unit."""

from collections.abc import Callable
from copy import replace

import pytest

from shared.domain.bookings.fee import WRITTEN_OFF
from shared.domain.visits.cost_of_cancelling import CancellingCost, cost_of_cancelling
from shared.domain.visits.fee_split import FeeSplit, fee_split
from shared.domain.visits.outside_payments import PaidOutside, record_payment
from tests.domain.builders import NOW_S
from tests.domain.money_world import PRICE_MINOR, World, booked
from tests.domain.visits.ended_visits import HALF, by_client, settle

PART = 3000


def nothing(world: World) -> None:
    """Leave the visit unpaid."""


def pays_a_part_with_a_saved_card(world: World) -> None:
    world.saves_card()
    world.pays(PART)


@pytest.mark.parametrize(
    ("mode", "acts", "split", "back"),
    [
        pytest.param("pay", nothing, FeeSplit(HALF, 0, 0, HALF, "owed"), 0, id="owed"),
        pytest.param("pay", World.pays, FeeSplit(HALF, HALF, 0, 0, "kept"), HALF, id="kept"),
        pytest.param("hold", World.holds, FeeSplit(HALF, 0, HALF, 0, "held"), 0, id="held"),
        pytest.param(
            "save_card", World.saves_card, FeeSplit(HALF, 0, HALF, 0, "card"), 0, id="card"
        ),
        pytest.param(
            "pay",
            lambda world: world.pays(PART),
            FeeSplit(HALF, PART, 0, HALF - PART, "kept_owed"),
            0,
            id="kept and owed",
        ),
        pytest.param(
            "pay",
            pays_a_part_with_a_saved_card,
            FeeSplit(HALF, PART, HALF - PART, 0, "kept_card"),
            0,
            id="kept and card",
        ),
    ],
)
def test_what_is_said_before_the_end_is_so_after_it(
    mode: str, acts: Callable[[World], object], split: FeeSplit, back: int
) -> None:
    world = World(booked(mode=mode))
    acts(world)
    world.listen()
    assert cost_of_cancelling(world.booking, NOW_S) == CancellingCost(
        split.word, split.fee_minor, split.kept_minor, split.card_minor, split.owed_minor, back
    )
    world.change(by_client(world.booking))
    assert fee_split(world.booking) == split


def test_of_a_fee_that_is_only_proposed_nothing_is_known_yet() -> None:
    world = World(booked(charge="propose"))
    world.pays()
    world.listen()
    world.change(by_client(world.booking))
    assert fee_split(world.booking) == FeeSplit(HALF, 0, 0, 0, "proposed")


def test_without_an_end_there_is_no_fee_to_split() -> None:
    assert fee_split(booked()) is None


def test_what_was_paid_outside_stripe_is_kept_of_the_fee() -> None:
    booking = record_payment(booked(), PaidOutside(PART, "cash"), "desk@x.de", NOW_S)
    assert fee_split(by_client(booking)) == FeeSplit(HALF, PART, 0, HALF - PART, "kept_owed")


@pytest.mark.parametrize("paid", [0, PART])
def test_a_fee_that_is_written_off_is_what_was_paid_of_it(paid: int) -> None:
    world = World(booked())
    world.change(by_client(world.booking))
    if paid:
        world.pays(paid, "cancellation_fee")
        world.listen()
    [fee] = world.booking.fees
    booking = world.booking.with_fee(replace(fee, status=WRITTEN_OFF))
    assert fee_split(booking) == (FeeSplit(paid, 0, paid, 0, "card") if paid else None)


def test_a_held_fee_that_was_captured_is_still_one_that_was_held() -> None:
    world = World(booked(mode="hold"))
    world.holds()
    world.listen()
    world.change(by_client(world.booking))
    settle(world)
    assert world.payments[0].captured == HALF < PRICE_MINOR
    assert fee_split(world.booking) == FeeSplit(HALF, 0, HALF, 0, "held")
