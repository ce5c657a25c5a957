from dataclasses import dataclass
from typing import Any

import pytest

from shared.domain.bookings.payment_summary import summarise
from shared.domain.bookings.payment_views import timeline
from shared.domain.money.money import Money
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.dispute_facts import DisputeFacts, DisputeMovement, sighting
from shared.domain.stripe_facts.event_facts import EventFact
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts
from shared.domain.stripe_facts.session_facts import SessionFacts
from tests.domain.builders import (
    Payment,
    euros,
    folded,
    intent_event,
    session_event,
    setup_event,
)

PRICE = euros(10_000)
FREE = euros(0)


@dataclass(frozen=True)
class Request:
    refund_id: str
    amount_minor: int
    stripe_refund_id: str | None = None


def story(*verbs: str, number: int = 1) -> list[dict[str, Any]]:
    payment = Payment(number=number)
    for verb in verbs:
        getattr(payment, verb)()
    return payment.events


def disputed(status: str, *, inquiry: bool = False) -> list[dict[str, Any]]:
    payment = Payment()
    payment.pay()
    payment.close(payment.dispute(inquiry=inquiry), status)
    return payment.events


def refunded(amount: int, *, status: str = "succeeded") -> list[dict[str, Any]]:
    payment = Payment()
    payment.pay()
    payment.refund(amount, status=status)
    return payment.events


failed_try = intent_event("payment_intent.payment_failed", status="requires_payment_method")
expired = session_event("checkout.session.expired", status="expired", payment_status="unpaid")
waiting = session_event("checkout.session.completed", status="complete", payment_status="unpaid")
given_up = session_event(
    "checkout.session.async_payment_failed", status="complete", payment_status="unpaid"
)
saved = setup_event("setup_intent.succeeded", status="succeeded")
saved_by_session = session_event(
    "checkout.session.completed",
    status="complete",
    payment_status="no_payment_required",
    mode="setup",
)

GOLDEN = {
    "nothing due": (FREE, [], "not_required"),
    "nothing happened": (PRICE, [], "unpaid"),
    "a session expired": (PRICE, [expired], "unpaid"),
    "a delayed payment is awaited": (PRICE, [waiting], "unpaid"),
    "a delayed payment did not come": (PRICE, [waiting, given_up], "failed"),
    "the only try failed": (PRICE, [failed_try], "failed"),
    "a charge failed": (PRICE, story("decline"), "failed"),
    "a try failed and another is pending": (PRICE, [failed_try, *story("wait")], "unpaid"),
    "a try failed and the session expired": (PRICE, [failed_try, expired], "failed"),
    "saving a card failed": (
        PRICE,
        [setup_event("setup_intent.setup_failed", status="requires_payment_method")],
        "failed",
    ),
    "a card was saved": (PRICE, [saved], "card_saved"),
    "a session saved a card": (PRICE, [saved_by_session], "card_saved"),
    "a card was saved and a fee failed": (PRICE, [saved, *story("decline")], "card_saved"),
    "money is held": (PRICE, story("authorise"), "authorized"),
    "money is held and a card saved": (PRICE, [saved, *story("authorise")], "authorized"),
    "a hold expired": (PRICE, story("authorise", "lapse"), "unpaid"),
    "a hold was canceled with its intent": (
        PRICE,
        [*story("authorise"), intent_event("payment_intent.canceled", status="canceled")],
        "unpaid",
    ),
    "paid": (PRICE, story("pay"), "paid"),
    "captured": (PRICE, story("authorise", "capture"), "paid"),
    "paid beside a failed try": (PRICE, [*story("pay"), *story("decline", number=2)], "paid"),
    "paid beside a hold": (PRICE, [*story("pay"), *story("authorise", number=2)], "paid"),
    "paid though free": (FREE, story("pay"), "paid"),
    "partly refunded": (PRICE, refunded(1), "partially_refunded"),
    "a refund is pending": (PRICE, refunded(10_000, status="pending"), "refunded"),
    "a refund failed": (PRICE, refunded(10_000, status="failed"), "paid"),
    "a refund was canceled": (PRICE, refunded(10_000, status="canceled"), "paid"),
    "refunded": (PRICE, refunded(10_000), "refunded"),
    "one of two payments refunded": (
        PRICE, [*refunded(10_000), *story("pay", number=2)], "partially_refunded",
    ),
    "an inquiry": (PRICE, disputed("warning_needs_response", inquiry=True), "paid"),
    "an inquiry closed": (PRICE, disputed("warning_closed", inquiry=True), "paid"),
    "a chargeback is open": (PRICE, disputed("needs_response"), "disputed"),
    "a chargeback is under review": (PRICE, disputed("under_review"), "disputed"),
    "a chargeback of a kind not known yet": (PRICE, disputed("pondering"), "disputed"),
    "a chargeback was lost": (PRICE, disputed("lost"), "disputed"),
    "a chargeback was won": (PRICE, disputed("won"), "paid"),
    "a chargeback was prevented": (PRICE, disputed("prevented"), "paid"),
    "disputed beside a refund": (PRICE, [*disputed("lost"), *story("pay", number=2)], "disputed"),
}  # fmt: skip


@pytest.mark.parametrize("name", GOLDEN)
def test_payment_status(name: str) -> None:
    price, events, expected = GOLDEN[name]
    assert summarise(price, folded(events)).payment_status == expected


def test_a_session_that_is_still_open_keeps_a_failed_try_from_being_the_last_word() -> None:
    still_open = Facts(sessions={"cs_9": SessionFacts(status="open", mode="payment")})
    facts = folded([failed_try]).merge(still_open)
    assert summarise(PRICE, facts).payment_status == "unpaid"


def test_a_refund_of_ours_is_pending_until_stripe_knows_it_by_either_id() -> None:
    payment = Payment()
    payment.pay()
    asked = [Request("rf_1", 3000), Request("rf_2", 1000, "re_1_1")]
    before = summarise(PRICE, folded(payment.events), asked)
    assert (before.amount_refund_pending, before.refundable) == (4000, 6000)
    assert [(each["refund_id"], each["status"]) for each in before.refunds] == [
        ("rf_1", "requested"),
        ("rf_2", "requested"),
    ]
    payment.refund(3000, ours="rf_1")
    payment.refund(1000)
    after = summarise(PRICE, folded(payment.events), asked)
    assert (after.amount_refund_pending, after.amount_refunded) == (0, 4000)
    assert after.refundable == 6000
    assert [(each["refund_id"], each["stripe_refund_id"]) for each in after.refunds] == [
        ("rf_1", "re_1_0"),
        ("re_1_1", "re_1_1"),
    ]


def test_a_refund_of_ours_that_failed_is_neither_pending_nor_refunded() -> None:
    payment = Payment()
    payment.pay()
    payment.update_refund(payment.refund(3000, ours="rf_1"), "failed", "refund.failed")
    summary = summarise(PRICE, folded(payment.events), [Request("rf_1", 3000)])
    assert (summary.amount_refund_pending, summary.amount_refunded) == (0, 0)
    assert (summary.refundable, summary.failed_refund_ids) == (10_000, ("re_1_0",))


def test_nothing_is_refundable_while_a_chargeback_is_open_and_the_rest_afterwards() -> None:
    payment = Payment()
    payment.pay()
    dispute = payment.dispute(amount=4000)
    assert summarise(PRICE, folded(payment.events)).refundable == 0
    payment.close(dispute, "lost")
    assert summarise(PRICE, folded(payment.events)).refundable == 6000
    inquiry = Payment()
    inquiry.pay()
    inquiry.dispute(inquiry=True)
    assert summarise(PRICE, folded(inquiry.events)).refundable == 10_000


def test_a_dispute_above_the_charge_leaves_nothing_and_never_less_than_nothing() -> None:
    payment = Payment()
    payment.pay()
    payment.refund(2000)
    payment.close(payment.dispute(amount=12_000), "lost")
    summary = summarise(PRICE, folded(payment.events))
    assert (summary.amount_disputed, summary.refundable) == (12_000, 0)


@pytest.mark.parametrize(
    ("movements", "flags", "outstanding", "funds"),
    [
        ({}, {}, 0, "none"),
        ({}, {"funds_withdrawn": True}, 1000, "withdrawn"),
        ({}, {"funds_withdrawn": True, "funds_reinstated": True}, 0, "reinstated"),
        ({"w": (-1000, "eur")}, {}, 1000, "withdrawn"),
        ({"w": (-1000, "eur"), "x": (-1000, "eur")}, {}, 1000, "withdrawn"),
        ({"w": (-1000, "eur"), "r": (400, "eur")}, {}, 600, "withdrawn"),
        ({"w": (-1000, "eur"), "r": (1000, "eur")}, {}, 0, "reinstated"),
        ({"r": (400, "eur")}, {"funds_withdrawn": True}, 600, "withdrawn"),
        ({"w": (-1000, "eur")}, {"funds_reinstated": True}, 0, "reinstated"),
        ({"w": (-1000, "eur"), "x": (-1000, "eur"), "r": (1000, "eur")}, {}, 1000, "withdrawn"),
        ({"w": (-1000, "eur"), "x": (-1000, "eur")}, {"funds_reinstated": True}, 1000, "withdrawn"),
        # Settled in dollars: a partial reinstatement cannot be distinguished from another rate.
        ({"w": (-1100, "usd")}, {}, 1000, "withdrawn"),
        ({"w": (-1100, "usd"), "r": (1050, "usd")}, {}, 0, "reinstated"),
        ({"w": (-1100, "usd"), "x": (-9, "usd"), "r": (1050, "usd")}, {}, 1000, "withdrawn"),
        ({"w": (-1100, "usd")}, {"funds_reinstated": True}, 0, "reinstated"),
    ],
)
def test_what_a_dispute_holds_withdrawn(
    movements: dict[str, tuple[int, str]], flags: dict[str, Any], outstanding: int, funds: str
) -> None:
    dispute = DisputeFacts(
        amount_minor=1000,
        currency="eur",
        sightings=sighting("needs_response"),
        movements={
            key: DisputeMovement(amount_minor=amount, currency=currency)
            for key, (amount, currency) in movements.items()
        },
        **flags,
    )
    assert dispute.outstanding_minor("eur", 5000) == outstanding
    assert dispute.funds("eur", 5000) == funds


def test_a_dispute_in_another_currency_than_its_charge_may_cost_all_of_it() -> None:
    dispute = DisputeFacts(
        amount_minor=9, currency="usd", sightings=sighting("lost"), funds_withdrawn=True
    )
    assert dispute.outstanding_minor("eur", 5000) == 5000


def test_an_inquiry_moves_no_money_whatever_an_event_claims() -> None:
    dispute = DisputeFacts(
        amount_minor=9,
        currency="eur",
        sightings=sighting("warning_under_review"),
        funds_withdrawn=True,
    )
    assert dispute.outstanding_minor("eur", 5000) == 0
    assert dispute.funds("eur", 5000) == "none"


def test_two_payments_on_one_booking_are_overpaid() -> None:
    events = [*story("pay"), *story("pay", number=2)]
    summary = summarise(PRICE, folded(events))
    assert (summary.amount_captured, summary.amount_overpaid) == (20_000, 10_000)
    assert len(summary.payments) == 2
    payment = Payment(number=2)
    payment.pay()
    payment.refund(10_000)
    given_back = summarise(PRICE, folded([*story("pay"), *payment.events]))
    assert given_back.amount_overpaid == 0


def test_what_was_refunded_without_a_refund_object_counts_until_it_is_known() -> None:
    payment = Payment()
    payment.pay()
    payment.refund(2500, types="")
    summary = summarise(PRICE, folded(payment.events))
    assert (summary.amount_refunded, summary.refundable, summary.refunds) == (2500, 7500, ())


def test_a_charge_in_another_currency_is_reported_and_never_added() -> None:
    dollars = ChargeFacts(
        amount_minor=500, currency="usd", succeeded=True, captured=True, reported_captured_minor=500
    )
    facts = folded(story("pay")).merge(Facts(charges={"ch_usd": dollars}))
    summary = summarise(PRICE, facts)
    assert (summary.amount_captured, summary.amount_overpaid) == (10_000, 0)
    assert [each["charge"] for each in summary.payments] == ["ch_1"]
    [foreign] = summary.foreign_charges
    assert (foreign["charge"], foreign["amount"], foreign["currency"]) == ("ch_usd", 500, "usd")
    assert summarise(PRICE, Facts(charges={"ch_usd": dollars})).payment_status == "unpaid"


def test_the_lists_have_the_contracts_shapes() -> None:
    payment = Payment()
    payment.pay()
    payment.refund(1000, ours="rf_1")
    payment.dispute(amount=500)
    summary = summarise(PRICE, folded(payment.events))
    assert summary.payments == (
        {
            "payment_intent": "pi_1",
            "charge": "ch_1",
            "amount": 10_000,
            "currency": "eur",
            "status": "succeeded",
            "amount_captured": 10_000,
            "amount_refunded": 1000,
            "amount_disputed": 500,
            "card": {"brand": "visa", "last4": "4242"},
            "failure_code": None,
            "receipt_url": "https://pay.stripe.com/receipts/1",
            "created": "2026-11-22T18:33:12Z",
        },
    )
    assert summary.refunds == (
        {
            "refund_id": "rf_1",
            "stripe_refund_id": "re_1_0",
            "charge": "ch_1",
            "status": "succeeded",
            "amount": 1000,
            "currency": "eur",
            "reason": "requested_by_customer",
            "failure_reason": None,
            "pending_reason": None,
        },
    )
    assert summary.disputes == (
        {
            "stripe_dispute_id": "dp_1_0",
            "kind": "chargeback",
            "charge": "ch_1",
            "status": "needs_response",
            "is_open": True,
            "amount": 500,
            "currency": "eur",
            "reason": "fraudulent",
            "fee": 1500,
            "fee_currency": "eur",
            "evidence_due_by": "2026-11-29T18:33:12Z",
            "funds": "withdrawn",
            "created": "2026-11-22T18:33:12Z",
        },
    )


def test_the_timeline_has_each_event_once_ordered_by_time_and_then_by_id() -> None:
    facts = Facts(
        charges={
            "ch_1": ChargeFacts(events={"evt_b": EventFact("charge.updated", 60)}),
            "ch_2": ChargeFacts(events={"evt_b": EventFact("charge.updated", 59)}),
        },
        sessions={
            "cs_1": SessionFacts(
                events={"evt_a": EventFact("s", 60), "evt_c": EventFact("checkout", 0)}
            )
        },
    )
    assert timeline(facts) == [
        {"at": "1970-01-01T00:00:00Z", "what": "checkout", "event_id": "evt_c"},
        {"at": "1970-01-01T00:01:00Z", "what": "s", "event_id": "evt_a"},
        {"at": "1970-01-01T00:01:00Z", "what": "charge.updated", "event_id": "evt_b"},
    ]
    assert timeline(EMPTY) == []


def test_zero_decimal_currencies_are_counted_like_all_others() -> None:
    yen = ChargeFacts(amount_minor=1050, currency="jpy", succeeded=True, captured=True)
    summary = summarise(Money(1000, "jpy"), Facts(charges={"ch_1": yen}))
    assert (summary.amount_captured, summary.amount_overpaid) == (1050, 50)
