"""Every mail of every end in every way to pay: each sum is one of the booking's own figures.

What a label says is held against what Stripe has (the world's payments) and what was accepted, not
against the code that writes the mails.
"""

from collections.abc import Callable, Iterator
from copy import replace
from dataclasses import dataclass

import pytest

from shared.domain.activity.client_mails import mails_of
from shared.domain.activity.mail import Mail
from shared.domain.bookings.authorship import Person
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.online_booking import expire
from shared.domain.messages.booking_changed import BookingChanged
from shared.domain.messages.mail_orders import (
    SendAddressCheck,
    SendFeeLink,
    SendMailAgain,
    SendPaymentLink,
)
from shared.domain.money.money import Money
from shared.domain.visits.end_visit import cancel, complete, mark_no_show
from shared.domain.visits.late_payment import refund_late_payment
from shared.domain.visits.reopening import reopen
from tests.domain.builders import NOW_S, session_event
from tests.domain.money_world import PRICE_MINOR, STARTS_S, World, booked

DEPOSIT = 3000
HOUR_S = 3600
FREE_S, HALF_S, FULL_S = STARTS_S - 60 * HOUR_S, STARTS_S - 30 * HOUR_S, STARTS_S - HOUR_S
NO_SHOW_FEE = PRICE_MINOR * 8 // 10


def nothing(_world: World) -> None:
    """Come without having paid."""


def pays_all(world: World) -> None:
    world.pays()


def pays_deposit(world: World) -> None:
    world.pays(DEPOSIT, "deposit")


def holds(world: World) -> None:
    world.holds()


def saves(world: World) -> None:
    world.saves_card()


def pays_link(world: World) -> None:
    world.pays(purpose="visit_link")


@dataclass(frozen=True)
class Way:
    """A way to pay: how the booking is made, and what its client does."""

    mode: str
    acts: Callable[[World], None]
    is_desk: bool = False


WAYS = {
    "full": Way("pay", pays_all),
    "deposit": Way("pay", pays_deposit),
    "hold": Way("hold", holds),
    "card": Way("save_card", saves),
    "at visit": Way("at_visit", nothing),
    "desk unpaid": Way("", nothing, is_desk=True),
    "desk paid": Way("", pays_link, is_desk=True),
}
type End = Callable[[Booking], Booking]
ENDS: dict[str, tuple[End, int]] = {
    "client, free": (lambda b: cancel(b, "client", FREE_S, takes_fee=True), 0),
    "client, half": (lambda b: cancel(b, "client", HALF_S, takes_fee=True), PRICE_MINOR // 2),
    "client, late": (lambda b: cancel(b, "client", FULL_S, takes_fee=True), PRICE_MINOR),
    "business": (lambda b: cancel(b, "b@x.de", FULL_S, takes_fee=False), 0),
    "business, fee": (lambda b: cancel(b, "b@x.de", HALF_S, takes_fee=True), PRICE_MINOR // 2),
    "no-show": (lambda b: mark_no_show(b, "b@x.de", STARTS_S, takes_fee=True), NO_SHOW_FEE),
    "no-show, fee not taken": (lambda b: mark_no_show(b, "b@x.de", STARTS_S, takes_fee=False), 0),
    "done": (lambda b: complete(b, "b@x.de", STARTS_S), 0),
}


def made(way: Way, charge: str = "automatic") -> Booking:
    booking = booked(mode=way.mode or "pay", charge=charge, links=1)
    return replace(booking, terms=None) if way.is_desk else booking


# What mails to clients follow from.
CLIENTS = (BookingChanged, SendPaymentLink, SendFeeLink, SendMailAgain, SendAddressCheck)


def mails_of_all(world: World, known: int) -> Iterator[Mail]:
    """Write every mail that the messages since `known` lead to, as the booking is now."""
    for message in world.messages[known:]:
        if isinstance(message, CLIENTS):
            yield from mails_of(message, world.booking)


def expect_true(mail: Mail, world: World, fee: int) -> None:
    """Hold each sum of a mail, by its label, against what Stripe has and what was accepted."""
    captured = sum(each.captured for each in world.payments)
    refunded = sum(each.refunded for each in world.payments)
    asked = sum(
        each.amount_minor for each in world.booking.refund_orders if each.status == "requested"
    )
    back = max(refunded, asked)
    held = sum(
        each.charge["amount"]
        for each in world.payments
        if not each.captured and each.events[-1]["type"] == "charge.succeeded"
    )
    kept = captured - back
    figures = {
        "price": PRICE_MINOR,
        "paid": captured,
        "held": held,
        "goes_back": back,
        "at_visit": PRICE_MINOR - captured - held,
        "fee.taken": fee,
        "fee.paid": min(fee, kept),
        "fee.owed": fee - min(fee, kept),
        "fee.proposed": fee,
        "due": PRICE_MINOR - kept - held,
        "still_due": PRICE_MINOR - kept,
    }
    refunds = {each["amount"] for each_ in world.payments for each in each_.refunds.values()}
    for label, value in mail.rows:
        if not isinstance(value, Money):
            continue
        assert value.amount_minor > 0, (mail.kind, label)
        if label == "refund":
            assert value.amount_minor in refunds
        else:
            assert value.amount_minor == figures[label], (mail.kind, label)
    shown = dict(mail.rows)
    if "fee.owed" in shown and "fee.paid" in shown:
        assert shown["fee.taken"] == Money(fee, "eur")
    said = {*mail.paragraphs}
    if "nothing_taken.text" in said:
        assert not captured
        assert not world.booking.is_being_paid()
    if "goes_back.text" in said:
        assert mail.values["amount"] == Money(back, "eur")
    if "kept" in mail.values:
        sums = {name: each.amount_minor for name, each in mail.values.items()
                if isinstance(each, Money)}  # fmt: skip
        assert sums["fee"] == fee
        is_proposed = "fee.proposed" in said
        assert sums["kept"] + sums["card"] + sums["owed"] == (0 if is_proposed else fee)
        assert sums["kept"] <= max(0, captured - back)
        if "fee.kept" in said:
            assert not [each for each in world.booking.charge_orders if each.fee_id]
    if mail.kind in ("fee_link", "fee_reminder"):
        assert mail.values["amount"] == Money(figures["fee.owed"], "eur")
    expect_true_amount(mail, max(0, captured - refunded - fee))


def expect_true_amount(mail: Mail, owed: int) -> None:
    """Hold what a mail's sentences say against its rows, and what a failed refund leaves owed."""
    shown = dict(mail.rows)
    for label in ("refund", "due"):
        if label in shown:
            assert mail.values["amount"] == shown[label]
    if mail.kind == "refund_failed":
        amount = mail.values["amount"]
        assert isinstance(amount, Money)
        said = mail.values.get("owed", amount)
        assert said == Money(min(amount.amount_minor, owed), "eur")


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("card", ["good", "card_declined"])
def test_every_sum_in_every_mail_is_one_of_the_bookings_figures(
    way: Way, end: tuple[End, int], card: str
) -> None:
    world = World(made(way))
    way.acts(world)
    world.listen()
    act, fee = end
    fee = 0 if way.is_desk else fee
    world.change(act(world.booking))
    kinds = set()
    for step in ("at once", "asked", "reported"):
        if step == "asked":
            world.carry_out(card=card)
        elif step == "reported":
            world.listen()
        for mail in mails_of_all(world, 0):
            kinds.add(mail.kind)
            expect_true(mail, world, fee)
    is_cancelled = world.booking.status == "cancelled"
    assert ("cancelled" in kinds) is is_cancelled
    captured = sum(each.captured for each in world.payments)
    refunded = sum(each.refunded for each in world.payments)
    owed = max(0, fee - (captured - refunded))
    assert bool({"fee_link"} & kinds) is bool(owed)
    assert ("hold_taken" in kinds) is (world.booking.status == "completed" and way.mode == "hold")


def test_the_fee_that_a_deposit_partly_covers_is_told_with_what_is_paid_and_what_is_left() -> None:
    """Bug: "Fee to pay 60.00" in one mail, "24.00 is to be paid" in the other."""
    world = World(made(WAYS["deposit"]))
    pays_deposit(world)
    world.listen()
    world.change(ENDS["client, half"][0](world.booking))
    sums = {
        label: value.amount_minor
        for mail in mails_of_all(world, 0)
        if mail.kind == "cancelled"
        for label, value in mail.rows
        if isinstance(value, Money)
    }
    assert sums == {"paid": 3000, "fee.taken": 5000, "fee.owed": 2000}


def test_who_cancels_while_their_payment_is_on_its_way_is_not_told_that_nothing_was_taken() -> None:
    """Bug: the session was known to be paid, and its charge came a moment later."""
    world = World(made(WAYS["desk unpaid"]))
    world.hear(session_event("checkout.session.completed", status="complete"))
    assert world.booking.is_being_paid()
    world.change(cancel(world.booking, "b@x.de", NOW_S, takes_fee=False))
    [mail] = [each for each in mails_of_all(world, 0) if each.kind == "cancelled"]
    assert mail.paragraphs[-1] == "still_paying.text"


@pytest.mark.parametrize("card", ["good", "card_declined"])
def test_no_card_was_refused_where_none_was_tried(card: str) -> None:
    """Bug: "It could not be taken from your card", of a client who had saved none."""
    for way, is_tried in (("card", True), ("at visit", False)):
        world = World(made(WAYS[way]))
        WAYS[way].acts(world)
        world.change(ENDS["client, half"][0](world.booking))
        world.carry_out(card=card)
        world.listen()
        links = [each for each in mails_of_all(world, 0) if each.kind == "fee_link"]
        said = [name for each in links for name in each.paragraphs]
        assert ("fee_link.refused" in said) is (is_tried and card != "good")


def test_a_fee_for_what_the_business_cancelled_does_not_say_that_the_client_did() -> None:
    """Bug: "{place} has cancelled", and a moment later "you have cancelled late"."""
    world = World(made(WAYS["at visit"]))
    world.change(ENDS["business, fee"][0](world.booking))
    [mail] = [each for each in mails_of_all(world, 0) if each.kind == "fee_link"]
    assert mail.paragraphs[0] == "fee.why_business"


def test_an_expired_booking_that_was_paid_late_says_what_goes_back() -> None:
    world = World(replace(made(WAYS["full"]), status="awaiting_payment"))
    world.change(expire(world.booking, NOW_S))
    world.pays()
    world.listen()
    world.change(refund_late_payment(world.booking, NOW_S))
    lost = [each for each in mails_of_all(world, 0) if each.kind == "slot_lost"]
    assert lost
    for mail in lost:
        assert dict(mail.rows)["paid"] == Money(PRICE_MINOR, "eur")
        assert mail.values["amount"] == Money(PRICE_MINOR, "eur")


@pytest.mark.parametrize("end", ["business", "business, fee", "no-show", "done"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_who_was_told_of_an_end_is_told_that_it_is_undone(way: Way, end: str) -> None:
    world = World(made(way))
    way.acts(world)
    world.listen()
    act, _ = ENDS[end]
    world.change(act(world.booking))
    for _ in range(3):
        world.carry_out()
        world.listen()
    known = len(world.messages)
    world.change(reopen(world.booking, Person("b", "b@x.de"), STARTS_S))
    mails = list(mails_of_all(world, known))
    assert [each.kind for each in mails if each.kind == "reopened"] == (
        [] if end == "done" else ["reopened"]
    )
    for mail in mails:
        expect_true(mail, world, 0)
