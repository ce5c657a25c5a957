"""Paid after the slot was released: the slot again, or the money back, and never both."""

from copy import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.activity.changes import changes_between
from shared.domain.activity.messages import messages_of
from shared.domain.activity.needed_action import PAID_AFTER_EXPIRY
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_terms import BookingTerms
from shared.domain.bookings.charge_order import RELEASE
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.bookings.checkout_attempts import has_ended_unpaid
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.lifecycle import (
    AWAITING_PAYMENT,
    CONFIRMED,
    EXPIRED,
)
from shared.domain.bookings.refund_order import PAID_LATE, REFUND_ORDER_REFUSED, RefundOrder
from shared.domain.errors import Conflict
from shared.domain.messages.stripe_orders import SettleLatePayment
from shared.domain.money.money import Money
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.dispute_facts import DisputeFacts, sighting
from shared.domain.stripe_facts.intent_facts import IntentFacts, SetupFacts
from shared.domain.stripe_facts.payment_facts import Facts
from shared.domain.stripe_facts.refund_facts import RefundFacts
from shared.domain.stripe_facts.session_facts import SessionFacts
from shared.domain.visits.late_payment import (
    can_rebook_slot,
    is_late,
    is_paid_late,
    rebook_slot,
    refund_late_payment,
    with_late_money,
)

PRICE = 4500
NOW_S = 1_795_372_392
START_S = NOW_S + 86_400


def expired(mode: str = "pay", **changed: Any) -> Booking:
    online = BookingTerms(
        mode=mode,
        due_minor=PRICE,
        hold_until_s=NOW_S - 60,
        purpose="prepayment",
        terms_text="Free.",
        terms_hash="",
        cancellation={},
    )
    made: dict[str, Any] = {
        "booking_id": "bk_1",
        "location_id": "demo",
        "status": EXPIRED,
        "price": Money(PRICE, "eur"),
        "description": "Haircut",
        "created_at_s": NOW_S - 3600,
        "starts_at_s": START_S,
        "ends_at_s": START_S + 3600,
        "terms": online,
    }
    return Booking(**made | changed)


def captured(amount: int = PRICE, number: int = 1, **changed: Any) -> Facts:
    made: dict[str, Any] = {
        "amount_minor": amount,
        "currency": "eur",
        "reported_captured_minor": amount,
        "succeeded": True,
        "captured": True,
        "payment_intent": f"pi_{number}",
    }
    return Facts(charges={f"ch_{number}": ChargeFacts(**made | changed)})


def held(amount: int = PRICE) -> Facts:
    return captured(amount, reported_captured_minor=0, captured=False, authorized=True)


def paid(mode: str = "pay", facts: Facts | None = None, **changed: Any) -> Booking:
    return expired(mode, facts=facts or captured(), **changed)


def orders(booking: Booking) -> list[tuple[str, int]]:
    return [(each.charge_id, each.amount_minor) for each in booking.refund_orders]


# ------------------------------------------------------------------ what is late


def test_an_expired_booking_with_money_is_to_be_settled() -> None:
    assert is_paid_late(paid())
    assert is_paid_late(paid("hold", held()))


@pytest.mark.parametrize(
    "booking",
    [
        pytest.param(expired(), id="nothing was paid"),
        pytest.param(paid(status=CONFIRMED), id="it never expired"),
        pytest.param(paid(status="cancelled"), id="it was cancelled"),
        pytest.param(paid(facts=captured(failed=True)), id="the charge failed"),
        pytest.param(paid(facts=captured(currency="usd")), id="another currency, shown to staff"),
        pytest.param(
            paid(facts=captured(refunds={"re_1": RefundFacts(amount_minor=PRICE, currency="eur",
                                                             status="succeeded")})),
            id="it is back already",
        ),
        pytest.param(
            paid(facts=captured(disputes={"dp_1": DisputeFacts(amount_minor=PRICE, currency="eur",
                                                               sightings=sighting("needs_response"))})),
            id="the bank has it back",
        ),
    ],
)  # fmt: skip
def test_everything_else_is_not(booking: Booking) -> None:
    assert not is_paid_late(booking)
    assert refund_late_payment(booking, NOW_S) == booking
    assert not can_rebook_slot(booking, NOW_S)


# ------------------------------------------------------------------ the slot again


def test_what_was_paid_in_full_may_have_its_slot_again_until_it_begins() -> None:
    booking = paid()
    assert can_rebook_slot(booking, START_S - 1)
    assert not can_rebook_slot(booking, START_S)
    confirmed = rebook_slot(booking, NOW_S)
    assert confirmed.status == CONFIRMED
    assert confirmed.journal[-1].what == "booking.slot_taken_again"
    assert [each.what for each in changes_between(booking, confirmed)] == ["booking.confirmed"]
    assert not is_paid_late(confirmed)


@pytest.mark.parametrize(
    "booking",
    [
        pytest.param(paid(facts=captured(PRICE - 1)), id="less than what is due"),
        pytest.param(paid("pay", held()), id="held where it was to be taken"),
        pytest.param(paid(terms=None), id="no slot of its own"),
        pytest.param(paid(starts_at_s=None), id="no time"),
    ],
)
def test_what_does_not_secure_a_slot_goes_back(booking: Booking) -> None:
    assert not can_rebook_slot(booking, NOW_S)
    assert is_paid_late(refund_late_payment(booking, NOW_S)) is False


# ------------------------------------------------------------------ the money back


def test_all_that_was_captured_is_ordered_to_go_back_once() -> None:
    booking = paid()
    settled = refund_late_payment(booking, NOW_S)

    [order] = settled.refund_orders
    assert (order.charge_id, order.amount_minor, order.cause) == ("ch_1", PRICE, PAID_LATE)
    assert (order.requested_by, order.requested_at_s) == ("bookpay", NOW_S)
    assert settled.status == EXPIRED
    lost = JournalEntry("bk_1-slot-lost-1", NOW_S, "booking.slot_lost", "bookpay", None)
    assert settled.journal[-1] == lost
    assert refund_late_payment(settled, NOW_S + 5) == settled
    assert not is_paid_late(settled)
    changes = [each.what for each in changes_between(booking, settled)]
    assert changes == ["booking.slot_lost", "refund.requested"]


def test_several_late_charges_go_back_the_oldest_first() -> None:
    newer, older = captured(1000, 1, created_s=20), captured(2000, 2, created_s=10)
    gone = JournalEntry("bk_1-expired", NOW_S, "booking.expired")
    booking = paid(facts=Facts(charges={**newer.charges, **older.charges}), journal=(gone,))
    settled = refund_late_payment(booking, NOW_S, caused_by="evt_1")
    assert orders(settled) == [("ch_2", 2000), ("ch_1", 1000)]
    assert all(each.refund_id.startswith("rf_") for each in settled.refund_orders)
    lost = settled.journal[-1]
    assert (lost.entry_id, lost.caused_by) == ("bk_1-slot-lost-1", "evt_1")


def test_two_charges_that_come_at_once_after_the_end_go_back_each_by_its_own_refund() -> None:
    before = expired(status="cancelled")
    both = {**captured(1000, 1).charges, **captured(2000, 2).charges}
    after = with_late_money(before, replace(before, facts=Facts(charges=both)), NOW_S)
    assert orders(after) == [("ch_1", 1000), ("ch_2", 2000)]
    assert len({each.refund_id for each in after.refund_orders}) == 2
    assert [(each.what, each.by) for each in after.journal] == [("refund.requested", "bookpay")] * 2


def test_a_hold_is_let_go_and_the_client_is_told() -> None:
    booking = paid("hold", held())
    settled = refund_late_payment(booking, NOW_S)

    [order] = settled.charge_orders
    assert (order.kind, order.payment_intent, settled.refund_orders) == (RELEASE, "pi_1", ())
    assert [each.what for each in changes_between(booking, settled)] == ["booking.slot_lost"]
    assert refund_late_payment(settled, NOW_S + 5) == settled


def test_what_is_on_its_way_back_already_is_not_sent_twice() -> None:
    by_staff = RefundOrder("rf_staff", "ch_1", 1000, NOW_S, "ada@x", "staff", "requested")
    dashboard = RefundFacts(amount_minor=500, currency="eur", status="pending")
    booking = paid(facts=captured(refunds={"re_1": dashboard}), refund_orders=(by_staff,))

    settled = refund_late_payment(booking, NOW_S)

    assert orders(settled) == [("ch_1", 1000), ("ch_1", PRICE - 1500)]


def test_nothing_goes_back_while_a_refund_may_count_twice() -> None:
    """The sum that Stripe reports may be the refund that staff asked for: it would count twice."""
    by_staff = RefundOrder(
        "rf_staff", "ch_1", 1000, NOW_S, "ada@x", "staff", "requested", tried_at_s=NOW_S
    )
    unclear = paid(facts=captured(reported_refunded_minor=1000), refund_orders=(by_staff,))

    with pytest.raises(Conflict):
        refund_late_payment(unclear, NOW_S)

    made = RefundFacts(amount_minor=1000, currency="eur", refund_id="rf_staff")
    clear = replace(unclear, facts=unclear.facts.merge(captured(refunds={"re_1": made})))
    assert orders(refund_late_payment(clear, NOW_S)) == [("ch_1", 1000), ("ch_1", PRICE - 1000)]


def test_a_second_payment_goes_back_too_and_gets_no_slot() -> None:
    """Once money was sent back, the client knows that the slot is lost."""
    lost = refund_late_payment(paid(), NOW_S)
    again = replace(lost, facts=lost.facts.merge(captured(number=2)))

    assert is_paid_late(again)
    assert not can_rebook_slot(again, NOW_S)
    assert orders(refund_late_payment(again, NOW_S)) == [("ch_1", PRICE), ("ch_2", PRICE)]


def test_a_refund_that_stripe_refuses_is_for_staff_and_not_ordered_for_ever() -> None:
    lost = refund_late_payment(paid(), NOW_S)
    [order] = lost.refund_orders
    refused = replace(
        lost, refund_orders=(replace(order, status=REFUND_ORDER_REFUSED, refusal="nope"),)
    )

    assert not is_paid_late(refused)
    assert PAID_AFTER_EXPIRY in [action.kind for action in booking_actions(refused)]


def test_a_hold_whose_intent_was_given_up_is_gone_already() -> None:
    canceled = IntentFacts(status="canceled")
    facts = held().merge(Facts(intents={"pi_1": canceled}))
    assert not is_paid_late(paid("hold", facts))


# ------------------------------------------------------------------ a card that was saved too late

SAVED = Facts(setups={"seti_1": SetupFacts(status="succeeded", payment_method="pm_1")})


def saved(**changed: Any) -> Booking:
    return expired("save_card", **{"facts": SAVED, **changed})


def test_a_card_that_was_saved_too_late_may_have_its_slot_again_until_it_begins() -> None:
    """Bug: a client who had seen "card saved" at Stripe had no booking, and no mail said so."""
    assert is_late(saved())
    assert can_rebook_slot(saved(), START_S - 1)
    assert not can_rebook_slot(saved(), START_S)
    confirmed = rebook_slot(saved(), NOW_S)
    assert [each.what for each in changes_between(saved(), confirmed)] == ["booking.confirmed"]
    assert not is_late(confirmed)


def test_a_card_whose_slot_is_gone_is_told_of_once_and_nothing_is_ordered() -> None:
    lost = refund_late_payment(saved(), NOW_S)
    assert (lost.status, lost.refund_orders, lost.charge_orders) == (EXPIRED, (), ())
    assert [each.what for each in changes_between(saved(), lost)] == ["booking.slot_lost"]
    assert not is_late(lost)
    assert not can_rebook_slot(lost, NOW_S)
    assert refund_late_payment(lost, NOW_S + 5) == lost


@pytest.mark.parametrize(
    "booking",
    [
        pytest.param(expired("save_card"), id="none was saved"),
        pytest.param(saved(status=CONFIRMED), id="it never expired"),
        pytest.param(saved(status="cancelled"), id="it was cancelled"),
        pytest.param(expired("pay", facts=SAVED), id="it was to be paid"),
        pytest.param(saved(terms=None), id="no slot of its own"),
    ],
)
def test_no_other_card_is_late(booking: Booking) -> None:
    assert not is_late(booking)
    assert refund_late_payment(booking, NOW_S) == booking


def test_a_card_asks_for_its_slot_once_however_many_events_tell_of_it() -> None:
    session = SessionFacts(mode="setup", status="complete", setup_intent="seti_1")
    twice = saved(facts=SAVED.merge(Facts(sessions={"cs_1": session})))

    def asks(before: Booking, after: Booking) -> bool:
        found = messages_of(before, after, "evt_1", NOW_S)
        return any(isinstance(each, SettleLatePayment) for each in found)

    assert asks(expired("save_card"), saved())
    assert not asks(saved(), twice)
    assert not asks(saved(), refund_late_payment(saved(), NOW_S))
    assert not asks(saved(), rebook_slot(saved(), NOW_S))
    assert not asks(expired("save_card", status="awaiting_payment"), expired("save_card"))


# ------------------------------------------------------------------ what staff see


@pytest.mark.parametrize(
    "booking", [paid(), paid("hold", held())], ids=["captured", "only authorised"]
)
def test_staff_see_only_what_could_not_be_settled(booking: Booking) -> None:
    def kinds(each: Booking) -> list[str]:
        return [action.kind for action in booking_actions(each)]

    assert PAID_AFTER_EXPIRY in kinds(booking)
    assert kinds(refund_late_payment(booking, NOW_S)) == []
    assert PAID_AFTER_EXPIRY not in kinds(rebook_slot(booking, NOW_S))


# ------------------------------------------------------------------ what ends before its time


def ended(**changed: Any) -> Booking:
    attempt = CheckoutAttempt(1, PRICE, NOW_S, NOW_S + 1800, "cs_1", "https://a.example")
    facts = Facts(sessions={"cs_1": SessionFacts(status="expired")})
    waiting: dict[str, Any] = {"status": AWAITING_PAYMENT, "checkout": attempt, "facts": facts}
    return expired(**waiting | changed)


def test_a_slot_waits_for_nothing_once_its_session_has_ended_unpaid() -> None:
    over = ended()
    assert has_ended_unpaid(over)
    assert over.checkout
    another = replace(over.checkout, session_id="cs_2")
    part = replace(over.facts, charges=captured(1000).charges)
    complete = Facts(sessions={"cs_1": SessionFacts(status="complete", payment_status="paid")})
    for other in (
        ended(status=CONFIRMED),
        ended(checkout=None),
        ended(checkout=another),
        ended(facts=part),
        ended(facts=complete),
        ended(facts=Facts(sessions={"cs_1": SessionFacts(status="open")})),
    ):
        assert not has_ended_unpaid(other)


# ------------------------------------------------------------------ what asks for it


def test_money_that_appears_on_an_expired_booking_asks_for_its_slot() -> None:
    [*_, order] = messages_of(expired(), paid(), "evt_1", NOW_S)
    assert isinstance(order, SettleLatePayment)
    assert order.booking_id == "bk_1"


def test_settling_asks_for_nothing_more_of_the_kind() -> None:
    for settled in (refund_late_payment(paid(), NOW_S), rebook_slot(paid(), NOW_S)):
        found = messages_of(paid(), settled, "v9", NOW_S)
        assert not [each for each in found if isinstance(each, SettleLatePayment)]


CHARGES = st.lists(
    st.tuples(st.sampled_from(["captured", "held", "failed"]), st.integers(1, 9000)), max_size=5
)


@given(CHARGES, st.integers(-3, 3))
def test_however_much_came_all_of_it_is_settled_once_and_one_way(
    charges: list[tuple[str, int]], hours: int
) -> None:
    facts = Facts()
    for number, (kind, amount) in enumerate(charges):
        more: dict[str, Any] = {"failed": True} if kind == "failed" else {}
        if kind == "held":
            more = {"reported_captured_minor": 0, "captured": False, "authorized": True}
        facts = facts.merge(captured(amount, number, **more))
    booking, now_s = expired(facts=facts), START_S + hours * 3600
    summary = booking.payments()
    money = summary.amount_captured + summary.amount_authorized

    assert is_paid_late(booking) is (money > 0)
    settled = refund_late_payment(booking, now_s)

    assert sum(each.amount_minor for each in settled.refund_orders) == summary.amount_captured
    assert settled.payments().amount_refund_pending == summary.amount_captured
    assert {each.payment_intent for each in settled.charge_orders} == {
        each.payment_intent for each in facts.charges.values() if each.amount_authorized_minor
    }
    assert not is_paid_late(settled)
    assert not can_rebook_slot(settled, now_s)
    if can_rebook_slot(booking, now_s):
        assert hours < 0
        assert summary.amount_captured >= PRICE
