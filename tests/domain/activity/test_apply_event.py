"""What an event changes of what staff have to look at: only what is different is written."""

from copy import replace
from typing import Any

from shared.domain.activity.apply_event import BOOKING, SUBJECT, EventEffect, apply_event
from shared.domain.activity.needed_action import ADVICE
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts
from shared.domain.stripe_facts.read_events import read_event
from tests.builders import booking, charge, event, refund

BEFORE = booking()


def applied(news: dict[str, Any], stored: Facts = EMPTY, *, to: Any = BEFORE) -> EventEffect:
    return apply_event(read_event(news), stored, to, "bk_1", location_id="demo")


def test_what_fits_asks_nothing_and_writes_nothing() -> None:
    change = applied(event("charge.succeeded", charge()))
    assert (change.outcome, change.actions) == ("applied", {})


def test_a_reason_that_stays_is_not_written_again() -> None:
    first = applied(event("charge.succeeded", charge(amount=6000, amount_captured=6000)))
    assert [each.kind for each in first.actions[BOOKING]] == ["overpaid"]
    assert first.booking
    again = applied(
        event("charge.updated", charge(amount=6000, amount_captured=6000, receipt_url="r")),
        first.subject,
        to=first.booking,
    )
    assert again.actions == {}
    assert again.messages == ()


def test_a_reason_that_is_gone_is_taken_away() -> None:
    overpaid = applied(event("charge.succeeded", charge(amount=6000, amount_captured=6000)))
    assert overpaid.booking
    news = event("refund.created", refund(amount=1100))
    change = applied(news, overpaid.subject, to=overpaid.booking)
    assert change.actions == {BOOKING: ()}
    assert change.messages


def test_an_unknown_booking_is_asked_about_and_taken_up_with_the_next_event() -> None:
    unknown = applied(event("charge.succeeded", charge()), to=None)
    assert (unknown.outcome, unknown.booking, unknown.messages) == ("booking_unknown", None, ())
    assert [each.kind for each in unknown.actions[SUBJECT]] == ["booking_unknown"]
    change = applied(event("charge.updated", charge()), unknown.subject)
    assert change.actions == {SUBJECT: ()}
    assert change.booking
    assert len(change.subject.charges["ch_1"].events) == 2
    assert change.booking.payments().amount_captured == 4900


def test_every_kind_has_its_advice_and_the_most_urgent_comes_first() -> None:
    facts = applied(event("charge.succeeded", charge(1)))
    assert facts.booking
    for news in (
        event("charge.succeeded", charge(2)),
        event("charge.succeeded", charge(3, currency="usd")),
        event("refund.failed", refund(status="failed")),
    ):
        known = replace(facts.booking.facts, charges={
            key: each for key, each in facts.booking.facts.charges.items()
            if key in read_event(news).facts.charges
        })  # fmt: skip
        facts = applied(news, known, to=facts.booking)
        assert facts.booking
    assert facts.booking
    found = booking_actions(facts.booking)
    assert [each.kind for each in found] == [
        "refund_failed",
        "overpaid",
        "paid_in_other_currency",
    ]
    assert {each.kind for each in found} <= ADVICE.keys()
    assert all(each.to_dict()["advice"] for each in found)
