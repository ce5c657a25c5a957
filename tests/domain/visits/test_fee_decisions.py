"""Fees that are proposed, confirmed, waived, reminded of and written off."""

import pytest

from shared.domain.activity.needed_actions import booking_actions
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking
from shared.domain.errors import NotFound
from shared.domain.messages.stripe_orders import CheckFee
from shared.domain.visits.fee_decisions import confirm_fee, remind_of_fee, waive_fee
from tests.domain.builders import NOW_S
from tests.domain.money_world import PRICE_MINOR, World, booked
from tests.domain.visits.ended_visits import HALF, by_client, fee_of, proposed, refusal, settle


def test_a_proposed_fee_waits_for_staff_who_confirm_it() -> None:
    world = proposed()
    assert [each.kind for each in booking_actions(world.booking)] == ["fee_proposed"]
    fee_id = world.booking.fees[0].fee_id
    world.change(confirm_fee(world.booking, fee_id, "boss@x.de", NOW_S))
    assert fee_of(world) == ("taken", HALF, 0)
    assert confirm_fee(world.booking, fee_id, "boss@x.de", NOW_S) == world.booking
    assert refusal(lambda: waive_fee(world.booking, fee_id, "b", "x", NOW_S)) == "fee_decided"
    settle(world)
    assert world.booking.payments().amount_refunded == HALF


def test_a_proposed_fee_that_is_waived_goes_back_with_its_reason() -> None:
    world = proposed()
    fee_id = world.booking.fees[0].fee_id
    world.change(waive_fee(world.booking, fee_id, "boss@x.de", "was ill", NOW_S))
    settle(world)
    assert world.booking.payments().amount_refunded == PRICE_MINOR
    [fee] = staff_view(world.booking)["fees"]
    assert (fee["status"], fee["reason"], fee["decided_by"]) == ("waived", "was ill", "boss@x.de")
    assert refusal(lambda: confirm_fee(world.booking, fee_id, "b", NOW_S)) == "fee_decided"
    with pytest.raises(NotFound):
        confirm_fee(world.booking, "fee_other", "b", NOW_S)


def test_a_fee_of_which_a_part_is_being_taken_is_waived_once_that_is_here() -> None:
    """Bug: what was captured of a hold after the fee was waived stayed with the business."""
    world = World(booked(mode="hold"))
    world.holds(1000)
    world.listen()
    world.change(by_client(world.booking))
    fee_id = world.booking.fees[0].fee_id
    assert fee_of(world) == ("owed", 0, HALF - 1000)

    def waive() -> Booking:
        return waive_fee(world.booking, fee_id, "b", "ill", NOW_S)

    assert refusal(waive) == "request_in_progress"
    settle(world)
    world.change(waive())
    settle(world)
    summary = world.booking.payments()
    assert (summary.amount_captured, summary.amount_refunded) == (1000, 1000)


def test_a_proposed_fee_leaves_the_hold_until_it_is_decided() -> None:
    world = World(booked(charge="propose", mode="hold"))
    world.holds()
    world.listen()
    world.change(by_client(world.booking))
    assert world.booking.charge_orders == ()
    fee_id = world.booking.fees[0].fee_id
    confirmed = confirm_fee(world.booking, fee_id, "b", NOW_S)
    assert [(each.kind, each.amount_minor) for each in confirmed.charge_orders] == [
        ("capture", HALF)
    ]
    waived = waive_fee(world.booking, fee_id, "b", "x", NOW_S)
    assert [each.kind for each in waived.charge_orders] == ["release"]


def test_it_is_reminded_of_twice_and_then_written_off() -> None:
    world = World(booked())
    world.change(by_client(world.booking))
    fee_id = world.booking.fees[0].fee_id
    for reminders in range(3):
        looks = [each for each in world.messages if isinstance(each, CheckFee)]
        assert looks[-1].reminders == reminders
        assert (looks[-1].due_s or 0) > NOW_S + 2 * 86_400
        world.change(remind_of_fee(world.booking, fee_id, reminders, NOW_S))
        world.change(remind_of_fee(world.booking, fee_id, reminders, NOW_S))
    assert fee_of(world) == ("written_off", 0, 0)
    kinds = [each["kind"] for each in world.ordered("send_mail")]
    assert kinds == ["fee_link", "fee_reminder", "fee_reminder"]
    said = [entry.what for entry in world.booking.journal]
    assert said == ["booking.cancelled", "fee.reminded", "fee.reminded", "fee.written_off"]
    assert world.said("fee.written_off") == 1
