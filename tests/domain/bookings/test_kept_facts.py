"""A booking stays small however many cards are declined, and every figure of it stays right."""

from copy import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.table_model import to_json
from shared.domain.activity.apply_event import apply_event, subject_key
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict, booking_to_dict
from shared.domain.bookings.kept_facts import KEPT_ATTEMPTS, KEPT_ENDS, with_kept_facts
from shared.domain.bookings.refund_order import STAFF
from shared.domain.refunds.approval import UNLIMITED
from shared.domain.refunds.refund_rules import RefundRequest, request_refund
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts, fold, merge
from shared.domain.stripe_facts.read_events import read_event
from tests.domain.builders import NOW_S, Payment, facts_of, intent_event, session_event
from tests.domain.money_world import PRICE_MINOR, booked

DECLINED = 2000
# DynamoDB takes 400 KB: far from it, and cheap to write.
MOST_BYTES = 16_000


class Record:
    """One booking and its charges' own items, as the store of events keeps them."""

    def __init__(self, booking: Booking) -> None:
        self.booking = booking
        self._subjects: dict[str, tuple[Facts, bool]] = {}

    def hear(self, *events: dict[str, Any]) -> None:
        for told in events:
            event = read_event(told)
            key = subject_key(event) or ""
            known, is_counted = self._subjects.get(key, (EMPTY, False))
            effect = apply_event(
                event, known, self.booking, "bk_1", location_id="demo", is_counted=is_counted
            )
            assert effect.booking
            self.booking = effect.booking
            if event.charge_id:
                self._subjects[key] = (effect.subject, effect.is_counted)


def declined(number: int) -> list[dict[str, Any]]:
    """What Stripe tells of one declined card: the charge, and the intent that it was for."""
    payment = Payment(PRICE_MINOR, number=number, intent="pi_1")
    payment.charge["created"] = NOW_S + number
    payment.decline()
    failed = intent_event(
        "payment_intent.payment_failed", status="requires_payment_method", error="card_declined"
    )
    return [*payment.events, failed | {"id": f"evt_failed_{number}", "created": NOW_S + number}]


def test_two_thousand_declined_cards_leave_a_booking_that_can_be_refunded() -> None:
    """Bug: about 760 of them made an item that DynamoDB refuses, with money in it."""
    record = Record(booked())
    for number in range(1, DECLINED + 1):
        charge, intent = declined(number)
        record.hear(charge)
        if number <= 100:
            record.hear(intent)
    paid = Payment(PRICE_MINOR, number=DECLINED + 1, intent="pi_1")
    paid.pay()
    record.hear(*paid.events)
    stored = to_json(booking_to_dict(record.booking))
    assert len(stored.encode()) < MOST_BYTES
    assert booking_from_dict(booking_to_dict(record.booking)) == record.booking
    assert record.booking.failed_attempts == DECLINED
    request = RefundRequest("rf_1", 1000, "clerk@x.de", NOW_S, STAFF)
    refunded = request_refund(record.booking, request, UNLIMITED)
    assert refunded.payments().amount_refund_pending == 1000
    paid.refund(1000, ours="rf_1")
    record.hear(*paid.events[1:])
    summary = record.booking.payments()
    assert (summary.payment_status, summary.amount_refunded) == ("partially_refunded", 1000)


EVENTS = [event for number in range(1, 15) for event in declined(number)]


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_count_and_the_last_ten_are_the_same_in_every_order_and_with_every_repetition(
    chance: Random,
) -> None:
    told = EVENTS + chance.sample(EVENTS, 9)
    chance.shuffle(told)
    record = Record(booked())
    record.hear(*told)
    assert record.booking.failed_attempts == 14
    assert sorted(record.booking.facts.charges) == sorted(f"ch_{number}" for number in range(5, 15))
    in_order = Record(booked())
    in_order.hear(*EVENTS)
    assert replace(record.booking, sequence=0) == replace(in_order.booking, sequence=0)


@given(st.lists(st.sampled_from(range(len(EVENTS))), max_size=40), st.integers(0, 40))
@settings(max_examples=100, deadline=None)
def test_what_is_left_out_changes_no_merge(places: list[int], at: int) -> None:
    observed = facts_of(EVENTS[place] for place in places)
    one, other = fold(observed[:at]), fold(observed[at:])

    def kept(facts: Facts) -> Facts:
        return with_kept_facts(replace(booked(), facts=facts)).facts

    assert kept(merge(kept(one), kept(other))) == kept(merge(one, other))
    assert kept(kept(one)) == kept(one)


def test_a_failed_charge_with_money_behind_it_is_never_left_out() -> None:
    payment = Payment(number=99)
    payment.decline()
    payment.charge["created"] = 1
    payment.refund(500)
    record = Record(booked())
    record.hear(*payment.events)
    for number in range(1, 30):
        record.hear(*declined(number))
    assert "ch_99" in record.booking.facts.charges
    assert len(record.booking.facts.charges) == KEPT_ATTEMPTS + 1


def test_a_link_that_is_opened_for_years_leaves_the_last_sessions() -> None:
    record = Record(booked())
    for number in range(1, 200):
        event = session_event(
            "checkout.session.expired", status="expired", payment_status="unpaid", number=number
        )
        event["data"]["object"]["created"] = NOW_S + number
        record.hear(event)
    assert len(record.booking.facts.sessions) == KEPT_ENDS
    assert "cs_199" in record.booking.facts.sessions


@pytest.mark.parametrize("withdrawn", [True, False])
def test_figures_and_disputes_do_not_depend_on_what_only_the_charge_keeps(
    withdrawn: bool,
) -> None:
    payment = Payment(PRICE_MINOR)
    payment.pay()
    payment.settle()
    payment.refund(1000)
    payment.dispute(withdrawn=withdrawn)
    whole = replace(booked(), facts=fold(facts_of(payment.events)))
    assert with_kept_facts(whole).payments() == whole.payments()
    [charge] = with_kept_facts(whole).facts.charges.values()
    assert (charge.events, charge.balance_transaction, charge.claims) == ({}, "", {})
