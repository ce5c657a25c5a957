"""How visits end: what a fee takes and from where, and what goes back by itself."""

from copy import replace

import pytest

from shared.domain.activity.client_view import client_view
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.bookings.booking_document import booking_from_dict, booking_to_dict
from shared.domain.messages.stripe_orders import CheckHold
from shared.domain.visits.accepted_terms import no_show_fee_for
from shared.domain.visits.charge_rules import done_charge_order
from shared.domain.visits.end_visit import cancel, complete, mark_no_show
from shared.domain.visits.order_charges import with_expiring_hold
from tests.domain.builders import NOW_S, Payment, intent_event
from tests.domain.money_world import PRICE_MINOR, STARTS_S, World, booked
from tests.domain.visits.ended_visits import HALF, by_client, fee_of, refusal, settle
from tests.surroundings.demo_location import HOST

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
    shown = client_view(world.booking, NOW_S, HOST)
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
    [mail] = world.ordered("send_mail")
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
    assert world.ordered("send_mail") == []


def test_without_a_fee_a_hold_is_let_go() -> None:
    world = World(booked(mode="hold"))
    world.holds()
    world.listen()
    world.change(by_client(world.booking, STARTS_S - 50 * 3600))
    assert [each.kind for each in world.booking.charge_orders] == ["release"]
    settle(world)
    assert world.booking.payments().amount_authorized == 0


def test_a_hold_that_expired_meanwhile_leaves_the_fee_owed() -> None:
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
    """Neither is it charged again, nor refunded as late money."""
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
    assert world.ordered("send_mail") == []
    settle(world, card=code)
    assert fee_of(world) == ("owed", 0, HALF)
    assert [each["kind"] for each in world.ordered("send_mail")] == ["fee_link"]
    [action] = booking_actions(world.booking)
    assert (action.kind, action.details["amount"]) == ("fee_owed", HALF)
    assert "reason" in action.details


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
    assert [each["kind"] for each in world.ordered("send_mail")] == ["fee_link"]


# ------------------------------------------------------------------ the business cancels


@pytest.mark.parametrize(("takes_fee", "back"), [(False, PRICE_MINOR), (True, HALF)])
def test_the_business_takes_a_fee_only_if_it_asks(takes_fee: bool, back: int) -> None:
    world = World(booked())
    world.pays()
    world.listen()
    world.change(cancel(world.booking, "boss@x.de", NOW_S, takes_fee=takes_fee))
    assert world.booking.payments().amount_refund_pending == back
    [message] = [m for m in world.ordered("booking.changed") if m["status"] == "cancelled"]
    assert {"what": "booking.cancelled", "by": "business"} in message["happened"]


def test_a_booking_of_the_staffs_own_has_no_fee() -> None:
    world = World(booked(terms=None))
    world.pays()
    world.listen()
    world.change(cancel(world.booking, "boss@x.de", NOW_S, takes_fee=True))
    assert (world.booking.fees, world.booking.payments().refundable) == ((), 0)


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
    assert no_show_fee_for(replace(world.booking, terms=None)) == 0
    assert no_show_fee_for(complete(world.booking, "boss@x.de", STARTS_S)) == 0


def test_a_no_show_of_the_staffs_own_booking_leaves_its_money_alone() -> None:
    world = World(booked(terms=None))
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
    look, after = [each for each in world.messages if isinstance(each, CheckHold)]
    assert after.is_over
    assert look.due_s == NOW_S + 5 * 86_400
    charge_id = look.charge
    world.change(with_expiring_hold(world.booking, charge_id))
    assert with_expiring_hold(world.booking, charge_id) == world.booking
    [action] = booking_actions(world.booking)
    assert (action.kind, action.details["amount"]) == ("hold_lapses", PRICE_MINOR)
    assert [each["kind"] for each in world.ordered("send_mail")] == ["hold_lapses"]
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
    assert accepted.terms
    free = replace(accepted, terms=replace(accepted.terms, cancellation={"steps": []}))
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
