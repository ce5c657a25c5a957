"""An end that was a mistake is undone: what happens to its money, and when it is refused."""

from collections.abc import Callable
from copy import replace

import pytest

from shared.domain.activity.booking_mails import reopened
from shared.domain.activity.changes import changes_between
from shared.domain.bookings.authorship import Person
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.errors import Conflict
from shared.domain.messages.booking_changed import Reopening
from shared.domain.refunds.approval import UNLIMITED, Allowance
from shared.domain.refunds.refund_rules import deny_refund
from shared.domain.visits.end_visit import cancel, complete, mark_no_show
from shared.domain.visits.reopening import (
    REOPEN_WITHIN_DAYS,
    approve,
    reopen,
    waits_for_approval,
)
from tests.domain.builders import NOW_S
from tests.domain.money_world import NEARLY_NOTHING, PRICE_MINOR, STARTS_S, World, booked

HALF = PRICE_MINOR // 2
NO_SHOW_FEE = PRICE_MINOR * 8 // 10
DESK, BOSS = Person("desk", "desk@x.de"), Person("boss", "boss@x.de")


def not_come_to(booking: Booking) -> Booking:
    return mark_no_show(booking, DESK.email, STARTS_S, takes_fee=True)


def done(booking: Booking) -> Booking:
    return complete(booking, DESK.email, STARTS_S)


def cancelled(booking: Booking) -> Booking:
    return cancel(booking, DESK.email, NOW_S, takes_fee=True)


def cancelled_free(booking: Booking) -> Booking:
    return cancel(booking, DESK.email, NOW_S, takes_fee=False)


def settle(world: World) -> None:
    for _ in range(3):
        world.carry_out()
        world.listen()


def ended(end: Callable[[Booking], Booking], *, mode: str = "pay") -> World:
    world = World(booked(mode=mode))
    if mode == "pay":
        world.pays()
    elif mode == "hold":
        world.holds()
    else:
        world.saves_card()
    world.listen()
    world.change(end(world.booking))
    settle(world)
    return world


def refusal(booking: Booking, at_s: int = STARTS_S) -> str:
    with pytest.raises(Conflict) as conflict:
        reopen(booking, DESK, at_s)
    return conflict.value.code


@pytest.mark.parametrize(
    ("end", "mode", "taken", "due"),
    [
        pytest.param(not_come_to, "pay", PRICE_MINOR, PRICE_MINOR, id="no-show, paid"),
        pytest.param(not_come_to, "hold", NO_SHOW_FEE, PRICE_MINOR, id="no-show, held"),
        pytest.param(not_come_to, "save_card", NO_SHOW_FEE, PRICE_MINOR, id="no-show, card"),
        pytest.param(cancelled, "pay", PRICE_MINOR, PRICE_MINOR, id="cancelled, paid"),
        pytest.param(cancelled_free, "pay", PRICE_MINOR, PRICE_MINOR, id="cancelled free, paid"),
        pytest.param(cancelled_free, "hold", 0, PRICE_MINOR, id="cancelled free, held"),
        pytest.param(done, "pay", PRICE_MINOR, 0, id="done, paid"),
        pytest.param(done, "hold", PRICE_MINOR, 0, id="done, held"),
    ],
)
def test_what_an_end_gave_or_took_goes_back_and_is_due_again_by_link(
    end: Callable[[Booking], Booking], mode: str, taken: int, due: int
) -> None:
    world = ended(end, mode=mode)
    world.change(reopen(world.booking, DESK, STARTS_S))
    asked = len(world.booking.charge_orders)
    settle(world)
    summary = world.booking.payments()
    assert (world.booking.status, world.booking.amount_due_minor()) == ("confirmed", due)
    assert (summary.amount_captured, summary.amount_refunded) == (taken, taken if due else 0)
    assert len(world.booking.charge_orders) == asked, "nothing is charged by itself"
    assert world.booking.fee() is None
    if due:
        world.pays(due, world.booking.checkout_purpose())
        world.listen()
        assert world.booking.amount_due_minor() == 0


def test_the_fee_of_an_undone_end_was_waived_by_whom_and_when() -> None:
    world = ended(not_come_to)
    undone = reopen(world.booking, DESK, STARTS_S + 5)
    assert (undone.journal[-1].what, undone.journal[-1].by) == ("booking.reopened", DESK.email)
    [fee] = undone.fees
    waived = ("waived", DESK.email, STARTS_S + 5, "reopened")
    assert (fee.status, fee.decided_by, fee.decided_at_s, fee.reason) == waived


def test_reopening_again_is_the_same() -> None:
    world = ended(not_come_to)
    reopened = reopen(world.booking, DESK, STARTS_S)
    assert reopen(reopened, DESK, STARTS_S + 60) == reopened


def test_an_end_after_a_reopened_one_is_another_end_with_its_own_fee() -> None:
    world = ended(not_come_to, mode="save_card")
    world.change(reopen(world.booking, DESK, STARTS_S))
    settle(world)
    world.change(not_come_to(world.booking))
    first, second = world.booking.fees
    assert first.fee_id != second.fee_id
    assert world.booking.fee_state(second).status == "requested", "the first one's is no payment"
    settle(world)
    assert world.booking.fee_state(second).status == "taken"
    assert world.booking.payments().amount_captured == 2 * NO_SHOW_FEE
    world.change(reopen(world.booking, DESK, STARTS_S))
    settle(world)
    assert world.booking.payments().amount_refunded == 2 * NO_SHOW_FEE


def test_staffs_goodwill_is_not_due_again() -> None:
    world = ended(done)
    payment = world.payments[0]
    payment.refund(1000)
    world.listen()
    world.change(reopen(world.booking, DESK, STARTS_S))
    assert world.booking.amount_due_minor() == 0


# ------------------------------------------------------------------ a second person


def test_above_the_limit_the_visit_stays_ended_until_somebody_else_agrees() -> None:
    world = ended(not_come_to)
    world.change(reopen(world.booking, DESK, STARTS_S, allowance=NEARLY_NOTHING))
    assert (world.booking.status, waits_for_approval(world.booking)) == ("no_show", True)
    assert reopen(world.booking, BOSS, STARTS_S) == world.booking, "it is asked for already"
    [order] = [each for each in world.booking.refund_orders if each.cause == "reopened"]
    assert (order.amount_minor, order.requester_id) == (NO_SHOW_FEE, DESK.user_id)
    assert (order.requested_by, order.requested_at_s) == (DESK.email, STARTS_S)
    world.change(approve(world.booking, order.request_id, BOSS, STARTS_S))
    settle(world)
    assert world.booking.status == "confirmed"
    assert world.booking.amount_due_minor() == PRICE_MINOR


def test_a_denied_refund_leaves_the_visit_ended_and_can_be_asked_for_again() -> None:
    world = ended(not_come_to)
    world.change(reopen(world.booking, DESK, STARTS_S, allowance=NEARLY_NOTHING))
    order = world.booking.refund_orders[-1]
    world.change(deny_refund(world.booking, order.request_id, BOSS, STARTS_S))
    fee = world.booking.fees[-1]
    assert (world.booking.status, world.booking.fee_state(fee).status) == ("no_show", "taken")
    again = reopen(world.booking, BOSS, STARTS_S)
    assert again.status == "confirmed"
    assert len({each.refund_id for each in again.refund_orders}) == len(again.refund_orders)


def test_a_refund_that_waits_with_a_cancellation_is_withdrawn() -> None:
    world = World(booked())
    world.pays()
    world.listen()
    limited = Allowance("desk", limit_minor=1)
    freed = cancel(world.booking, DESK.email, NOW_S, takes_fee=False, allowance=limited)
    world.change(freed)
    world.change(reopen(world.booking, DESK, NOW_S, allowance=UNLIMITED))
    assert "awaiting_approval" not in {each.status for each in world.booking.refund_orders}


# ------------------------------------------------------------------ when it is refused


def test_an_end_is_undone_within_thirty_days() -> None:
    world = ended(not_come_to)
    last_s = STARTS_S + REOPEN_WITHIN_DAYS * 86_400
    assert reopen(world.booking, DESK, last_s).status == "confirmed"
    assert refusal(world.booking, last_s + 1) == "too_late_to_reopen"


def test_what_did_not_end_or_was_the_clients_end_stays() -> None:
    assert refusal(booked()) == "not_ended"
    assert refusal(cancel(booked(), "client", NOW_S, takes_fee=True)) == "cancelled_by_client"
    assert refusal(replace(booked(), status="expired")) == "booking_expired"


@pytest.mark.parametrize("status", ["open", "lost"])
def test_a_disputed_payment_keeps_the_visit_ended(status: str) -> None:
    world = ended(not_come_to)
    payment = world.payments[0]
    disputed = payment.dispute()
    payment.withdraw(disputed)
    if status == "lost":
        payment.close(disputed, "lost")
    world.listen()
    assert refusal(world.booking) == "charge_disputed"


def test_a_fee_that_is_being_taken_is_waited_for() -> None:
    world = World(booked(mode="save_card"))
    world.saves_card()
    world.change(not_come_to(world.booking))
    assert refusal(world.booking) == "fee_under_way"


def test_the_page_of_a_fee_is_closed_when_its_visit_stands_again() -> None:
    world = World(booked())
    attempt = CheckoutAttempt(1, NO_SHOW_FEE, NOW_S, NOW_S + 3600, "cs_fee", "https://x")
    world.change(not_come_to(world.booking).with_checkout(attempt))
    reopened = reopen(world.booking, DESK, STARTS_S)
    assert [(each.kind, each.session_id) for each in reopened.charge_orders] == [
        ("expire_session", "cs_fee")
    ]


def test_a_reopened_visit_is_told_as_that_and_not_as_a_new_booking() -> None:
    before = not_come_to(booked())
    changes = changes_between(before, reopen(before, DESK, STARTS_S))
    assert changes[0] == Reopening(was="no_show")
    assert "booking.confirmed" not in [each.what for each in changes]


@pytest.mark.parametrize("is_paid", [True, False])
def test_the_client_is_told_what_goes_back_and_what_is_due_again(is_paid: bool) -> None:
    world = World(booked())
    if is_paid:
        world.pays()
        world.listen()
    world.change(cancelled(world.booking))
    settle(world)
    world.change(reopen(world.booking, DESK, NOW_S))
    mail = reopened(world.booking, "cancelled")
    assert mail
    back = ["goes_back.text"] if is_paid else []
    assert list(mail.paragraphs) == ["reopened.text", *back, "reopened.due"]
    assert [name for name, _ in mail.rows][-1] == "still_due"
    assert reopened(world.booking, "completed") is None
