"""How visits end: what a fee takes and from where, and what goes back by itself."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from shared.domain.activity.client_view import client_view
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.authorship import Person
from shared.domain.bookings.booking import Booking, CheckoutAttempt
from shared.domain.bookings.booking_document import booking_from_dict, booking_to_dict
from shared.domain.bookings.refund_order import STAFF
from shared.domain.errors import Conflict, NotFound
from shared.domain.refunds.approval import UNLIMITED
from shared.domain.refunds.refund_progress import refund_progress
from shared.domain.refunds.refund_rules import (
    RefundRequest,
    approve_refund,
    deny_refund,
    request_refund,
)
from shared.domain.visits.accepted_terms import no_show_fee_for
from shared.domain.visits.charge_rules import done_charge_order
from shared.domain.visits.end_visit import cancel, complete, mark_no_show
from shared.domain.visits.fee_decisions import confirm_fee, remind_of_fee, waive_fee
from shared.domain.visits.order_charges import with_expiring_hold
from tests.domain.builders import NOW_S, Payment, intent_event
from tests.domain.money_world import NEARLY_NOTHING, PRICE_MINOR, STARTS_S, World, booked

HALF = PRICE_MINOR // 2


def by_client(booking: Booking, at_s: int = NOW_S) -> Booking:
    return cancel(booking, "client", at_s, takes_fee=True)


def settle(world: World, *, card: str = "good") -> None:
    for _ in range(3):
        world.carry_out(card=card)
        world.listen()


def fee_of(world: World) -> tuple[str, int, int]:
    [fee] = staff_view(world.booking)["fees"]
    return fee["status"], fee["amount_taken"], fee["amount_owed"]


def refusal(call: object) -> str:
    with pytest.raises(Conflict) as conflict:
        call()  # type: ignore[operator]
    return conflict.value.code


# ------------------------------------------------------------------ the client cancels


@pytest.mark.parametrize(
    ("hours_before", "fee"),
    [
        (49, 0),
        (48, 0),
        (47.999, 5000),
        (24.001, 5000),
        (24, 5000),
        (23.999, 10_000),
        (0.01, 10_000),
    ],
)
def test_the_fee_is_the_steps_to_the_second(hours_before: float, fee: int) -> None:
    world = World(booked())
    world.pays()
    world.listen()
    world.change(by_client(world.booking, int(STARTS_S - hours_before * 3600)))
    assert sum(each.amount_minor for each in world.booking.fees) == fee
    assert world.booking.payments().amount_refund_pending == PRICE_MINOR - fee


def test_the_fee_is_kept_of_the_prepayment_and_the_rest_goes_back() -> None:
    world = World(booked())
    world.pays()
    world.listen()
    world.change(by_client(world.booking))
    assert fee_of(world) == ("taken", HALF, 0)
    settle(world)
    summary = world.booking.payments()
    assert (summary.amount_captured, summary.amount_refunded) == (PRICE_MINOR, HALF)
    assert world.booking.amount_due_minor() == 0
    assert (world.said("booking.cancelled"), world.said("fee.taken")) == (1, 1)
    shown = client_view(world.booking, NOW_S)
    assert (shown["status"], shown["cancellation_fee_now"]) == ("cancelled", 0)
    assert shown["fees"] == [
        {"kind": "cancellation", "amount": HALF, "status": "taken", "amount_owed": 0}
    ]


def test_a_deposit_is_kept_and_what_it_lacks_is_owed_by_link() -> None:
    world = World(booked())
    world.pays(3000)
    world.listen()
    world.change(by_client(world.booking))
    assert fee_of(world) == ("owed", 3000, 2000)
    assert world.booking.amount_due_minor() == 2000
    assert world.booking.checkout_purpose() == "cancellation_fee"
    assert world.booking.refund_orders == ()
    [mail] = world.ordered("mail.requested")
    assert mail["kind"] == "fee_link"
    world.pays(2000, "cancellation_fee")
    world.listen()
    assert fee_of(world) == ("taken", PRICE_MINOR // 2, 0)
    assert world.booking.amount_due_minor() == 0


def test_of_a_hold_the_fee_is_captured_and_the_rest_let_go() -> None:
    world = World(booked(mode="hold"))
    world.holds()
    world.listen()
    world.change(by_client(world.booking))
    [order] = world.booking.charge_orders
    assert (order.kind, order.amount_minor) == ("capture", HALF)
    assert fee_of(world) == ("requested", 0, 0)
    assert world.booking.amount_due_minor() == 0
    settle(world)
    assert world.booking.payments().amount_captured == HALF
    assert fee_of(world) == ("taken", HALF, 0)
    assert world.ordered("mail.requested") == []


def test_without_a_fee_a_hold_is_let_go() -> None:
    world = World(booked(mode="hold"))
    world.holds()
    world.listen()
    world.change(by_client(world.booking, STARTS_S - 50 * 3600))
    assert [each.kind for each in world.booking.charge_orders] == ["release"]
    settle(world)
    assert world.booking.payments().amount_authorized == 0


def test_a_hold_that_lapsed_meanwhile_leaves_the_fee_owed() -> None:
    world = World(booked(mode="hold"))
    held = world.holds()
    world.listen()
    held.lapse()
    world.change(by_client(world.booking))
    settle(world)
    assert fee_of(world) == ("owed", 0, HALF)


def test_a_saved_card_is_charged_while_the_client_is_away() -> None:
    world = World(booked(mode="save_card"))
    world.saves_card()
    world.change(by_client(world.booking))
    [order] = world.booking.charge_orders
    assert (order.kind, order.customer, order.payment_method) == ("charge_card", "cus_1", "pm_1")
    settle(world)
    assert fee_of(world) == ("taken", HALF, 0)
    assert world.booking.refund_orders == ()


def test_the_charge_may_be_heard_of_before_the_answer() -> None:
    """F13: neither is it charged again, nor given back as late money."""
    world = World(booked(mode="save_card"))
    world.saves_card()
    world.change(by_client(world.booking))
    world.pays(HALF, "cancellation_fee")
    world.listen()
    assert fee_of(world) == ("taken", HALF, 0)
    assert (world.booking.refund_orders, world.booking.amount_due_minor()) == ((), 0)


@pytest.mark.parametrize("code", ["authentication_required", "card_declined"])
def test_a_card_that_is_refused_becomes_a_debt_with_a_link(code: str) -> None:
    world = World(booked(mode="save_card"))
    world.saves_card()
    world.change(by_client(world.booking))
    assert world.ordered("mail.requested") == []
    settle(world, card=code)
    assert fee_of(world) == ("owed", 0, HALF)
    assert [each["kind"] for each in world.ordered("mail.requested")] == ["fee_link"]
    [action] = booking_actions(world.booking)
    assert (action.kind, action.details["amount"]) == ("fee_owed", HALF)
    assert "reason" in action.details


def test_it_is_reminded_of_twice_and_then_written_off() -> None:
    world = World(booked())
    world.change(by_client(world.booking))
    fee_id = world.booking.fees[0].fee_id
    for reminders in range(3):
        looks = [m for m in world.messages if m.due_s]
        assert looks[-1].detail["reminders"] == reminders
        assert looks[-1].due_s > NOW_S + 2 * 86_400
        world.change(remind_of_fee(world.booking, fee_id, reminders, NOW_S))
        world.change(remind_of_fee(world.booking, fee_id, reminders, NOW_S))
    assert fee_of(world) == ("written_off", 0, 0)
    kinds = [each["kind"] for each in world.ordered("mail.requested")]
    assert kinds == ["fee_link", "fee_reminder", "fee_reminder"]
    said = [entry.what for entry in world.booking.journal]
    assert said == ["booking.cancelled", "fee.reminded", "fee.reminded", "fee.written_off"]
    assert world.said("fee.written_off") == 1


@pytest.mark.parametrize("end", ["payment_intent.payment_failed", "payment_intent.canceled"])
def test_a_charge_that_is_declined_after_a_time_leaves_the_fee_owed(end: str) -> None:
    """Bug: the order was done, its charge was awaited for ever, and no link was sent."""
    world = World(booked(mode="save_card"))
    world.saves_card()
    world.change(by_client(world.booking))
    [order] = world.booking.charge_orders
    world.change(done_charge_order(world.booking, order.order_id, "pi_7"))
    assert fee_of(world) == ("requested", 0, 0)

    status = "canceled" if end.endswith("canceled") else "requires_payment_method"
    world.hear(intent_event(end, status=status, number=7, error="card_declined"))

    assert fee_of(world) == ("owed", 0, HALF)
    assert [each["kind"] for each in world.ordered("mail.requested")] == ["fee_link"]


# ------------------------------------------------------------------ late and doubled money


def test_a_payment_that_comes_after_the_end_goes_back_by_itself_once() -> None:
    """F10: the client cancels while the payment succeeds."""
    attempt = CheckoutAttempt(1, PRICE_MINOR, NOW_S, NOW_S + 1800, "cs_1", "https://x")
    world = World(booked(status="awaiting_payment", checkout=attempt))
    paying = world.pays()
    world.change(by_client(world.booking))
    assert [each.kind for each in world.booking.charge_orders] == ["expire_session"]
    world.listen()
    world.hear(paying.events[0])
    [order] = world.booking.refund_orders
    assert (order.cause, order.amount_minor) == ("paid_late", PRICE_MINOR)
    asked = staff_view(world.booking)["timeline"][-1]
    causes = {each["id"] for each in paying.events if each["type"].startswith("charge.")}
    assert asked["what"] == "refund.requested"
    assert asked["caused_by"] in causes
    assert "event_id" not in asked
    settle(world)
    assert world.booking.payments().amount_refunded == PRICE_MINOR
    assert (world.booking.status, world.booking.fees) == ("cancelled", ())


def test_a_late_payment_pays_the_fee_first() -> None:
    world = World(booked())
    world.change(by_client(world.booking))
    world.pays()
    world.listen()
    assert fee_of(world) == ("taken", HALF, 0)
    assert world.booking.payments().amount_refund_pending == HALF


def test_a_fee_that_is_paid_twice_goes_back_once() -> None:
    world = World(booked())
    world.change(by_client(world.booking))
    world.pays(HALF, "cancellation_fee")
    world.pays(HALF, "cancellation_fee")
    world.listen()
    assert fee_of(world) == ("taken", HALF, 0)
    assert world.booking.payments().amount_refund_pending == HALF


def test_a_hold_that_comes_after_the_end_is_let_go() -> None:
    world = World(booked(mode="hold", status="awaiting_payment"))
    world.holds()
    world.change(by_client(world.booking))
    world.listen()
    assert [each.kind for each in world.booking.charge_orders] == ["release"]


# ------------------------------------------------------------------ the business cancels


@pytest.mark.parametrize(("takes_fee", "back"), [(False, PRICE_MINOR), (True, HALF)])
def test_the_business_takes_a_fee_only_if_it_asks(takes_fee: bool, back: int) -> None:
    world = World(booked())
    world.pays()
    world.listen()
    world.change(cancel(world.booking, "boss@x.de", NOW_S, takes_fee=takes_fee))
    assert world.booking.payments().amount_refund_pending == back
    [told] = [m.detail for m in world.messages if m.detail.get("status") == "cancelled"]
    assert {"what": "booking.cancelled", "by": "business"} in told["happened"]


def test_a_booking_of_the_staffs_own_has_no_fee() -> None:
    world = World(booked(online=None))
    world.pays()
    world.listen()
    world.change(cancel(world.booking, "boss@x.de", NOW_S, takes_fee=True))
    assert (world.booking.fees, world.booking.payments().refundable) == ((), 0)


# ------------------------------------------------------------------ proposed


def proposed() -> World:
    world = World(booked(charge="propose"))
    world.pays()
    world.listen()
    world.change(by_client(world.booking))
    assert fee_of(world) == ("proposed", 0, 0)
    assert world.booking.payments().amount_refund_pending == HALF
    return world


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


# ------------------------------------------------------------------ a refund that is half told


def half_told(world: World) -> World:
    """Let Stripe make what waits, and its sum be told: neither the answer nor the refund is here.

    Bug: the refund counted twice, so that a part of the rest stayed behind, or of the fee was asked
    for once more.
    """
    world.ask_for_refunds()
    world.listen_to_one(0)
    assert world.booking.payments().amount_refunded
    return world


@pytest.mark.parametrize(
    ("end", "refunded"),
    [
        pytest.param(by_client, HALF, id="client"),
        pytest.param(lambda b: cancel(b, "b@x.de", NOW_S, takes_fee=False), PRICE_MINOR, id="free"),
        pytest.param(
            lambda b: mark_no_show(b, "b@x.de", STARTS_S, takes_fee=True), 3000, id="absent"
        ),
    ],
)
def test_no_visit_ends_while_a_refund_is_half_told(
    end: Callable[[Booking], Booking], refunded: int
) -> None:
    world = World(booked())
    world.pays()
    world.listen()
    asked = RefundRequest("rf_1", 3000, "b@x.de", NOW_S, STAFF)
    world.change(request_refund(world.booking, asked, UNLIMITED))
    half_told(world)

    assert refusal(lambda: end(world.booking)) == "request_in_progress"

    world.write_answers()
    world.change(end(world.booking))
    settle(world)
    assert world.booking.payments().amount_refunded == refunded
    assert world.booking.fee_owed_minor() == (1000 if refunded == 3000 else 0)


def test_no_fee_is_decided_on_while_a_refund_is_half_told() -> None:
    world = half_told(proposed())
    fee_id = world.booking.fees[0].fee_id

    waive = partial(waive_fee, fee_id=fee_id, by="b", reason="x", now_s=NOW_S)
    confirm = partial(confirm_fee, fee_id=fee_id, by="b", now_s=NOW_S)
    assert refusal(lambda: waive(world.booking)) == "request_in_progress"
    assert refusal(lambda: confirm(world.booking)) == "request_in_progress"

    world.write_answers()
    assert confirm(world.booking).fees[0].kept_minor == HALF
    world.change(waive(world.booking))
    settle(world)
    assert world.booking.payments().amount_refunded == PRICE_MINOR


def test_late_money_is_not_kept_for_a_fee_that_only_seems_uncovered() -> None:
    world = half_told(proposed())
    world.pays(4000)
    world.listen_to_one(1)
    settle(world)
    assert world.payments[1].refunded == 4000
    assert world.booking.payments().amount_captured - world.payments[0].refunded == HALF + 4000


# ------------------------------------------------------------------ what waits for approval


def asked_for(booking: Booking, amount_minor: int) -> Booking:
    """The desk asks for a refund that a second person is to approve."""
    request = RefundRequest("rf_1", amount_minor, "desk@x.de", NOW_S, STAFF, requester_id="desk")
    return request_refund(booking, request, NEARLY_NOTHING)


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        pytest.param(by_client, HALF, id="client"),
        pytest.param(lambda b: cancel(b, "b@x.de", NOW_S, takes_fee=False), 0, id="free"),
        pytest.param(
            lambda b: mark_no_show(b, "b@x.de", STARTS_S, takes_fee=True), 8000, id="absent"
        ),
    ],
)
def test_what_waits_for_approval_when_a_visit_ends_is_settled_with_it(
    end: Callable[[Booking], Booking], kept: int
) -> None:
    """Bug: denied later, it stayed with the business, which had the fee besides."""
    world = World(booked())
    world.pays()
    world.listen()
    world.change(asked_for(world.booking, 9000))

    world.change(end(world.booking))
    settle(world)

    summary = world.booking.payments()
    assert summary.amount_captured - summary.amount_refunded == kept
    assert world.booking.fee_owed_minor() == 0
    with pytest.raises(Conflict):
        deny_refund(world.booking, "rf_1", Person("boss", "boss@x.de"), NOW_S)


@pytest.mark.parametrize("waives", [True, False])
def test_what_waits_for_approval_when_a_fee_is_decided_on_is_settled_with_it(waives: bool) -> None:
    world = proposed()
    world.change(asked_for(world.booking, 4000))
    decide = partial(waive_fee, reason="ill") if waives else confirm_fee

    world.change(decide(world.booking, world.booking.fees[0].fee_id, by="b", now_s=NOW_S))
    settle(world)

    assert world.booking.payments().amount_refunded == (PRICE_MINOR if waives else HALF)
    assert world.booking.fee_owed_minor() == 0


def test_what_waits_for_approval_is_not_told_to_the_client_as_on_its_way() -> None:
    """Bug: the client's page said that it goes back, and it was denied."""
    world = World(booked())
    world.pays()
    world.listen()
    waiting = asked_for(world.booking, 4000)
    assert refund_progress(waiting).under_way_minor == 0
    assert client_view(waiting, NOW_S)["refunds"] == []
    approved = approve_refund(waiting, "rf_1", Person("boss", "boss@x.de"), NOW_S)
    assert refund_progress(approved).under_way_minor == 4000
    assert [each["amount"] for each in client_view(approved, NOW_S)["refunds"]] == [4000]


# ------------------------------------------------------------------ money that stayed behind


def test_what_a_dispute_kept_from_going_back_is_shown_once_it_is_won() -> None:
    """Bug: such a visit could not be cancelled at all; nobody would have heard of it after."""
    world = World(booked())
    payment = world.pays()
    dispute = payment.dispute(amount=4000)
    world.listen()
    world.change(cancel(world.booking, "b@x.de", NOW_S, takes_fee=False))
    assert "refund.requested" not in [each.what for each in world.booking.journal]
    assert [each.kind for each in booking_actions(world.booking)] == ["dispute_needs_response"]

    payment.reinstate(dispute)
    payment.close(dispute, "won")
    world.listen()

    [action] = booking_actions(world.booking)
    assert (action.kind, action.details["amount"]) == ("money_left", PRICE_MINOR)
    back = RefundRequest("rf_1", None, "b@x.de", NOW_S, STAFF)
    world.change(request_refund(world.booking, back, UNLIMITED))
    assert booking_actions(world.booking) == ()


def test_a_hold_that_was_captured_at_stripe_although_it_was_to_be_let_go_is_shown() -> None:
    """Bug: the order was refused, and the money stayed without anybody's being told."""
    world = World(booked(mode="hold"))
    payment = world.holds()
    world.listen()
    world.change(cancel(world.booking, "b@x.de", NOW_S, takes_fee=False))
    payment.capture()
    settle(world)
    [order] = world.booking.charge_orders
    assert (order.kind, order.status) == ("release", "refused")
    [action] = booking_actions(world.booking)
    assert (action.kind, action.details["proposed_refund"]) == ("money_left", PRICE_MINOR)


def test_what_the_bank_sent_back_is_asked_about_once() -> None:
    world = World(booked())
    payment = world.pays()
    world.listen()
    world.change(by_client(world.booking))
    settle(world)
    [refund] = payment.refunds
    payment.update_refund(refund, "failed", "refund.failed")
    world.listen()
    assert [each.kind for each in booking_actions(world.booking)] == ["refund_failed"]


# ------------------------------------------------------------------ no-show, completed, states


def test_a_no_show_keeps_its_own_fee() -> None:
    world = World(booked())
    world.pays()
    world.listen()
    world.change(mark_no_show(world.booking, "boss@x.de", STARTS_S, takes_fee=True))
    assert fee_of(world) == ("taken", 8000, 0)
    assert world.booking.payments().amount_refund_pending == 2000
    assert world.booking.checkout_purpose() == "no_show_fee"


def test_what_not_coming_would_cost_is_known_until_the_visit_has_ended() -> None:
    world = World(booked())
    world.pays()
    world.listen()
    assert no_show_fee_for(world.booking) == 8000
    assert no_show_fee_for(replace(world.booking, online=None)) == 0
    assert no_show_fee_for(complete(world.booking, "boss@x.de", STARTS_S)) == 0


def test_a_no_show_of_the_staffs_own_booking_leaves_its_money_alone() -> None:
    world = World(booked(online=None))
    world.pays()
    world.listen()
    world.change(mark_no_show(world.booking, "boss@x.de", STARTS_S, takes_fee=True))
    assert (world.booking.fees, world.booking.refund_orders) == ((), ())


def test_completing_takes_what_is_held() -> None:
    world = World(booked(mode="hold"))
    world.holds()
    world.listen()
    world.change(complete(world.booking, "boss@x.de", STARTS_S))
    settle(world)
    assert world.booking.payments().amount_captured == PRICE_MINOR
    assert (world.booking.status, world.said("booking.completed")) == ("completed", 1)


def test_a_hold_near_its_end_is_shown_and_told_once() -> None:
    world = World(booked(mode="hold"))
    world.holds()
    world.listen()
    look, after = [m for m in world.messages if m.due_s]
    assert after.detail["is_over"]
    assert look.due_s == NOW_S + 5 * 86_400
    charge_id = look.detail["charge"]
    world.change(with_expiring_hold(world.booking, charge_id))
    assert with_expiring_hold(world.booking, charge_id) == world.booking
    [action] = booking_actions(world.booking)
    assert (action.kind, action.details["amount"]) == ("hold_lapses", PRICE_MINOR)
    assert [each["kind"] for each in world.ordered("mail.requested")] == ["hold_lapses"]
    assert booking_from_dict(booking_to_dict(world.booking)) == world.booking
    world.change(complete(world.booking, "boss@x.de", STARTS_S))
    assert booking_actions(world.booking) == ()


ENDS = {
    "cancelled": lambda b: cancel(b, "x@x.de", NOW_S, takes_fee=False),
    "no_show": lambda b: mark_no_show(b, "x@x.de", STARTS_S, takes_fee=True),
    "completed": lambda b: complete(b, "x@x.de", STARTS_S),
}


@pytest.mark.parametrize("first", ENDS)
@pytest.mark.parametrize("second", ENDS)
def test_an_end_is_final_and_may_be_repeated(first: str, second: str) -> None:
    ended = ENDS[first](booked())
    if first == second:
        assert ENDS[second](ended) == ended
    else:
        assert refusal(lambda: ENDS[second](ended)) == f"already_{first}"


def test_who_cancels_twice_changes_nothing_whatever_the_time() -> None:
    once = by_client(booked())
    assert by_client(once, STARTS_S + 10) == once


@pytest.mark.parametrize(
    ("status", "end", "code"),
    [
        ("expired", "cancelled", "booking_expired"),
        ("expired", "no_show", "booking_expired"),
        ("awaiting_payment", "no_show", "not_confirmed"),
        ("awaiting_payment", "completed", "not_confirmed"),
    ],
)
def test_what_cannot_end_so_is_refused_with_a_code(status: str, end: str, code: str) -> None:
    assert refusal(lambda: ENDS[end](booked(status=status))) == code


def test_a_client_cannot_cancel_a_visit_that_has_begun() -> None:
    assert refusal(lambda: by_client(booked(), STARTS_S)) == "visit_started"
    assert cancel(booked(), "boss@x.de", STARTS_S, takes_fee=False).status == "cancelled"


def test_a_fee_is_never_above_what_was_accepted_then() -> None:
    """The location may have changed its terms since: the booking's own count."""
    accepted = booked()
    assert accepted.online
    free = replace(accepted, online=replace(accepted.online, cancellation={"steps": []}))
    assert by_client(free).fees == ()


def test_the_money_of_another_payment_intent_is_untouched() -> None:
    world = World(booked(mode="hold"))
    world.holds(3000)
    world.payments.append(Payment(2000, number=9))
    world.payments[1].authorise()
    world.listen()
    world.change(by_client(world.booking))
    asked = [(each.kind, each.amount_minor) for each in world.booking.charge_orders]
    assert asked == [("capture", 3000), ("capture", 2000)]
