"""What a booking's messages say that happened: each news once, with the visit as it stands."""

from copy import replace

from shared.domain.activity.needed_actions import booking_actions
from shared.domain.bookings.kept_facts import with_kept_facts
from shared.domain.dates.instants import rfc3339
from shared.domain.messages.booking_changed import BookingChanged
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.payment_facts import Facts
from shared.domain.stripe_facts.read_events import read_event
from shared.domain.stripe_facts.refund_facts import RefundFacts
from tests.builders import booking, charge, event
from tests.domain.money_world import STARTS_S, World, booked


def test_a_dispute_is_told_when_it_is_opened_and_when_it_is_closed_and_not_again() -> None:
    world = World(booked())
    payment = world.pays()
    world.listen()
    dispute = payment.dispute(amount=4000)
    world.listen()
    payment.reinstate(dispute)
    world.listen()
    payment.close(dispute, "won")
    world.listen()
    words = ("dispute.opened", "dispute.updated", "dispute.closed")
    assert [world.said(each) for each in words] == [1, 0, 1]


def test_a_message_has_the_time_of_the_visit_and_none_for_a_sale() -> None:
    for made, starts_at in (
        (booked(), rfc3339(STARTS_S)),
        (booked(starts_at_s=None, ends_at_s=None), None),
    ):
        world = World(made)
        world.pays()
        world.listen()
        told = [each for each in world.messages if isinstance(each, BookingChanged)]
        assert {each.starts_at for each in told} == {starts_at}


def test_a_payment_that_names_another_booking_is_shown_with_what_names_it() -> None:
    theirs = {"location_id": "demo", "booking_id": "bk_2"}
    told = read_event(event("charge.succeeded", charge(metadata=theirs)))
    [action] = booking_actions(replace(booking("bk_1"), facts=told.facts))
    assert action.kind == "booking_contradicted"
    named = {"booking_id": "bk_1", "named_booking_id": "bk_2", "objects": ["ch_1"]}
    assert action.details == named


def test_a_sum_of_refunds_is_kept_only_as_long_as_no_refund_explains_it() -> None:
    unclear = ChargeFacts(
        amount_minor=4500,
        currency="eur",
        succeeded=True,
        captured=True,
        reported_captured_minor=4500,
        reported_refunded_minor=1000,
    )
    known = RefundFacts(amount_minor=1000, currency="eur", status="succeeded")
    clear = replace(unclear, refunds={"re_1": known})
    for found, kept_minor in ((unclear, 1000), (clear, 0)):
        kept = with_kept_facts(replace(booking(), facts=Facts(charges={"ch_1": found})))
        assert kept.facts.charges["ch_1"].reported_refunded_minor == kept_minor
        assert kept.payments().amount_refunded == 1000
