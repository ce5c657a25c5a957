"""What can be refunded, of which charge, and who must agree."""

from copy import replace

import pytest

from shared.domain.activity.messages import messages_of
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.authorship import Person
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict, booking_to_dict
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.refund_order import STAFF, RefundOrder, order_ids
from shared.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from shared.domain.money.money import Money
from shared.domain.refunds.approval import UNLIMITED
from shared.domain.refunds.refund_answers import (
    is_at_stripe,
    made_order,
    refuse_order,
    with_order,
)
from shared.domain.refunds.refund_rules import (
    RefundRequest,
    approve_refund,
    deny_refund,
    request_refund,
)
from shared.domain.refunds.refundable import refundable_by_charge
from shared.domain.retry_schedule import delay_s, is_key_old
from tests.domain.builders import NOW_S
from tests.domain.money_world import NEARLY_NOTHING, World, booked

CLERK, OTHER = Person("u1", "clerk@x.de"), Person("u2", "boss@x.de")


def ask(booking: Booking, amount: int | None = None, **changed: object) -> Booking:
    allowance = NEARLY_NOTHING if changed.pop("needs_approval", False) else UNLIMITED
    name = str(changed.pop("name", f"rf_{len(booking.refund_orders) + 1}"))
    request = RefundRequest(
        name, amount, CLERK.email, NOW_S, STAFF, note="too short", requester_id=CLERK.user_id
    )
    return request_refund(booking, request, allowance)


def paid(*amounts: int) -> World:
    world = World(booked())
    for amount in amounts:
        world.pays(amount)
    world.listen()
    return world


def refused(booking: Booking, amount: int | None = None) -> str:
    with pytest.raises(Conflict) as conflict:
        ask(booking, amount)
    return conflict.value.code


def test_a_refund_reserves_its_amount_at_once() -> None:
    booking = ask(paid(10_000).booking, 6000)
    summary = booking.payments()
    assert (summary.amount_refund_pending, summary.refundable) == (6000, 4000)
    assert refused(booking, 6000) == "amount_exceeds_refundable"
    assert ask(booking).payments().refundable == 0
    assert refused(ask(booking)) == "nothing_refundable"


def test_all_that_is_left_is_not_asked_for_while_a_refund_may_count_twice() -> None:
    """Its sum came before its answer: it counts twice, and too little seems to be left."""
    world = paid(10_000)
    world.change(ask(world.booking, 3000))
    world.ask_for_refunds()
    world.listen_to_one(0)
    assert world.booking.payments().refundable == 4000
    assert refused(world.booking) == "request_in_progress"
    assert refused(world.booking, 7000) == "request_in_progress"
    assert refused(world.booking, 7001) == "amount_exceeds_refundable", "whatever it turns out"
    assert ask(world.booking, 4000).payments().refundable == 0
    world.write_answers()
    world.change(ask(world.booking))
    assert [each.amount_minor for each in world.booking.refund_orders] == [3000, 7000]


def test_what_was_refunded_in_the_dashboard_is_known_though_an_order_waits() -> None:
    world = paid(10_000)
    world.change(ask(world.booking, 3000))
    world.payments[0].refund(2000, types="")
    world.listen()
    assert refused(world.booking, 6000) == "amount_exceeds_refundable"
    assert ask(world.booking).payments().amount_refund_pending == 8000


def test_what_stripe_answered_is_what_its_webhooks_tell() -> None:
    world = paid(10_000)
    world.change(ask(world.booking, 3000))
    world.carry_out()
    answered = world.booking.payments()
    assert (answered.amount_refunded, answered.amount_refund_pending) == (3000, 0)
    [shown] = staff_view(world.booking)["refunds"]
    assert (shown["refund_id"], shown["status"]) == ("rf_1", "succeeded")
    world.listen()
    assert world.said("refund.succeeded") == 1
    assert world.booking.payments() == answered


def test_one_request_over_two_charges_makes_an_order_for_each() -> None:
    booking = ask(paid(3000, 7000).booking, 8000)
    orders = [(each.refund_id, each.charge_id, each.amount_minor) for each in booking.refund_orders]
    assert orders == [("rf_1", "ch_1", 3000), ("rf_1.2", "ch_2", 5000)]
    assert {each.request_id for each in booking.refund_orders} == {"rf_1"}
    assert refundable_by_charge(booking) == {"ch_2": 2000}


def test_keys_of_parts_and_of_generations_never_meet() -> None:
    keys = [
        replace(order, generation=generation).idempotency_key
        for name in order_ids("rf_1", 12)
        for order in [RefundOrder(name, "ch_1", 1, 0, "", STAFF, "requested")]
        for generation in range(1, 13)
    ]
    assert len(set(keys)) == len(keys)
    assert keys[:2] == ["rf_1", "rf_1-2"]


def test_what_was_not_captured_cannot_be_refunded() -> None:
    world = World(booked())
    world.holds()
    world.listen()
    assert refused(world.booking) == "nothing_refundable"


def test_a_disputed_payment_is_not_refunded_until_it_is_won() -> None:
    world = paid(10_000)
    dispute = world.payments[0].dispute(amount=4000)
    world.listen()
    assert refused(world.booking, 1000) == "charge_disputed"
    world.payments[0].close(dispute, "won")
    world.payments[0].reinstate(dispute)
    world.listen()
    assert ask(world.booking).payments().amount_refund_pending == 10_000


def test_a_lost_dispute_ends_refunds() -> None:
    world = paid(10_000)
    world.payments[0].close(world.payments[0].dispute(amount=4000), "lost")
    world.listen()
    assert refused(world.booking, 1000) == "charge_disputed"


def test_an_inquiry_does_not_stand_in_the_way() -> None:
    world = paid(10_000)
    world.payments[0].dispute(inquiry=True)
    world.listen()
    assert ask(world.booking, 10_000).refund_orders


def test_a_sum_that_stripe_cannot_have_is_refused_as_input() -> None:
    world = paid(10_000)
    icelandic = replace(
        world.booking,
        price=Money(10_000, "isk"),
        facts=replace(
            world.booking.facts,
            charges={
                key: replace(each, currency="isk")
                for key, each in world.booking.facts.charges.items()
            },
        ),
    )
    with pytest.raises(InvalidInput):
        ask(icelandic, 150)
    assert ask(icelandic, 200).refund_orders


# ------------------------------------------------------------------ known to Stripe


def test_a_refund_counts_once_before_and_after_its_webhook() -> None:
    world = paid(10_000)
    world.change(ask(world.booking, 6000))
    assert world.ordered("refund_payment")[0]["refund_id"] == "rf_1"
    assert world.booking.payments().amount_refund_pending == 6000
    world.carry_out()
    assert world.booking.payments().amount_refunded == 6000
    world.listen()
    summary = world.booking.payments()
    assert (summary.amount_refunded, summary.amount_refund_pending, summary.refundable) == (
        6000, 0, 4000,
    )  # fmt: skip
    [shown] = staff_view(world.booking)["refunds"]
    assert (shown["refund_id"], shown["status"], shown["source"]) == (
        "rf_1",
        "succeeded",
        "bookpay",
    )
    assert (shown["requested_by"], shown["note"]) == (CLERK.email, "too short")
    assert (world.said("refund.requested"), world.said("refund.succeeded")) == (1, 1)


def test_a_refund_made_in_the_dashboard_is_shown_beside_ours() -> None:
    world = paid(10_000)
    world.payments[0].refund(1000)
    world.listen()
    [shown] = staff_view(world.booking)["refunds"]
    assert (shown["source"], shown["amount"]) == ("dashboard", 1000)


def test_one_that_succeeded_and_failed_is_owed_to_the_client() -> None:
    world = paid(10_000)
    world.change(ask(world.booking, 6000))
    world.carry_out()
    world.listen()
    world.payments[0].update_refund("re_1_0", "failed", "refund.failed")
    world.listen()
    assert world.booking.payments().refundable == 10_000
    [action] = booking_actions(world.booking)
    assert action.kind == "refund_failed"
    assert "owe it to the client" in action.to_dict()["advice"]
    assert world.said("refund.failed") == 1


def test_a_refused_one_frees_its_amount_and_is_told_in_words() -> None:
    world = paid(10_000)
    world.change(ask(world.booking, 6000))
    world.change(refuse_order(world.booking, "rf_1", "charge_disputed", NOW_S))
    assert world.booking.payments().refundable == 10_000
    [action] = booking_actions(world.booking)
    assert action.kind == "refund_refused"
    assert "disputed this payment" in action.details["reason"]
    [shown] = staff_view(world.booking)["refunds"]
    assert (shown["status"], shown["approval"]) == ("failed", "refused")
    assert world.said("refund.refused") == 1
    assert world.booking.journal[-1] == JournalEntry(
        "rf_1-refused", NOW_S, "refund.refused", "stripe"
    )
    world.change(ask(world.booking, 1000))
    assert booking_actions(world.booking) == ()


def test_a_stuck_one_is_shown_until_stripe_answers() -> None:
    world = paid(10_000)
    world.change(ask(world.booking, 6000))
    stuck = with_order(world.booking, "rf_1", lambda each: replace(each, is_stuck=True))
    world.change(stuck)
    assert [each.kind for each in booking_actions(world.booking)] == ["refund_stuck"]
    assert not is_at_stripe(stuck, stuck.refund_orders[0])
    world.carry_out()
    [order] = world.booking.refund_orders
    assert (order.stripe_refund_id, order.is_stuck) == ("re_1_0", False)
    world.listen()
    assert booking_actions(world.booking) == ()


def test_an_answer_counts_as_refunded_before_its_webhook_and_changes_its_own_order_only() -> None:
    world = paid(10_000)
    world.change(ask(ask(world.booking, 6000), 1000))
    made = dict(world.payments[0].refunds[world.payments[0].refund(1000, ours="rf_2")])
    answered = made_order(world.booking, "rf_2", made)
    assert answered.refund_orders[0] == world.booking.refund_orders[0]
    assert [is_at_stripe(answered, each) for each in answered.refund_orders] == [False, True]
    assert answered.payments().amount_refunded == 1000
    assert answered.payments().amount_refund_pending == 6000
    assert made_order(world.booking, "rf_9", made) == world.booking


# ------------------------------------------------------------------ four eyes


def test_approval_by_another_person_asks_stripe_and_names_both() -> None:
    world = paid(10_000)
    world.change(ask(world.booking, 6000, needs_approval=True))
    assert world.ordered("refund_payment") == []
    assert world.booking.payments().refundable == 4000
    assert [each.kind for each in booking_actions(world.booking)] == ["refund_awaits_approval"]
    with pytest.raises(Forbidden) as own:
        approve_refund(world.booking, "rf_1", CLERK, NOW_S)
    assert own.value.code == "own_refund"
    world.change(approve_refund(world.booking, "rf_1", OTHER, NOW_S))
    [order] = world.booking.refund_orders
    assert (order.requester_id, order.approver_id) == (CLERK.user_id, OTHER.user_id)
    assert len(world.ordered("refund_payment")) == 1
    said = [(entry.what, entry.by) for entry in world.booking.journal]
    assert said == [
        ("refund.approval_requested", CLERK.email), ("refund.approved", OTHER.email),
    ]  # fmt: skip
    for decide in (approve_refund, deny_refund):
        with pytest.raises(Conflict):
            decide(world.booking, "rf_1", OTHER, NOW_S)
        with pytest.raises(NotFound):
            decide(world.booking, "rf_9", OTHER, NOW_S)


def test_a_denied_one_frees_its_amount_and_asks_nobody() -> None:
    world = paid(10_000)
    world.change(ask(world.booking, 6000, needs_approval=True))
    world.change(deny_refund(world.booking, "rf_1", CLERK, NOW_S))
    assert world.booking.payments().refundable == 10_000
    assert (world.ordered("refund_payment"), world.said("refund.denied")) == ([], 1)
    assert staff_view(world.booking)["refunds"][0]["status"] == "canceled"


# ------------------------------------------------------------------ kept, and tried again


def test_orders_are_kept_and_read_back_and_old_items_have_none() -> None:
    booking = ask(paid(10_000).booking, 6000)
    document = booking_to_dict(booking)
    assert booking_from_dict(document) == booking
    del document["refund_orders"]
    assert booking_from_dict(document).refund_orders == ()


def test_the_first_three_tries_come_soon_and_the_others_within_the_hour() -> None:
    assert [delay_s(attempt, 0.5) for attempt in (1, 2, 3, 4, 5)] == [5, 10, 20, 40, 80]
    assert delay_s(12, 0.5) == delay_s(1000, 0.5) == 3600


def test_copies_that_came_together_do_not_stay_together() -> None:
    assert [delay_s(1, jitter) for jitter in (0, 0.25, 0.5, 0.75, 0.99)] == [2, 4, 5, 6, 7]
    assert (delay_s(12, 0), delay_s(12, 0.99)) == (1800, 5364)


@pytest.mark.parametrize(
    ("age_s", "is_old"), [(0, False), (20 * 3600 - 1, False), (20 * 3600, True)]
)
def test_a_key_is_old_from_twenty_hours_on(age_s: int, is_old: bool) -> None:
    assert is_key_old(NOW_S, NOW_S + age_s) is is_old
    assert not is_key_old(0, NOW_S)


def test_a_change_that_nobody_needs_to_know_makes_no_message() -> None:
    booking = ask(paid(10_000).booking, 6000)
    tried = with_order(booking, "rf_1", lambda each: replace(each, tried_at_s=NOW_S))
    assert messages_of(booking, tried, "v2", NOW_S) == ()
