"""The mails that no end of a visit leads to by itself, held against the same figures.

What only staff ask for, what a bank or Stripe does to a refund, what nobody paid for in time, and
fees that the terms only propose.
"""

from copy import replace

import pytest

from shared.domain.activity.booking_mails import cancelled
from shared.domain.activity.client_mails import mails_of, payment_link_order
from shared.domain.activity.client_view import client_view
from shared.domain.activity.mail import Mail
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.bookings.fee import PROPOSED
from shared.domain.bookings.online_booking import expire
from shared.domain.bookings.refund_order import STAFF
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.refunds.approval import UNLIMITED
from shared.domain.refunds.refund_rules import RefundRequest, request_refund
from shared.domain.stripe_facts.payment_facts import Facts
from shared.domain.stripe_facts.session_facts import SessionFacts
from shared.domain.visits.end_visit import cancel
from shared.domain.visits.fee_decisions import confirm_fee, remind_of_fee
from shared.domain.visits.late_payment import refund_late_payment
from tests.domain.activity.test_client_mails_table import (
    ENDS,
    WAYS,
    End,
    Way,
    expect_true,
    made,
    mails_of_all,
)
from tests.domain.builders import NOW_S
from tests.domain.money_world import PRICE_MINOR, STARTS_S, World, booked
from tests.surroundings.demo_location import DEMO

every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
every_end = pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
every_card = pytest.mark.parametrize("card", ["good", "card_declined"])
ASKS = {"fee_link", "fee_reminder"}


def ended(way: Way, end: tuple[End, int], charge: str = "automatic") -> tuple[World, int]:
    """Return a world whose visit has ended, and what that costs by the terms."""
    world = World(made(way, charge))
    way.acts(world)
    world.listen()
    act, fee = end
    world.change(act(world.booking))
    return world, 0 if way.is_desk else fee


def expect_all_true(world: World, fee: int, known: int = 0) -> set[str]:
    """Hold every mail since `known` against the figures, and return their kinds."""
    mails = list(mails_of_all(world, known))
    for mail in mails:
        expect_true(mail, world, fee)
    return {each.kind for each in mails}


def left_of(world: World, fee: int) -> int:
    """Return what of a fee is still to be paid, by what Stripe has."""
    here = sum(each.captured - each.refunded for each in world.payments)
    return max(0, fee - here)


@every_card
@every_end
@every_way
def test_a_fee_that_is_proposed_is_told_as_that_and_asked_for_once_it_is_decided(
    way: Way, end: tuple[End, int], card: str
) -> None:
    world, fee = ended(way, end, "propose")
    for _ in range(2):
        assert not {*ASKS, "fee_taken"} & expect_all_true(world, fee)
        world.carry_out(card=card)
        world.listen()
    shown = [label for mail in mails_of_all(world, 0) for label, _ in mail.rows]
    decided = world.booking.fee()
    assert (decided is not None) is bool(fee)
    assert ("fee.proposed" in shown) is bool(fee and world.booking.status == "cancelled")
    if decided is None:
        return
    assert decided.status == PROPOSED
    known = len(world.messages)
    world.change(confirm_fee(world.booking, decided.fee_id, "b@x.de", STARTS_S))
    kinds = expect_all_true(world, fee)
    world.carry_out(card=card)
    kinds |= expect_all_true(world, fee)
    world.listen()
    kinds |= expect_all_true(world, fee)
    assert "fee.proposed" not in [
        label for mail in mails_of_all(world, 0) for label, _ in mail.rows
    ]
    told = {each.kind for each in mails_of_all(world, known)}
    assert ("fee_link" in kinds) is bool(left_of(world, fee))
    assert ("fee_taken" in told) is not left_of(world, fee)


@every_card
@every_end
@every_way
def test_a_reminder_asks_for_what_is_left_of_a_fee(
    way: Way, end: tuple[End, int], card: str
) -> None:
    world, fee = ended(way, end)
    for _ in range(2):
        world.carry_out(card=card)
        world.listen()
    known, owed = len(world.messages), world.booking.fee()
    if owed:
        world.change(remind_of_fee(world.booking, owed.fee_id, 0, STARTS_S))
    kinds = expect_all_true(world, fee, known)
    assert ("fee_reminder" in kinds) is bool(left_of(world, fee))


def asked_by_staff(booking: Booking) -> list[Mail]:
    return mails_of(payment_link_order(booking, NOW_S), booking)


@every_way
def test_a_link_asks_for_what_is_due_of_the_price(way: Way) -> None:
    world = World(made(way))
    way.acts(world)
    world.listen()
    mails = asked_by_staff(world.booking)
    for mail in mails:
        expect_true(mail, world, 0)
    wanted = [] if way in (WAYS["full"], WAYS["hold"], WAYS["desk paid"]) else ["link"]
    assert [each.kind for each in mails] == wanted


@every_card
@every_end
@every_way
def test_a_link_for_a_visit_that_is_over_asks_for_its_fee_alone(
    way: Way, end: tuple[End, int], card: str
) -> None:
    world, fee = ended(way, end)
    for _ in range(2):
        world.carry_out(card=card)
        world.listen()
    mails = asked_by_staff(world.booking)
    for mail in mails:
        expect_true(mail, world, fee)
    if world.booking.status != "completed":
        assert [each.kind for each in mails] == (["fee_link"] if left_of(world, fee) else [])


@every_end
@every_way
@pytest.mark.parametrize(
    ("status", "event_type"), [("failed", "refund.failed"), ("canceled", "refund.updated")]
)
def test_a_refund_that_did_not_go_through_is_told_with_what_is_owed(
    way: Way, end: tuple[End, int], status: str, event_type: str
) -> None:
    world, fee = ended(way, end)
    for _ in range(2):
        world.carry_out()
        world.listen()
    known, made_refunds = len(world.messages), 0
    for payment in world.payments:
        for key in payment.refunds:
            payment.update_refund(key, status, event_type)
            made_refunds += 1
    world.listen()
    kinds = expect_all_true(world, fee, known)
    assert (f"refund_{status}" in kinds) is bool(made_refunds)


@pytest.mark.parametrize("way", ["full", "deposit", "hold", "card"])
def test_who_did_not_pay_in_time_is_told_that_nothing_was_taken(way: str) -> None:
    attempt = CheckoutAttempt(1, 10_000, NOW_S - 60, NOW_S, "cs_1", "https://checkout.stripe.com/1")
    world = World(replace(made(WAYS[way]), status="awaiting_payment", checkout=attempt))
    world.change(expire(world.booking, NOW_S))
    assert expect_all_true(world, 0) == {"expired"}


@pytest.mark.parametrize(("way", "kind"), [("card", "card_late"), ("hold", "slot_lost")])
def test_whose_card_came_too_late_is_told_that_nothing_was_taken(way: str, kind: str) -> None:
    world = World(replace(made(WAYS[way]), status="awaiting_payment"))
    world.change(expire(world.booking, NOW_S))
    WAYS[way].acts(world)
    world.listen()
    world.change(refund_late_payment(world.booking, NOW_S))
    assert kind in expect_all_true(world, 0)
    [said] = {each.paragraphs for each in mails_of_all(world, 0) if each.kind == kind}
    assert said[-1] == "nothing_taken.text"


def test_what_a_failed_refund_brings_back_pays_the_fee_first() -> None:
    world = World(made(WAYS["full"]))
    WAYS["full"].acts(world)
    world.listen()
    asked = RefundRequest("rf_1", PRICE_MINOR, "b@x.de", NOW_S, STAFF)
    world.change(request_refund(world.booking, asked, UNLIMITED))
    world.carry_out()
    world.listen()
    act, fee = ENDS["client, half"]
    world.change(act(world.booking))
    [key] = world.payments[0].refunds
    world.payments[0].update_refund(key, "failed", "refund.failed")
    known = len(world.messages)
    world.listen()
    assert "refund_failed" in expect_all_true(world, fee, known)


@pytest.mark.parametrize(("status", "is_said"), [(None, False), ("open", False), ("expired", True)])
def test_a_cancellation_does_not_deny_a_payment_that_may_be_on_its_way(
    status: str | None, is_said: bool
) -> None:
    """Named after the bug: who had just paid was told that their card was not charged."""
    page = CheckoutAttempt(1, PRICE_MINOR, NOW_S, NOW_S + 3600, "cs_1", "https://x.example/1")
    facts = Facts(sessions={"cs_1": SessionFacts(status=status)}) if status else Facts()
    unpaid = booked(mode="at_visit", checkout=page, facts=facts)
    ended = cancel(unpaid, "desk@x.de", NOW_S, takes_fee=False)
    mail = cancelled(ended)
    assert mail
    assert ("nothing_taken.text" in mail.paragraphs) == is_said
    # The client's own page goes by the same rule.
    assert client_view(ended, NOW_S, VisitHost(DEMO))["payment_pending"] == (not is_said)
