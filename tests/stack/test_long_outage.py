"""Stripe is down for longer than anybody would wait: the refund is made all the same, once."""

import httpx
import pytest

from tests.stack.money_calls import Desk, pause, stripe_of
from tests.stack.running_stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.proof]

OUTAGE_S = 120


@pytest.fixture(scope="module")
def manager(stack: Stack) -> httpx.Client:
    return stack.client("demo:manager")


def test_stripe_is_down_for_two_minutes_and_one_refund_comes_of_it(
    stack: Stack, manager: httpx.Client
) -> None:
    """E9."""
    desk, stripe = Desk(manager), stripe_of(stack)
    booking_id, charge = desk.paid(stripe)
    stripe.fault("/v1/refunds", 500, times=1000)
    try:
        assert desk.refund(booking_id, amount=1500).status_code == 202
        pause(OUTAGE_S)
        waiting = desk.read(booking_id)
        assert (waiting["amount_refunded"], waiting["amount_refund_pending"]) == (0, 1500)
    finally:
        stripe.forget_faults()
    found = desk.wait(booking_id, lambda booking: booking["amount_refunded"] == 1500, "refunded")
    assert (found["amount_refund_pending"], found["refundable"]) == (0, 3000)
    assert [each["amount"] for each in stripe.refunds(charge)] == [1500]
