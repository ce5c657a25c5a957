"""A moved visit: its money, its terms, its hold, and what is left of them at its end."""

from copy import replace
from typing import Any

import pytest

from shared.domain.activity.apply_event import with_facts
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_terms import BookingTerms
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.bookings.checkout_attempts import current_attempt, has_ended_unpaid
from shared.domain.bookings.refund_order import AWAITING_APPROVAL, DENIED, MOVING
from shared.domain.calendar.intervals import Interval
from shared.domain.catalogue.services import Employee
from shared.domain.dates.instants import DAY_S, HOUR_S
from shared.domain.errors import Conflict, InvalidInput, NotAgreed
from shared.domain.refunds.approval import Allowance
from shared.domain.stripe_facts.payment_facts import Facts
from shared.domain.stripe_facts.session_facts import SessionFacts
from shared.domain.visits.accepted_terms import cancellation_fee_for
from shared.domain.visits.end_visit import cancel, complete, mark_no_show
from shared.domain.visits.fee_decisions import confirm_fee, waive_fee
from shared.domain.visits.move_visit import MAX_MOVES, move_for_client, move_for_staff
from shared.domain.visits.new_time import NewTime
from shared.domain.visits.outside_payments import PaidOutside, record_payment
from shared.domain.visits.reopening import reopen
from tests.domain.builders import NOW_S
from tests.domain.money_world import PRICE_MINOR, STARTS_S, World
from tests.domain.visits.moved_visits import (
    AT_A_COST,
    CLERK,
    FREELY,
    LATER_S,
    by_client,
    by_staff,
    fees_of,
    kept_minor,
    place_of,
    settle,
    visit,
)
from tests.surroundings.demo_location import DEMO

HALF = PRICE_MINOR // 2
CUT, PERM = 4_000, 13_000
# A day after the visit was to begin.
SOON_S = LATER_S - 8 * DAY_S


def code_of(call: object) -> str:
    with pytest.raises((Conflict, InvalidInput)) as refused:
        call()  # type: ignore[operator]
    return refused.value.code


def terms_of(booking: Booking) -> BookingTerms:
    assert booking.terms
    return booking.terms


# ------------------------------------------------------------------ the price


def test_the_price_stays_as_agreed_whatever_the_catalogue_says_now() -> None:
    known = visit(price=replace(visit().price, amount_minor=9_000))
    moved = by_staff(known, employee_id="ben", service_id="colour")
    assert (moved.price.amount_minor, moved.description) == (9_000, "Colour")
    assert (moved.starts_at_s, moved.ends_at_s, moved.employee_id) == (
        LATER_S,
        LATER_S + HOUR_S,
        "ben",
    )


def test_a_dearer_service_makes_the_difference_due() -> None:
    world = World(visit())
    world.pays()
    world.listen()
    world.change(by_staff(world.booking, service_id="perm"))
    assert (world.booking.description, world.booking.amount_due_minor()) == ("Perm", 3_000)
    assert not world.booking.refund_orders
    world.pays(3_000, "visit_link")
    settle(world)
    assert (kept_minor(world.booking), world.booking.amount_due_minor()) == (PERM, 0)
    assert not booking_actions(world.booking)


def test_a_cheaper_service_sends_the_surplus_back_and_asks_for_nothing() -> None:
    world = World(visit())
    world.pays()
    world.listen()
    world.change(by_staff(world.booking, service_id="cut"))
    assert [(each.cause, each.amount_minor) for each in world.booking.refund_orders] == [
        (MOVING, 6_000)
    ]
    assert world.booking.amount_due_minor() == 0
    assert not booking_actions(world.booking), "what is on its way is nobody's task"
    settle(world)
    assert (kept_minor(world.booking), world.booking.amount_due_minor()) == (CUT, 0)
    assert world.booking.payments().amount_overpaid == 0


def test_what_went_back_is_due_again_only_as_the_price_rises_again() -> None:
    world = World(visit())
    world.pays()
    world.listen()
    world.change(by_staff(world.booking, service_id="cut"))
    settle(world)
    world.change(by_staff(world.booking, LATER_S + DAY_S, service_id="perm"))
    assert world.booking.amount_due_minor() == PERM - CUT
    world.pays(PERM - CUT, "visit_link")
    settle(world)
    assert kept_minor(world.booking) == PERM


def test_a_goodwill_refund_is_not_asked_for_again_by_a_move() -> None:
    world = World(visit())
    payment = world.pays()
    payment.refund(2_000)
    world.listen()
    world.change(by_staff(world.booking, service_id="cut"))
    settle(world)
    assert (kept_minor(world.booking), world.booking.amount_due_minor()) == (CUT, 0)
    world.change(by_staff(world.booking, LATER_S + DAY_S, service_id="colour"))
    world.pays(world.booking.amount_due_minor(), "visit_link")
    settle(world)
    assert kept_minor(world.booking) == PRICE_MINOR - 2_000


def test_of_a_deposit_only_what_is_beyond_the_price_goes_back() -> None:
    world = World(visit(due_minor=5_000))
    world.pays(5_000, "deposit")
    world.listen()
    world.change(by_staff(world.booking, service_id="perm"))
    assert (world.booking.refund_orders, world.booking.amount_due_minor()) == ((), 8_000)
    world.change(by_staff(world.booking, LATER_S + DAY_S, service_id="cut"))
    settle(world)
    assert (kept_minor(world.booking), world.booking.amount_due_minor()) == (CUT, 0)


def test_a_free_service_sends_everything_back() -> None:
    world = World(visit())
    world.pays()
    world.listen()
    world.change(by_staff(world.booking, service_id="gift"))
    settle(world)
    assert (kept_minor(world.booking), world.booking.amount_due_minor()) == (0, 0)


def test_above_the_limit_a_second_person_sends_it_back_and_the_visit_is_moved() -> None:
    world = World(visit())
    world.pays()
    world.listen()
    limited = Allowance("u_1", limit_minor=1_000)
    world.change(by_staff(world.booking, service_id="cut", allowance=limited))
    [order] = world.booking.refund_orders
    assert (order.status, order.requester_id) == (AWAITING_APPROVAL, "u_1")
    assert (world.booking.starts_at_s, world.booking.amount_due_minor()) == (LATER_S, 0)
    back = by_staff(world.booking, LATER_S + DAY_S, service_id="colour", allowance=limited)
    assert [(each.status, each.approved_by) for each in back.refund_orders] == [(DENIED, "bookpay")]
    assert (back.amount_due_minor(), back.payments().amount_refund_pending) == (0, 0)


def test_a_hold_takes_no_more_than_the_price_at_the_end() -> None:
    world = World(visit(mode="hold"))
    world.holds()
    world.listen()
    world.change(by_staff(world.booking, STARTS_S + DAY_S, service_id="cut"))
    assert terms_of(world.booking).mode == "hold"
    world.change(complete(world.booking, "desk@x.de", STARTS_S + DAY_S))
    settle(world)
    assert (kept_minor(world.booking), world.booking.amount_due_minor()) == (CUT, 0)


def test_what_was_paid_outside_stripe_counts_for_the_new_price() -> None:
    world = World(visit(due_minor=5_000))
    world.pays(5_000, "deposit")
    world.listen()
    world.change(record_payment(world.booking, PaidOutside(5_000, "cash"), "desk@x.de", NOW_S))
    world.change(by_staff(world.booking, service_id="cut"))
    settle(world)
    assert kept_minor(world.booking) == 0, "through Stripe as much as can go"
    assert world.booking.payments().amount_overpaid == 1_000, "and the rest by hand"


# ------------------------------------------------------------------ a client's late move


def test_no_fee_is_taken_that_was_not_agreed_to() -> None:
    known = visit(rule=AT_A_COST)
    with pytest.raises(NotAgreed) as refused:
        by_client(known, accepts=HALF - 1)
    assert refused.value.to_dict()["reschedule_fee_now"] == HALF
    assert by_client(known, accepts=HALF + 1).fees[0].amount_minor == HALF


@pytest.mark.parametrize("hours", [47, 49])
def test_only_a_late_move_costs_anything(hours: int) -> None:
    known = visit(rule=AT_A_COST)
    moved = by_client(known, at_s=STARTS_S - hours * HOUR_S, accepts=PRICE_MINOR)
    assert [each.amount_minor for each in moved.fees] == ([HALF] if hours == 47 else [])
    assert moved.kept_step_hours == 0


def test_a_fee_is_kept_of_what_was_paid_and_the_price_is_short_of_it() -> None:
    world = World(visit(rule=AT_A_COST))
    world.pays()
    world.listen()
    world.change(by_client(world.booking, accepts=HALF))
    assert fees_of(world.booking) == [("reschedule", "taken", HALF, 0)]
    assert world.booking.amount_due_minor() == HALF
    assert world.said("fee.taken") == 1
    world.pays(HALF, "visit_link")
    settle(world)
    assert (kept_minor(world.booking), world.booking.amount_due_minor()) == (PRICE_MINOR + HALF, 0)
    assert not booking_actions(world.booking), "nobody has paid too much"


def test_a_saved_card_is_charged_for_it_at_once_and_once() -> None:
    world = World(visit(mode="save_card", rule=AT_A_COST))
    world.saves_card()
    world.change(by_client(world.booking, accepts=HALF))
    assert world.booking.amount_due_minor() == PRICE_MINOR, "the fee is being charged"
    assert fees_of(world.booking) == [("reschedule", "requested", HALF, 0)]
    settle(world)
    assert fees_of(world.booking) == [("reschedule", "taken", HALF, 0)]
    assert (kept_minor(world.booking), world.booking.amount_due_minor()) == (HALF, PRICE_MINOR)
    world.change(cancel(world.booking, "client", NOW_S, takes_fee=True))
    settle(world)
    assert (kept_minor(world.booking), world.booking.amount_due_minor()) == (HALF, 0)


def test_a_declined_card_leaves_it_due_with_the_price() -> None:
    world = World(visit(mode="save_card", rule=AT_A_COST))
    world.saves_card()
    world.change(by_client(world.booking, accepts=HALF))
    settle(world, card="card_declined")
    assert fees_of(world.booking) == [("reschedule", "owed", HALF, HALF)]
    assert world.booking.amount_due_minor() == PRICE_MINOR + HALF
    assert not world.ordered("send_mail"), "no link asks for it by itself while the visit stands"
    world.change(cancel(world.booking, "client", NOW_S, takes_fee=True))
    settle(world, card="card_declined")
    assert world.booking.amount_due_minor() == HALF
    assert [each["kind"] for each in world.ordered("send_mail")] == ["fee_link"]
    assert world.booking.checkout_purpose() == "reschedule_fee"
    world.pays(HALF, "reschedule_fee")
    settle(world)
    assert (kept_minor(world.booking), world.booking.amount_due_minor()) == (HALF, 0)


def test_a_hold_secures_it_until_the_end_and_pays_both_fees() -> None:
    world = World(visit(mode="hold", rule=AT_A_COST))
    world.holds(15_000)
    world.listen()
    world.change(by_client(world.booking, SOON_S, accepts=HALF))
    assert fees_of(world.booking)[0][1] == "owed"
    assert not world.booking.charge_orders, "a hold can be captured once"
    world.change(cancel(world.booking, "client", SOON_S - HOUR_S, takes_fee=True))
    settle(world)
    assert fees_of(world.booking) == [
        ("reschedule", "taken", HALF, 0),
        ("cancellation", "taken", PRICE_MINOR, 0),
    ]
    assert kept_minor(world.booking) == HALF + PRICE_MINOR


def test_a_hold_that_pays_the_move_alone_is_otherwise_released() -> None:
    world = World(visit(mode="hold", rule=AT_A_COST))
    world.holds()
    world.listen()
    world.change(by_client(world.booking, SOON_S + 3 * DAY_S, accepts=HALF))
    world.change(cancel(world.booking, "client", NOW_S, takes_fee=True))
    settle(world)
    assert fees_of(world.booking) == [("reschedule", "taken", HALF, 0)]
    assert (kept_minor(world.booking), world.booking.payments().amount_authorized) == (HALF, 0)


def test_a_no_show_after_a_late_move_costs_both() -> None:
    world = World(visit(rule=AT_A_COST))
    world.pays()
    world.listen()
    world.change(by_client(world.booking, accepts=HALF))
    world.change(mark_no_show(world.booking, "desk@x.de", LATER_S, takes_fee=True))
    settle(world)
    assert fees_of(world.booking) == [
        ("reschedule", "taken", HALF, 0),
        ("no_show", "owed", 8_000, 3_000),
    ]
    assert (kept_minor(world.booking), world.booking.amount_due_minor()) == (PRICE_MINOR, 3_000)
    world.pays(3_000, "no_show_fee")
    settle(world)
    assert (kept_minor(world.booking), world.booking.amount_due_minor()) == (13_000, 0)


def test_when_the_business_cancels_the_fee_of_the_move_stays() -> None:
    world = World(visit(rule=AT_A_COST))
    world.pays()
    world.listen()
    world.change(by_client(world.booking, accepts=HALF))
    world.change(cancel(world.booking, "desk@x.de", NOW_S, takes_fee=False))
    settle(world)
    assert (kept_minor(world.booking), fees_of(world.booking)) == (
        HALF,
        [("reschedule", "taken", HALF, 0)],
    )


def test_reopened_the_end_is_undone_and_the_move_is_not() -> None:
    world = World(visit(rule=AT_A_COST))
    world.pays()
    world.listen()
    world.change(by_client(world.booking, accepts=HALF))
    world.change(mark_no_show(world.booking, "desk@x.de", LATER_S, takes_fee=True))
    settle(world)
    world.change(reopen(world.booking, CLERK, LATER_S))
    settle(world)
    assert [each[:2] for each in fees_of(world.booking)] == [
        ("reschedule", "taken"),
        ("no_show", "waived"),
    ]
    assert kept_minor(world.booking) + world.booking.amount_due_minor() == PRICE_MINOR + HALF
    world.change(complete(world.booking, "desk@x.de", LATER_S))
    world.pays(world.booking.amount_due_minor(), "visit_link")
    settle(world)
    assert kept_minor(world.booking) == PRICE_MINOR + HALF


def test_a_fee_that_is_only_proposed_waits_for_staff() -> None:
    world = World(visit(rule=AT_A_COST, charge="propose"))
    world.pays()
    world.listen()
    world.change(by_client(world.booking, accepts=HALF))
    assert fees_of(world.booking)[0][1] == "proposed"
    assert [each.kind for each in booking_actions(world.booking)] == ["fee_proposed"]
    assert world.booking.amount_due_minor() == 0
    [fee] = world.booking.fees
    confirmed = confirm_fee(world.booking, fee.fee_id, "desk@x.de", NOW_S)
    assert fees_of(confirmed) == [("reschedule", "taken", HALF, 0)]
    assert confirmed.amount_due_minor() == HALF
    waived = waive_fee(world.booking, fee.fee_id, "desk@x.de", "kind", NOW_S)
    assert (fees_of(waived)[0][1], waived.refund_orders) == ("waived", ())
    assert (waived.amount_due_minor(), waived.status) == (0, "confirmed")


def test_for_nothing_a_late_move_keeps_the_dearest_step() -> None:
    once = by_client(visit(rule=FREELY), SOON_S + 7 * DAY_S)
    assert (once.kept_step_hours, cancellation_fee_for(once, NOW_S)) == (48, HALF)
    assert once.starts_at_s
    twice = by_client(once, LATER_S, at_s=once.starts_at_s - 23 * HOUR_S)
    assert (twice.kept_step_hours, cancellation_fee_for(twice, NOW_S)) == (24, PRICE_MINOR)
    back = by_client(twice, LATER_S + DAY_S, at_s=LATER_S - 47 * HOUR_S)
    assert back.kept_step_hours == 24
    assert not back.fees


# ------------------------------------------------------------------ terms, by the new time


def test_the_policy_names_the_new_days() -> None:
    known = visit(rule=FREELY)
    moved = by_staff(known)
    assert terms_of(moved).terms_text != known.terms.terms_text
    assert "Kostenlos absagbar bis" in terms_of(moved).terms_text
    assert terms_of(moved).terms_hash == known.terms.terms_hash
    late_s = LATER_S - 47 * HOUR_S
    assert cancellation_fee_for(moved, late_s) == HALF
    assert cancellation_fee_for(moved, late_s - 2 * HOUR_S) == 0


def test_a_time_waits_no_longer_than_until_its_new_start() -> None:
    waiting = visit(status="awaiting_payment")
    waiting = replace(waiting, terms=replace(waiting.terms, hold_until_s=NOW_S + 20 * HOUR_S))
    earlier = by_staff(waiting, NOW_S + 2 * HOUR_S)
    assert earlier.waits_until_s() == NOW_S + 2 * HOUR_S
    assert by_staff(waiting, LATER_S).waits_until_s() == NOW_S + 20 * HOUR_S
    assert code_of(lambda: by_staff(waiting, NOW_S)) == "invalid_input"
    assert code_of(lambda: by_client(waiting)) == "not_reschedulable"


@pytest.mark.parametrize(
    ("deposit", "service", "due"),
    [(None, "perm", PERM), (None, "cut", CUT), (5_000, "perm", 5_000), (5_000, "cut", CUT)],
)
def test_what_a_time_waits_for_follows_the_price(
    deposit: int | None, service: str, due: int
) -> None:
    waiting = visit(status="awaiting_payment", due_minor=deposit)
    moved = by_staff(waiting, service_id=service)
    assert (moved.status, moved.amount_due_minor()) == ("awaiting_payment", due)


@pytest.mark.parametrize("service", ["gift", "tip"])
def test_what_stripe_does_not_take_is_paid_at_the_visit(service: str) -> None:
    moved = by_staff(visit(status="awaiting_payment"), service_id=service)
    assert (moved.status, terms_of(moved).mode) == ("confirmed", "at_visit")


def test_a_page_that_shows_another_sum_is_closed_and_the_time_still_waits() -> None:
    attempt = CheckoutAttempt(1, PRICE_MINOR, NOW_S, NOW_S + DAY_S, "cs_1", "https://x.example/1")
    facts = Facts(sessions={"cs_1": SessionFacts(status="open")})
    waiting = visit(status="awaiting_payment", checkout=attempt, facts=facts)
    same = by_staff(waiting)
    assert not same.charge_orders
    assert current_attempt(same, NOW_S, DEMO)
    moved = by_staff(waiting, service_id="cut")
    assert [(each.kind, each.session_id) for each in moved.charge_orders] == [
        ("expire_session", "cs_1")
    ]
    assert current_attempt(moved, NOW_S, DEMO) is None
    ended = replace(moved, facts=Facts(sessions={"cs_1": SessionFacts(status="expired")}))
    assert not has_ended_unpaid(ended)


def test_who_paid_what_the_page_asked_keeps_a_time_that_became_dearer_meanwhile() -> None:
    """Named after the bug: moved before the payment was heard of, it waited until its start."""
    attempt = CheckoutAttempt(1, PRICE_MINOR, NOW_S, NOW_S + DAY_S, "cs_1", "https://x.example/1")
    world = World(visit(status="awaiting_payment", checkout=attempt))
    world.pays()
    world.change(by_staff(world.booking, service_id="perm"))
    world.listen()
    assert world.booking.status == "awaiting_payment"
    complete_one = Facts(sessions={"cs_1": SessionFacts(status="complete", payment_status="paid")})
    told = with_facts(world.booking, complete_one, NOW_S)
    assert (told.status, told.amount_due_minor()) == ("confirmed", PERM - PRICE_MINOR)


def test_money_taken_at_the_desk_is_no_answer_of_a_bank_that_is_still_asked() -> None:
    """Half was paid in cash; the page asked for the rest, and its bank debit is not there yet."""
    half = PRICE_MINOR - HALF
    attempt = CheckoutAttempt(1, half, NOW_S, NOW_S + DAY_S, "cs_1", "https://x.example/1")
    paid = record_payment(
        visit(status="awaiting_payment"), PaidOutside(HALF, "cash"), "desk@x.de", NOW_S
    )
    waiting = replace(paid, checkout=attempt)
    asked = Facts(sessions={"cs_1": SessionFacts(status="complete", payment_status="unpaid")})
    assert with_facts(waiting, asked, NOW_S).status == "awaiting_payment"


# ------------------------------------------------------------------ a hold that would lapse


def test_a_hold_that_would_lapse_becomes_a_card_that_is_asked_for() -> None:
    world = World(visit(mode="hold"))
    world.holds()
    world.listen()
    world.change(by_staff(world.booking))
    moved = world.booking
    assert (moved.status, terms_of(moved).mode, terms_of(moved).due_reason) == (
        "confirmed",
        "save_card",
        "hold_would_lapse",
    )
    assert moved.lacks_card()
    assert (moved.wants_checkout(), moved.checkout_mode()) == (True, "save_card")
    assert moved.payments().amount_authorized == PRICE_MINOR, "it stays until the card is there"
    world.saves_card()
    settle(world)
    assert not world.booking.lacks_card()
    assert world.booking.payments().amount_authorized == 0
    assert (kept_minor(world.booking), world.booking.amount_due_minor()) == (0, PRICE_MINOR)
    world.change(mark_no_show(world.booking, "desk@x.de", LATER_S, takes_fee=True))
    settle(world)
    assert kept_minor(world.booking) == 8_000


@pytest.mark.parametrize(("days", "mode"), [(5, "hold"), (7, "save_card")])
def test_a_hold_lasts_a_day_beyond_the_end(days: int, mode: str) -> None:
    world = World(visit(mode="hold"))
    world.holds()
    world.listen()
    moved = by_staff(world.booking, NOW_S + days * DAY_S)
    assert terms_of(moved).mode == mode


def test_until_the_card_is_there_the_hold_pays_the_end() -> None:
    world = World(visit(mode="hold"))
    world.holds()
    world.listen()
    world.change(by_staff(world.booking))
    world.change(cancel(world.booking, "client", LATER_S - 30 * HOUR_S, takes_fee=True))
    settle(world)
    assert (kept_minor(world.booking), world.booking.payments().amount_authorized) == (HALF, 0)


# ------------------------------------------------------------------ what is refused


def test_time_off_is_nobodys_to_move_into() -> None:
    known, asked = visit(), NewTime(LATER_S)
    place = replace(place_of(known, asked), off=(Interval(LATER_S + 60, LATER_S + 120),))

    def move(wanted: NewTime) -> object:
        return move_for_staff(known, wanted, place, CLERK, NOW_S, allowance=Allowance(""))

    assert code_of(lambda: move(asked)) == "slot_taken"
    assert move(replace(asked, allow_overlap=True)) != known


def test_a_booking_stays_small_enough_to_be_written() -> None:
    known = by_staff(visit())
    full = replace(known, moves=known.moves * MAX_MOVES)
    assert code_of(lambda: by_staff(full, LATER_S + DAY_S)) == "too_many_moves"


def test_a_service_in_another_currency_is_no_price() -> None:
    known = visit()
    franc = replace(known, price=replace(known.price, currency="chf"))
    assert code_of(lambda: by_staff(franc, service_id="cut")) == "currency_not_supported"


def test_a_service_that_is_gone_can_be_moved_by_staff_alone() -> None:
    gone = visit(rule=FREELY)
    gone = replace(gone, service_id="mask")
    assert by_staff(gone).starts_at_s == LATER_S
    assert code_of(lambda: by_client(gone)) == "not_reschedulable"


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"off": (Interval(LATER_S + 60, LATER_S + 120),)}, id="the employee is away"),
        pytest.param({"employee": Employee("anna", "Anna")}, id="the employee works at no time"),
        pytest.param(
            {"location": replace(DEMO, online_booking_enabled=False)}, id="nothing is booked online"
        ),
    ],
)
def test_a_client_moves_to_no_time_that_could_not_be_booked(changed: dict[str, Any]) -> None:
    known, asked = visit(rule=FREELY), NewTime(LATER_S)
    place = place_of(known, asked)
    moved = move_for_client(known, asked, place, NOW_S, accepted_fee_minor=None)
    assert moved.starts_at_s == LATER_S
    with pytest.raises(InvalidInput) as refused:
        move_for_client(known, asked, replace(place, **changed), NOW_S, accepted_fee_minor=None)
    assert refused.value.code == "slot_not_offered"


def test_a_client_moves_three_times_and_what_staff_moved_does_not_count() -> None:
    moved = by_staff(visit(rule=FREELY), LATER_S - DAY_S)
    for number in range(3):
        moved = by_client(moved, LATER_S + number * HOUR_S)
    assert code_of(lambda: by_client(moved, LATER_S + 3 * HOUR_S)) == "too_many_moves"
    assert by_staff(moved, LATER_S + 3 * HOUR_S).starts_at_s == LATER_S + 3 * HOUR_S


def test_the_time_before_and_after_a_visit_moves_with_it() -> None:
    known = visit(rule=FREELY, buffer_before_s=300, buffer_after_s=600)
    for moved in (by_client(known), by_staff(known)):
        assert (moved.buffer_before_s, moved.buffer_after_s) == (300, 600)
        assert (moved.starts_at_s, moved.ends_at_s) == (LATER_S, LATER_S + HOUR_S)


def test_a_visit_of_unknown_length_cannot_be_given_to_an_employee() -> None:
    known = visit(ends_at_s=None)
    with pytest.raises(InvalidInput) as refused:
        by_staff(known, employee_id="ben")
    assert refused.value.code == "duration_required"
    assert [each["pointer"] for each in refused.value.errors] == ["/employee_id"]
