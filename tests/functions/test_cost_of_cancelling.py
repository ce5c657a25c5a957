"""What a client is told before cancelling is what then happens, to the minor unit."""

import pytest

from functions.serve_visit.view import ask_page, sentences_of
from shared.domain.activity.client_view import client_view
from shared.domain.visits.cost_of_cancelling import CancellingCost, cost_of_cancelling
from shared.domain.visits.end_visit import cancel_for_client
from shared.wording.language import TEXTS
from tests.domain.activity.test_client_mails_table import (
    FREE_S,
    FULL_S,
    HALF_S,
    WAYS,
    Way,
    made,
)
from tests.domain.money_world import PRICE_MINOR, World
from tests.surroundings.demo_location import HOST

WHEN = {"free": FREE_S, "half": HALF_S, "late": FULL_S}


def world_of(way: Way, charge: str = "automatic") -> World:
    world = World(made(way, charge))
    way.acts(world)
    world.listen()
    return world


def told(world: World, at_s: int) -> CancellingCost:
    return cost_of_cancelling(world.booking, at_s)


@pytest.mark.parametrize("when", WHEN.values(), ids=WHEN)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_is_said_before_is_what_is_charged_kept_and_given_back(way: Way, when: int) -> None:
    world = world_of(way)
    captured = sum(each.captured for each in world.payments)
    cost = told(world, when)
    fee_minor = cost.fee_minor
    shown = client_view(world.booking, when, HOST)
    assert shown["cancelling_now"] == {
        "outcome": cost.outcome,
        "fee": fee_minor,
        "kept": cost.kept_minor,
        "card": cost.card_minor,
        "owed": cost.owed_minor,
        "back": cost.back_minor,
    }
    assert shown["cancellation_fee_now"] == fee_minor
    world.change(cancel_for_client(world.booking, when, accepted_fee_minor=fee_minor))
    for _ in range(3):
        world.carry_out()
        world.listen()
    after = sum(each.captured for each in world.payments)
    refunded = sum(each.refunded for each in world.payments)
    assert after - captured == cost.card_minor, "nothing is charged that was not said"
    assert refunded == cost.back_minor
    assert captured - refunded == cost.kept_minor
    assert world.booking.fee_owed_minor() == cost.owed_minor
    assert cost.kept_minor + cost.card_minor + cost.owed_minor == fee_minor


@pytest.mark.parametrize(
    ("way", "when", "said"),
    [
        ("full", "free", ("free_back",)),
        ("full", "half", ("kept_back",)),
        ("full", "late", ("kept",)),
        ("deposit", "half", ("kept_owed",)),
        ("deposit", "free", ("free_back",)),
        ("hold", "free", ("free",)),
        ("hold", "half", ("held",)),
        ("card", "late", ("card",)),
        ("at visit", "half", ("owed",)),
        ("desk unpaid", "late", ("free",)),
    ],
)
def test_it_is_said_in_one_sentence(way: str, when: str, said: tuple[str, ...]) -> None:
    """Finding F18: "Cancelling now costs 45.00" of what had long been paid."""
    assert sentences_of(told(world_of(WAYS[way]), WHEN[when])) == said


def test_a_fee_that_the_business_decides_on_is_not_said_to_be_charged() -> None:
    cost = told(world_of(WAYS["at visit"], "propose"), WHEN["late"])
    assert (sentences_of(cost), cost.fee_minor) == (("proposed",), PRICE_MINOR)


@pytest.mark.parametrize("when", WHEN.values(), ids=WHEN)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_page_says_it_and_the_form_agrees_to_it(way: Way, when: int) -> None:
    world = world_of(way)
    page = ask_page(HOST, world.booking, when)
    cost = told(world, when)
    assert page.confirm == (TEXTS["de"]["visit.cancel.yes"], cost.fee_minor)
    assert len(page.paragraphs) == 1
