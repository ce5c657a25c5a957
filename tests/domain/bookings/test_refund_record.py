"""What a report says of one refund: Stripe's facts, and who asked for it."""

from copy import replace

import pytest

from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.lifecycle import (
    CONFIRMED,
)
from shared.domain.bookings.refund_order import REQUESTED, STAFF, RefundOrder
from shared.domain.bookings.refund_record import UNKNOWN, RefundRecord, refund_record
from shared.domain.money.money import Money
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.payment_facts import Facts
from shared.domain.stripe_facts.refund_facts import RefundFacts

ORDER = RefundOrder(
    "rf_1", "ch_1", 500, 2000, "marta@example.com", STAFF, REQUESTED, reason="duplicate"
)


def booking(**refund: str) -> Booking:
    charge = ChargeFacts(refunds={"re_1": RefundFacts(amount_minor=500, **refund)})  # type: ignore[arg-type]
    return Booking(
        booking_id="bk_1",
        location_id="demo",
        status=CONFIRMED,
        price=Money(2000, "eur"),
        description="Cut",
        created_at_s=1000,
        facts=Facts(charges={"ch_1": charge}),
        refund_orders=(ORDER,),
    )


@pytest.mark.parametrize(
    ("refund", "expected"),
    [
        (
            {"refund_id": "rf_1", "status": "succeeded"},
            RefundRecord("succeeded", "duplicate", "marta@example.com"),
        ),
        (
            {"refund_id": "rf_1", "status": "failed", "reason": "fraudulent"},
            RefundRecord("failed", "fraudulent", "marta@example.com"),
        ),
        ({"status": "canceled", "reason": "duplicate"}, RefundRecord("canceled", "duplicate", "")),
        ({}, RefundRecord("pending", "", "")),
    ],
    ids=["ours", "Stripe's reason comes first", "made in the Dashboard", "no status yet"],
)
def test_a_refund_at_stripe(refund: dict[str, str], expected: RefundRecord) -> None:
    assert refund_record(booking(**refund), "re_1") == expected


def test_a_refund_that_stripe_has_answered_for_but_sent_no_event_of() -> None:
    answered = replace(ORDER, stripe_refund_id="re_2")
    found = refund_record(replace(booking(), refund_orders=(answered,)), "re_2")
    assert found == RefundRecord("requested", "duplicate", "marta@example.com")


@pytest.mark.parametrize("stripe_refund_id", ["", "re_9"])
def test_a_refund_that_the_booking_does_not_have(stripe_refund_id: str) -> None:
    assert refund_record(booking(), stripe_refund_id) == UNKNOWN
