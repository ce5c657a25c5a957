"""What a client may still do with a visit, and what it costs: each limit from both sides.

Without these a broken rule passed the tests of its room (docs/testing.md).
"""

from copy import replace

import pytest

from shared.domain.bookings.booking import Booking
from shared.domain.refunds.approval import limit_of
from shared.domain.refunds.refund_progress import refund_progress
from shared.domain.visits.cost_of_cancelling import can_client_cancel, cost_of_cancelling
from shared.domain.visits.end_visit import mark_no_show
from shared.domain.visits.fee_decisions import waive_fee
from shared.domain.visits.move_rules import can_client_move
from tests.domain.builders import NOW_S
from tests.domain.money_world import PRICE_MINOR, STARTS_S, World, booked


def movable(hours: int = 24) -> Booking:
    made = booked(employee_id="anna")
    assert made.terms
    reschedule = {"client_until_hours": hours, "fee": "none"}
    return replace(made, terms=replace(made.terms, reschedule=reschedule))


def test_a_client_cancels_a_confirmed_visit_until_it_begins() -> None:
    assert can_client_cancel(booked(), STARTS_S - 1)
    assert not can_client_cancel(booked(), STARTS_S)
    assert not can_client_cancel(booked(status="cancelled"), NOW_S)
    assert not can_client_cancel(booked(starts_at_s=None, ends_at_s=None), NOW_S)


@pytest.mark.parametrize("hours", [0, 24])
def test_a_client_moves_a_visit_until_the_hours_of_its_terms_and_not_once_it_has_begun(
    hours: int,
) -> None:
    last_s = min(STARTS_S - hours * 3600, STARTS_S - 1)
    assert can_client_move(movable(hours), last_s)
    assert not can_client_move(movable(hours), last_s + 1)


def test_cancelling_what_has_no_fee_is_free() -> None:
    cost = cost_of_cancelling(booked(terms=None), NOW_S)
    assert (cost.outcome, cost.fee_minor, cost.back_minor) == ("free", 0, 0)


def test_what_has_arrived_is_counted_in_the_bookings_currency() -> None:
    world = World(booked())
    world.pays()
    world.listen()
    world.payments[0].refund(1500)
    world.listen()
    progress = refund_progress(world.booking)
    assert (progress.arrived_minor, progress.under_way_minor) == (1500, 0)


def test_a_fee_that_was_waived_says_when() -> None:
    proposed = mark_no_show(booked(), "desk@x.de", STARTS_S, takes_fee=True)
    [fee] = proposed.fees
    [waived] = waive_fee(proposed, fee.fee_id, "desk@x.de", "ill", STARTS_S + 5).fees
    assert (waived.decided_by, waived.decided_at_s) == ("desk@x.de", STARTS_S + 5)
    assert waived.amount_minor == PRICE_MINOR * 8 // 10


def test_a_limit_of_the_smallest_amount_binds() -> None:
    assert limit_of({"manager": 1}, (), {"manager"}, "u1", NOW_S) == 1
