"""Whose a movement is does not depend on its page, nor on which of its webhooks came."""

from collections.abc import Iterator

import pytest

from shared.adapters.booking_store import BookingStore
from tests.fake_aws import FakeAws
from tests.functions.salon import connected, stripe_beside
from tests.functions.till import AVAILABLE_AT_ONCE, Till

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def till(store: BookingStore, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    """A location with a Stripe account of its own, whose pages have one entry each."""
    monkeypatch.setattr("shared.adapters.stripe_api.PAGE", 1)
    with stripe_beside(seed=7) as beside, connected(beside, aws, monkeypatch):
        till = Till(beside, store)
        yield till
        till.close()


def test_a_refund_that_a_webhook_told_has_the_booking_of_its_charge_on_another_page(
    till: Till,
) -> None:
    """Bug: "known" was taken for "known whose it is", and the refund had no booking for ever."""
    till.book("bk_1")
    charge = till.pay("bk_1", card=AVAILABLE_AT_ONCE)
    till.lose()
    refund = till.refund(charge, 900)
    till.deliver(lambda event: event["type"] == "refund.created")
    till.sync()
    found = till.entry_of(refund)
    assert (found.booking_id, found.purpose) == ("bk_1", "prepayment")
    assert (found.service_id, found.employee_id) == ("cut", "anna")
    assert till.entry_of(charge).booking_id == "bk_1"


def test_a_dispute_that_a_webhook_told_has_the_booking_of_its_charge_on_another_page(
    till: Till,
) -> None:
    till.book("bk_1")
    charge = till.pay("bk_1", card=AVAILABLE_AT_ONCE)
    till.lose()
    dispute = till.dispute(charge)
    till.deliver(lambda event: event["type"].startswith("charge.dispute."))
    till.sync()
    assert till.entry_of(dispute).booking_id == "bk_1"
