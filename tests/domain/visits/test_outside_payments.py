"""What was paid outside Stripe: it lowers what is due, and Stripe's money stays as it is."""

from copy import replace
from typing import Any

import pytest

from shared.domain.activity.booking_mails import cancelled
from shared.domain.activity.client_mails import mails_of
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.authorship import Person
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict, booking_to_dict
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.bookings.checkout_attempts import has_ended_unpaid
from shared.domain.bookings.erasure import client_id, without_client
from shared.domain.bookings.lifecycle import AWAITING_PAYMENT
from shared.domain.bookings.online_booking import expire
from shared.domain.bookings.outside_payment import MAX_OUTSIDE_PAYMENTS
from shared.domain.errors import Conflict, InvalidInput, NotFound
from shared.domain.messages.booking_changed import BookingChanged
from shared.domain.messages.mail_orders import SendFeeLink
from shared.domain.money.money import Money
from shared.domain.stripe_facts.payment_facts import Facts
from shared.domain.stripe_facts.session_facts import SessionFacts
from shared.domain.visits.accepted_terms import asks_consent, cancellation_fee_for
from shared.domain.visits.end_visit import cancel, complete, mark_no_show
from shared.domain.visits.fee_decisions import confirm_fee, remind_of_fee, waive_fee
from shared.domain.visits.outside_payments import PaidOutside, record_payment, void_payment
from shared.domain.visits.reopening import reopen
from tests.domain.builders import NOW_S
from tests.domain.money_world import PRICE_MINOR, STARTS_S, World, booked
from tests.domain.visits.ended_visits import HALF, by_client, fee_of, settle

CASH = "cash"
AT_DESK = "maria@example.com"


def paid(booking: Booking, amount: int, method: str = CASH, note: str = "") -> Booking:
    return record_payment(booking, PaidOutside(amount, method, note), AT_DESK, NOW_S)


def voided(booking: Booking, place: int = -1) -> Booking:
    payment_id = booking.outside_payments[place].payment_id
    return void_payment(booking, payment_id, "wrong booking", AT_DESK, NOW_S)


def waiting(mode: str = "pay", due: int = 3000, **of_terms: Any) -> Booking:
    """A visit of 100.00 made at the desk, which waits for `due`; its client accepted nothing."""
    terms = booked().terms
    assert terms
    fields: dict[str, Any] = {"mode": mode, "due_minor": due, "terms_hash": ""}
    fields |= {"offered_hash": "1" * 64, "hold_until_s": NOW_S + 3600, **of_terms}
    offered = replace(terms, **fields)
    return booked(status=AWAITING_PAYMENT, terms=offered)


def figures(booking: Booking) -> tuple[int, int, str, int]:
    """Return what is due, what was paid elsewhere, and what Stripe's money looks like."""
    shown = staff_view(booking)
    elsewhere, refundable = shown["amount_paid_elsewhere"], shown["refundable"]
    return shown["amount_due"], elsewhere, shown["payment_status"], refundable


def action_kinds(booking: Booking) -> list[str]:
    return [each.kind for each in booking_actions(booking)]


# ------------------------------------------------------------------ what may be recorded


def test_it_lowers_what_is_due_and_leaves_stripes_money_alone() -> None:
    world = World(booked())
    world.change(paid(world.booking, 4000))
    assert figures(world.booking) == (6000, 4000, "unpaid", 0)
    world.pays(6000, "visit_link")
    world.listen()
    assert figures(world.booking) == (0, 4000, "paid", 6000)
    assert not world.booking.wants_checkout()
    assert action_kinds(world.booking) == []


@pytest.mark.parametrize("amount", [10_001, 20_000])
def test_no_more_than_is_due_can_be_recorded(amount: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        paid(booked(), amount)
    assert refused.value.code == "amount_exceeds_due"
    assert "100.00" in refused.value.detail


def test_what_was_recorded_is_not_due_a_second_time() -> None:
    once = paid(booked(), PRICE_MINOR)
    with pytest.raises(InvalidInput) as refused:
        paid(once, 1)
    assert refused.value.code == "amount_exceeds_due"


@pytest.mark.parametrize("status", ["expired", "awaiting_confirmation", "cancelled", "no_show"])
def test_where_nothing_is_due_nothing_can_be_recorded(status: str) -> None:
    with pytest.raises(InvalidInput):
        paid(booked(status=status), 1)


def test_nothing_is_recorded_while_stripe_has_money_that_is_not_here_yet() -> None:
    """The client would pay twice, and nobody could see it."""
    done = SessionFacts(status="complete", payment_status="paid", payment_intent="pi_9")
    being_paid = replace(booked(), facts=Facts(sessions={"cs_1": done}))
    assert being_paid.is_being_paid()
    with pytest.raises(Conflict) as refused:
        paid(being_paid, 100)
    assert refused.value.code == "fee_under_way"


def test_what_is_left_can_still_be_paid_at_stripe() -> None:
    """Stripe takes dinars in steps of ten fils alone."""
    dinars = booked(price=Money(10_000, "kwd"))
    with pytest.raises(InvalidInput) as refused:
        paid(dinars, 15)
    assert refused.value.code == "amount_too_fine"
    assert paid(dinars, 20).amount_due_minor() == 9980


def test_a_booking_has_a_bounded_number_of_them() -> None:
    booking = booked()
    for _ in range(MAX_OUTSIDE_PAYMENTS):
        booking = voided(paid(booking, 1))
    assert len({each.payment_id for each in booking.outside_payments}) == MAX_OUTSIDE_PAYMENTS
    with pytest.raises(Conflict) as refused:
        paid(booking, 1)
    assert refused.value.code == "too_many_changes"


def test_it_is_stored_and_read_back() -> None:
    booking = voided(paid(paid(booked(), 100, "voucher", "no. 7"), 200))
    assert booking_from_dict(booking_to_dict(booking)) == booking


# ------------------------------------------------------------------ voided


def test_what_was_voided_is_due_again_and_stays_in_the_list() -> None:
    world = World(booked())
    world.change(paid(world.booking, 4000, note="till 2"))
    world.change(voided(world.booking))
    assert figures(world.booking) == (PRICE_MINOR, 0, "unpaid", 0)
    [shown] = staff_view(world.booking)["payments_elsewhere"]
    assert (shown["amount"], shown["method"], shown["note"]) == (4000, CASH, "till 2")
    assert (shown["voided"]["note"], shown["voided"]["by"]) == ("wrong booking", AT_DESK)
    assert voided(world.booking) == world.booking
    told = [each for each in world.messages if isinstance(each, BookingChanged)]
    assert [[each.what for each in one.happened] for one in told] == [
        ["payment.recorded"],
        ["payment.voided"],
    ]
    assert [each.amount_paid_elsewhere for each in told] == [4000, 0]
    timeline = [each["what"] for each in staff_view(world.booking)["timeline"]]
    assert timeline == ["payment.recorded", "payment.voided"]


def test_what_is_not_there_cannot_be_voided() -> None:
    with pytest.raises(NotFound) as refused:
        void_payment(paid(booked(), 100), "pay_0", "why", AT_DESK, NOW_S)
    assert refused.value.code == "payment_not_found"


def test_notes_about_a_client_end_with_their_data_and_the_sums_stay() -> None:
    booking = voided(paid(booked(), 100, note="Mira paid"))
    erased = without_client(booking, client_id("demo", "mira@example.com"), NOW_S, AT_DESK)
    [payment] = erased.outside_payments
    assert (payment.note, payment.void_note, payment.amount_minor) == ("", "", 100)
    assert payment.is_voided


# ------------------------------------------------------------------ a booking that waits


@pytest.mark.parametrize(("mode", "due"), [("pay", 3000), ("pay", PRICE_MINOR), ("hold", 10_000)])
def test_what_the_terms_ask_for_confirms_the_booking_when_paid_at_the_desk(
    mode: str, due: int
) -> None:
    world = World(waiting(mode, due))
    world.change(paid(world.booking, due))
    assert world.booking.status == "confirmed"
    assert world.said("booking.confirmed") == 1
    assert world.booking.amount_due_minor() == PRICE_MINOR - due


def test_a_part_of_it_confirms_nothing_and_the_rest_is_asked_for() -> None:
    part = paid(waiting(), 1000)
    assert (part.status, part.amount_due_minor()) == (AWAITING_PAYMENT, 2000)
    assert paid(part, 2000).status == "confirmed"


def test_cash_is_no_card_on_file() -> None:
    """Nothing is due where a card is to be saved: it goes on waiting for that card."""
    with pytest.raises(InvalidInput):
        paid(waiting("save_card", 0), 1)


def test_who_has_paid_the_whole_visit_in_cash_is_asked_for_no_card() -> None:
    """Bug: a visit whose hold had become a card was asked for one although it was paid."""
    made = replace(waiting("save_card", 0), status="confirmed")
    assert made.lacks_card()
    part = paid(made, made.price.amount_minor - 100)
    assert part.lacks_card()
    whole = paid(part, 100)
    assert not whole.lacks_card()
    assert not whole.wants_checkout()


def test_paying_in_cash_accepts_no_terms() -> None:
    """Whoever paid at the desk has not seen the policy: no fee is taken until they accept it."""
    confirmed = paid(waiting(), 3000)
    assert asks_consent(confirmed)
    assert cancellation_fee_for(confirmed, STARTS_S - 3600) == 0
    ended = mark_no_show(confirmed, AT_DESK, STARTS_S, takes_fee=True)
    assert ended.fees == ()


def test_a_booking_that_a_payment_had_confirmed_stays_confirmed_when_it_is_voided() -> None:
    confirmed = voided(paid(waiting(), 3000))
    assert (confirmed.status, confirmed.amount_due_minor()) == ("confirmed", PRICE_MINOR)


def test_a_time_that_is_partly_paid_for_waits_to_its_end() -> None:
    """Its session is closed with the record; that must not free the time at once."""
    attempt = CheckoutAttempt(1, 3000, NOW_S, NOW_S + 3600, "cs_1", "https://pay")
    opened = waiting(offered_hash="", terms_hash="0" * 64).with_checkout(attempt)
    part = paid(opened, 1000)
    [order] = part.charge_orders
    assert (order.kind, order.session_id) == ("expire_session", "cs_1")
    over = Facts(sessions={"cs_1": SessionFacts(status="expired")})
    assert has_ended_unpaid(replace(opened, facts=over))
    assert not has_ended_unpaid(replace(part, facts=over))
    # Nor does the next one, which its client opens for the rest and leaves.
    again = part.with_checkout(replace(attempt, session_id="cs_2", generation=2))
    left = Facts(sessions={"cs_2": SessionFacts(status="expired")})
    assert not has_ended_unpaid(replace(again, facts=left))


def test_what_was_paid_for_a_time_that_expired_is_to_be_given_back() -> None:
    gone = expire(paid(waiting(), 1000), NOW_S)
    [action] = booking_actions(gone)
    assert (action.kind, action.details["amount"]) == ("money_left_elsewhere", 1000)
    assert booking_actions(voided(gone)) == ()


def test_who_gives_up_a_time_that_they_paid_a_part_of_is_told_what_becomes_of_it() -> None:
    given_up = cancel(waiting(), "client", NOW_S, takes_fee=True)
    assert cancelled(given_up) is None
    part = cancel(paid(waiting(), 1000), "client", NOW_S, takes_fee=True)
    mail = cancelled(part)
    assert mail
    assert dict(mail.rows)["paid_elsewhere"] == Money(1000, "eur")
    assert mail.paragraphs[-1] == "elsewhere.text"


# ------------------------------------------------------------------ the client pays at Stripe too


def test_who_paid_at_stripe_meanwhile_has_paid_too_much_and_staff_see_it() -> None:
    world = World(booked())
    world.change(paid(world.booking, PRICE_MINOR))
    world.pays(PRICE_MINOR, "visit_link")
    world.listen()
    [action] = booking_actions(world.booking)
    assert action.kind == "overpaid"
    assert (action.details["amount"], action.details["proposed_refund"]) == (10_000, 10_000)
    assert staff_view(world.booking)["amount_overpaid"] == 10_000


def test_a_fee_that_was_paid_twice_goes_back_where_stripe_took_it() -> None:
    world = owed_fee()
    world.change(paid(world.booking, 2000))
    world.pays(2000, "cancellation_fee")
    world.listen()
    settle(world)
    summary = world.booking.payments()
    assert (summary.amount_captured, summary.amount_refunded) == (5000, 2000)
    assert fee_of(world) == ("paid_elsewhere", 3000, 0)
    assert world.said("fee.taken") == 0
    assert action_kinds(world.booking) == []


def test_what_went_back_as_paid_twice_is_owed_again_if_the_cash_turns_out_a_mistake() -> None:
    """Bug: the fee counted as taken by the money that had gone back."""
    world = owed_fee()
    world.change(paid(world.booking, 2000))
    world.pays(2000, "cancellation_fee")
    world.listen()
    settle(world)
    world.change(voided(world.booking))
    assert fee_of(world) == ("owed", 3000, 2000)
    assert world.booking.amount_due_minor() == 2000


def test_of_a_payment_that_comes_after_the_end_a_proposed_fee_keeps_what_cash_does_not_cover() -> (
    None
):
    world = World(booked(charge="propose"))
    world.change(paid(world.booking, 3000))
    world.change(by_client(world.booking))
    world.pays(PRICE_MINOR, "visit_link")
    world.listen()
    assert world.booking.payments().amount_refund_pending == PRICE_MINOR - (HALF - 3000)


# ------------------------------------------------------------------ a fee


def owed_fee() -> World:
    """A visit cancelled for half its price, 50.00, of which a deposit covers 30.00."""
    world = World(booked())
    world.pays(3000)
    world.listen()
    world.change(by_client(world.booking))
    assert fee_of(world) == ("owed", 3000, 2000)
    return world


def test_a_fee_that_was_paid_elsewhere_is_asked_for_no_more() -> None:
    world = owed_fee()
    [fee] = world.booking.fees
    with pytest.raises(InvalidInput):
        paid(world.booking, 2001)
    world.change(paid(world.booking, 2000))
    assert fee_of(world) == ("paid_elsewhere", 3000, 0)
    assert staff_view(world.booking)["fees"][0]["amount_paid_elsewhere"] == 2000
    assert figures(world.booking)[:2] == (0, 2000)
    assert action_kinds(world.booking) == []
    assert not world.booking.wants_checkout()
    assert remind_of_fee(world.booking, fee.fee_id, 0, NOW_S) == world.booking
    order = SendFeeLink(
        message_id="m",
        occurred_at="2026-11-22T09:30:00Z",
        location_id="demo",
        booking_id="bk_1",
        kind="fee_link",
        fee_id=fee.fee_id,
    )
    assert mails_of(order, world.booking) == []


def test_a_fee_whose_payment_is_voided_is_owed_again_and_reminded_of() -> None:
    world = owed_fee()
    [fee] = world.booking.fees
    world.change(paid(world.booking, 2000))
    world.change(voided(world.booking))
    assert fee_of(world) == ("owed", 3000, 2000)
    assert action_kinds(world.booking) == ["fee_owed"]
    assert len(world.ordered("check_fee")) == 2
    assert remind_of_fee(world.booking, fee.fee_id, 0, NOW_S).fees[0].reminders == 1


def test_a_part_of_a_fee_leaves_the_rest_owed() -> None:
    world = owed_fee()
    world.change(paid(world.booking, 1500))
    assert fee_of(world) == ("owed", 3000, 500)
    [fee] = world.booking.fees
    [mail] = [
        mail
        for mail in mails_of(_reminder(fee.fee_id), world.booking)
        if mail.kind == "fee_reminder"
    ]
    assert dict(mail.rows)["fee.paid"] == Money(4500, "eur")
    assert dict(mail.rows)["fee.owed"] == Money(500, "eur")


def _reminder(fee_id: str) -> SendFeeLink:
    return SendFeeLink(
        message_id="m",
        occurred_at="2026-11-22T09:30:00Z",
        location_id="demo",
        booking_id="bk_1",
        kind="fee_reminder",
        fee_id=fee_id,
    )


@pytest.mark.parametrize("mode", ["save_card", "hold"])
def test_neither_card_nor_hold_pays_a_fee_that_was_paid_elsewhere(mode: str) -> None:
    """The whole price was paid in cash before the no-show: its fee is there."""
    world = World(booked(mode=mode))
    world.saves_card()
    world.change(paid(world.booking, PRICE_MINOR))
    world.change(mark_no_show(world.booking, AT_DESK, STARTS_S, takes_fee=True))
    assert world.ordered("execute_charge_order") == []
    assert fee_of(world) == ("paid_elsewhere", 0, 0)
    [action] = booking_actions(world.booking)
    assert (action.kind, action.details["amount"]) == ("money_left_elsewhere", 2000)


def test_the_saved_card_pays_what_cash_does_not_cover() -> None:
    world = World(booked(mode="save_card"))
    world.saves_card()
    world.change(paid(world.booking, 3000))
    world.change(mark_no_show(world.booking, AT_DESK, STARTS_S, takes_fee=True))
    [order] = world.booking.charge_orders
    assert (order.kind, order.amount_minor) == ("charge_card", 5000)
    settle(world)
    assert fee_of(world) == ("paid_elsewhere", 5000, 0)
    assert figures(world.booking) == (0, 3000, "paid", 5000)
    assert action_kinds(world.booking) == []


def test_a_proposed_fee_takes_only_what_was_not_paid_elsewhere() -> None:
    world = World(booked(mode="save_card", charge="propose"))
    world.saves_card()
    world.change(paid(world.booking, 3000))
    world.change(by_client(world.booking))
    [fee] = world.booking.fees
    world.change(confirm_fee(world.booking, fee.fee_id, AT_DESK, NOW_S))
    assert [each.amount_minor for each in world.booking.charge_orders] == [HALF - 3000]


def test_of_a_fee_that_is_waived_the_cash_goes_back() -> None:
    world = owed_fee()
    [fee] = world.booking.fees
    world.change(paid(world.booking, 1500))
    world.change(waive_fee(world.booking, fee.fee_id, AT_DESK, "ill", NOW_S))
    [action] = booking_actions(world.booking)
    assert (action.kind, action.details["amount"]) == ("money_left_elsewhere", 1500)


# ------------------------------------------------------------------ an end


def test_cash_for_a_cancelled_visit_is_given_back_by_hand_and_voided() -> None:
    ended = cancel(paid(booked(), PRICE_MINOR), AT_DESK, NOW_S, takes_fee=False)
    [action] = booking_actions(ended)
    assert (action.kind, action.details) == (
        "money_left_elsewhere",
        {"amount": PRICE_MINOR, "currency": "eur"},
    )
    assert ended.amount_due_minor() == 0
    assert booking_actions(voided(ended)) == ()


def test_a_cancellation_says_what_was_paid_elsewhere_and_not_that_nothing_was_taken() -> None:
    world = World(paid(booked(), 4000))
    world.change(cancel(world.booking, AT_DESK, NOW_S, takes_fee=False))
    message = world.messages[-1]
    assert isinstance(message, BookingChanged)
    [mail] = mails_of(message, world.booking)
    assert dict(mail.rows)["paid_elsewhere"] == Money(4000, "eur")
    assert mail.paragraphs == ("cancelled.by_business", "elsewhere.text")


def test_a_no_show_that_no_terms_say_anything_of_keeps_the_cash() -> None:
    booking = paid(booked(terms=None), PRICE_MINOR)
    assert booking_actions(mark_no_show(booking, AT_DESK, STARTS_S, takes_fee=True)) == ()


def test_what_is_due_after_the_visit_is_recorded_and_the_saved_card_is_left_alone() -> None:
    """Its client accepted fees on that card, and not the price."""
    world = World(booked(mode="save_card"))
    world.saves_card()
    world.change(complete(world.booking, AT_DESK, STARTS_S))
    assert world.booking.charge_orders == ()
    assert world.booking.amount_due_minor() == PRICE_MINOR
    world.change(paid(world.booking, PRICE_MINOR, "card_terminal"))
    assert figures(world.booking) == (0, PRICE_MINOR, "card_saved", 0)


def test_a_visit_that_is_reopened_counts_what_was_paid_elsewhere_for_its_price() -> None:
    world = owed_fee()
    world.change(paid(world.booking, 2000))
    by_staff = replace(
        world.booking,
        journal=tuple(replace(each, by=AT_DESK) for each in world.booking.journal),
    )
    again = reopen(by_staff, Person("maria", AT_DESK), NOW_S)
    assert again.status == "confirmed"
    assert again.amount_due_minor() == PRICE_MINOR - 2000
