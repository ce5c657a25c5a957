"""What is kept for a fee follows from the facts: nobody is asked for money that is here already."""

import itertools
from collections.abc import Callable, Iterator
from copy import replace

import pytest

from shared.domain.activity.client_mails import mails_of
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.activity.payment_mails import FEE_LINK, FEE_REMINDER
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict, booking_to_dict
from shared.domain.bookings.charge_order import CHARGE_CARD
from shared.domain.bookings.refund_order import STAFF
from shared.domain.messages.mail_orders import SEND_MAIL
from shared.domain.messages.stripe_orders import CheckFee, ExecuteChargeOrder
from shared.domain.money.money import Money
from shared.domain.refunds.approval import UNLIMITED
from shared.domain.refunds.refund_rules import RefundRequest, request_refund
from shared.domain.visits.end_visit import cancel, mark_no_show
from shared.domain.visits.fee_decisions import remind_of_fee
from tests.domain.builders import NOW_S, intent_event, session_event
from tests.domain.money_world import PRICE_MINOR, STARTS_S, World, booked
from tests.messages import changed, mail_order

HALF = PRICE_MINOR // 2
LATE_S = STARTS_S - 3600
type Act = Callable[[Booking], Booking]


def by_client(booking: Booking) -> Booking:
    """In the last hour cancelling costs all of it."""
    return cancel(booking, "client", LATE_S, takes_fee=True)


def half_by_client(booking: Booking) -> Booking:
    return cancel(booking, "client", NOW_S, takes_fee=True)


def not_come_to(booking: Booking) -> Booking:
    return mark_no_show(booking, "desk@x.de", STARTS_S, takes_fee=True)


ACTS: dict[str, Act] = {"late": by_client, "half": half_by_client, "no_show": not_come_to}


def paid(amount: int = PRICE_MINOR) -> World:
    world = World(booked())
    world.pays(amount)
    world.listen()
    return world


def fee_of(world: World) -> tuple[str, int, int]:
    state = world.booking.fee_state(world.booking.fees[-1])
    return state.status, state.taken_minor, state.owed_minor


def asks_for_a_fee(world: World) -> bool:
    mails = (FEE_LINK, FEE_REMINDER)
    return any(each["kind"] in mails for each in world.ordered(SEND_MAIL))


# ------------------------------------------------------------------ a bank decides


def test_a_dispute_that_is_won_pays_the_fee_and_asks_the_client_for_nothing() -> None:
    world = paid()
    disputed = world.payments[0].dispute()
    world.payments[0].withdraw(disputed)
    world.listen()
    world.change(by_client(world.booking))
    assert fee_of(world) == ("requested", 0, 0)
    world.payments[0].close(disputed, "won")
    world.payments[0].reinstate(disputed)
    world.listen()
    assert fee_of(world) == ("taken", PRICE_MINOR, 0)
    assert not asks_for_a_fee(world)
    assert not booking_actions(world.booking)


def test_while_a_bank_decides_no_link_and_no_reminder_goes_out() -> None:
    world = paid(3000)
    world.change(half_by_client(world.booking))
    [fee] = world.booking.fees
    assert fee_of(world) == ("owed", 3000, 2000)
    disputed = world.payments[0].dispute()
    world.payments[0].withdraw(disputed)
    world.listen()
    assert fee_of(world) == ("requested", 0, 0)
    assert world.booking.amount_due_minor() == 0
    assert mails_of(mail_order(FEE_LINK, fee_id=fee.fee_id), world.booking) == []
    assert remind_of_fee(world.booking, fee.fee_id, 0, NOW_S) == world.booking


def test_a_kept_payment_that_the_bank_gives_the_client_leaves_the_fee_written_off() -> None:
    world = paid()
    world.change(by_client(world.booking))
    assert fee_of(world) == ("taken", PRICE_MINOR, 0)
    disputed = world.payments[0].dispute()
    world.payments[0].withdraw(disputed)
    world.listen()
    assert fee_of(world) == ("requested", 0, 0)
    world.payments[0].close(disputed, "lost")
    world.listen()
    assert fee_of(world) == ("written_off", 0, 0)
    assert not asks_for_a_fee(world)


def test_a_fee_that_arose_after_a_lost_dispute_is_owed() -> None:
    world = paid()
    disputed = world.payments[0].dispute()
    world.payments[0].withdraw(disputed)
    world.payments[0].close(disputed, "lost")
    world.listen()
    world.change(by_client(world.booking))
    assert fee_of(world) == ("owed", 0, PRICE_MINOR)


def test_a_saved_card_is_not_charged_for_what_a_bank_may_still_give_back() -> None:
    world = paid()
    world.saves_card()
    disputed = world.payments[0].dispute()
    world.payments[0].withdraw(disputed)
    world.listen()
    world.change(by_client(world.booking))
    assert [each.kind for each in world.booking.charge_orders] == []


# ------------------------------------------------------------------ refunds


def test_a_refund_that_a_bank_sends_back_pays_the_fee_first() -> None:
    world = paid()
    asked = RefundRequest("rf_1", 2500, "desk@x.de", NOW_S, STAFF)
    world.change(request_refund(world.booking, asked, UNLIMITED))
    world.carry_out()
    world.listen()
    world.change(by_client(world.booking))
    assert fee_of(world) == ("owed", 7500, 2500)
    [refund] = world.payments[0].refunds
    world.payments[0].update_refund(refund, "failed", "refund.failed")
    world.listen()
    assert fee_of(world) == ("taken", PRICE_MINOR, 0)


@pytest.mark.parametrize(
    ("goodwill", "act", "owed", "said"),
    [
        (HALF, by_client, 0, "refund_failed.for_fee"),
        (PRICE_MINOR, half_by_client, HALF, "refund_failed.partly_for_fee"),
    ],
    ids=["all of it", "a part"],
)
def test_of_a_refund_sent_back_only_what_no_fee_needs_is_owed_and_the_client_is_told_so(
    goodwill: int, act: Act, owed: int, said: str
) -> None:
    """Bug: the mail said that the money is still the client's, and staff were asked to pay it."""
    world = paid()
    given = RefundRequest("rf_1", goodwill, "b@x.de", NOW_S, STAFF)
    world.change(request_refund(world.booking, given, UNLIMITED))
    world.carry_out()
    world.listen()
    [refund] = world.payments[0].refunds
    world.change(act(world.booking))
    world.payments[0].update_refund(refund, "failed", "refund.failed")
    world.listen()
    failed = [each for each in booking_actions(world.booking) if each.kind == "refund_failed"]
    assert [each.details["amount"] for each in failed] == ([owed] if owed else [])
    happened = {"what": "refund.failed", "stripe_refund_id": refund}
    [mail] = mails_of(changed(happened), world.booking)
    assert mail.paragraphs == (said,)
    assert mail.values["owed"] == Money(owed, "eur")


def test_a_fee_that_staff_give_back_later_is_not_owed_again() -> None:
    world = paid()
    world.change(by_client(world.booking))
    asked = RefundRequest("rf_1", PRICE_MINOR, "boss@x.de", NOW_S, STAFF)
    world.change(request_refund(world.booking, asked, UNLIMITED))
    world.carry_out()
    world.listen()
    assert fee_of(world) == ("taken", PRICE_MINOR, 0)
    assert not asks_for_a_fee(world)


def test_a_fee_of_an_older_item_is_read_as_it_stands() -> None:
    world = paid()
    world.change(by_client(world.booking))
    document = booking_to_dict(world.booking)
    [fee] = document["fees"]
    del fee["paid_before_minor"]
    assert booking_from_dict(document) == world.booking


# ------------------------------------------------------------------ chains merged with an act


def dispute(world: World) -> None:
    payment = world.payments[0]
    payment.withdraw(payment.dispute())


def closed(status: str) -> Callable[[World], None]:
    def close(world: World) -> None:
        payment = world.payments[0]
        [key] = payment.disputes
        payment.close(key, status)
        if status == "won":
            payment.reinstate(key)

    return close


def part_comes_back(world: World) -> None:
    payment = world.payments[0]
    [key] = payment.disputes
    payment.reinstate(key, PRICE_MINOR // 4)


def staff_refund(world: World) -> None:
    if world.booking.payments().refundable < 2500:
        return
    asked = RefundRequest("rf_1", 2500, "desk@x.de", NOW_S, STAFF)
    world.change(request_refund(world.booking, asked, UNLIMITED))
    world.carry_out()


def dashboard_refund(world: World) -> None:
    payment = world.payments[0]
    if payment.captured - payment.refunded >= 2500:
        payment.refund(2500)


def bank_sends_back(world: World) -> None:
    payment = world.payments[0]
    for key in payment.refunds:
        if payment.refunds[key]["status"] == "succeeded":
            payment.refunds[key] = dict(payment.refunds[key])
            payment.update_refund(key, "failed", "refund.failed")
            return


CHAINS: dict[str, tuple[Callable[[World], None], ...]] = {
    "won": (dispute, closed("won")),
    "lost": (dispute, closed("lost")),
    "in part": (dispute, part_comes_back, closed("lost")),
    "refund sent back": (staff_refund, bank_sends_back),
    "dashboard refund sent back": (dashboard_refund, bank_sends_back),
    "refund, then won": (staff_refund, dispute, closed("won")),
    "won, then refunds": (dispute, closed("won"), dashboard_refund, staff_refund),
}


def merged(chain: tuple[Callable[[World], None], ...]) -> Iterator[tuple[int, tuple[bool, ...]]]:
    """Yield where the act comes in a chain, and after which steps the webhooks have come."""
    for place in range(len(chain) + 1):
        for heard in itertools.product((True, False), repeat=len(chain)):
            yield place, heard


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
@pytest.mark.parametrize("amount", [PRICE_MINOR, 3000])
def test_no_client_is_asked_for_money_that_is_here(
    chain: tuple[Callable[[World], None], ...], act: Act, amount: int
) -> None:
    for place, heard in merged(chain):
        world = paid(amount)
        for number, step in enumerate((*chain[:place], None, *chain[place:])):
            if step is None:
                world.change(act(world.booking))
            else:
                step(world)
                if heard[number - (number > place)]:
                    world.listen()
            expect_nothing_is_asked_twice(world)
        for _ in range(3):
            world.carry_out()
            world.listen()
        expect_nothing_is_asked_twice(world)


def expect_nothing_is_asked_twice(world: World) -> None:
    booking = world.booking
    fee = booking.fee()
    if fee is None:
        return
    summary, state = booking.payments(), booking.fee_state(fee)
    here = summary.amount_captured - summary.amount_refunded - summary.amount_disputed
    here = max(0, here - summary.amount_refund_pending)
    assert state.taken_minor >= min(fee.amount_minor, here)
    assert state.owed_minor <= max(0, fee.amount_minor - here)
    assert state.taken_minor <= summary.amount_captured
    if any(charge.has_open_chargeback for charge in booking.facts.charges.values()):
        assert booking.amount_due_minor() == 0


# ------------------------------------------------------------------ one rule for one status


def at_the_desk() -> Booking:
    return replace(booked(), terms=None)


@pytest.mark.parametrize(
    "order", list(itertools.permutations(("session", "charge", "intent", "marks"))), ids="-".join
)
def test_what_is_paid_for_a_desk_booking_nobody_came_to_is_kept_in_every_order(
    order: tuple[str, ...],
) -> None:
    """Bug: whether the money went back hung on which webhook came before the mark.

    Stripe has the payment; its session, its charge and its intent are heard of in any order, one
    of them perhaps before the mark and the others after.
    """
    world = World(at_the_desk())
    payment = world.pays(purpose="visit_link")
    for step in order:
        if step == "session":
            world.hear(session_event("checkout.session.completed", status="complete"))
        elif step == "intent":
            world.hear(intent_event("payment_intent.succeeded", status="succeeded"))
        elif step == "charge":
            world.listen()
        else:
            world.change(not_come_to(world.booking))
        world.carry_out()
        assert payment.refunded == 0
    for _ in range(3):
        world.carry_out()
        world.listen()
    summary = world.booking.payments()
    end = (summary.payment_status, summary.amount_captured, summary.amount_refunded)
    assert end == ("paid", PRICE_MINOR, 0)
    assert payment.refunds == {}
    assert not booking_actions(world.booking)


# ------------------------------------------------------------------ what Stripe does not take


def cheap(percent: int) -> Booking:
    made = booked(mode="save_card", price=Money(2500, "eur"))
    assert made.terms
    steps = [{"hours_before": 48, "fee": {"type": "percent", "percent": percent}}]
    online = replace(made.terms, cancellation={**made.terms.cancellation, "steps": steps})
    return replace(made, terms=online)


def test_a_fee_below_stripes_minimum_is_asked_of_nobody() -> None:
    world = World(cheap(1))
    world.saves_card()
    world.change(half_by_client(world.booking))
    assert world.booking.fees[0].amount_minor == 25
    assert [each.kind for each in world.booking.charge_orders] == []
    assert (fee_of(world), world.booking.amount_due_minor()) == (("written_off", 0, 0), 0)
    assert not asks_for_a_fee(world)


def test_the_rest_of_a_fee_below_stripes_minimum_is_let_go() -> None:
    world = paid(4970)
    world.change(half_by_client(world.booking))
    assert fee_of(world) == ("written_off", 4970, 0)
    assert not asks_for_a_fee(world)
    assert not [each for each in world.messages if isinstance(each, CheckFee | ExecuteChargeOrder)]


def test_a_fee_at_stripes_minimum_is_charged() -> None:
    world = World(cheap(2))
    world.saves_card()
    world.change(half_by_client(world.booking))
    assert [(each.kind, each.amount_minor) for each in world.booking.charge_orders] == [
        (CHARGE_CARD, 50)
    ]
