"""What Stripe has is found, though no webhook told of it and no balance transaction shows it."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.adapters.booking_store import BookingStore
from shared.adapters.dispute_store import DisputeStore
from shared.adapters.stripe_api import StripeApi
from shared.config import load_config
from shared.domain.errors import StripeUnavailable
from tests.fake_aws import FakeAws
from tests.surroundings.salon import connected, stripe_beside
from tests.surroundings.till import AVAILABLE_AT_ONCE, FAR_S, LOCATION, Till

pytestmark = pytest.mark.enable_socket
INQUIRED = "4000000000001976"


@pytest.fixture
def till(store: BookingStore, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    """A location with a Stripe account of its own, empty."""
    with stripe_beside(seed=7) as beside, connected(beside, aws, monkeypatch):
        till = Till(beside, store)
        yield till
        till.close()


def open_disputes() -> list[str]:
    found = DisputeStore(load_config()).iterate_open_disputes(LOCATION)
    return [each.dispute_id for each in found]


def told_of(till: Till) -> list[str]:
    [money] = till.money_of(["bk_1"])
    return [status for _, status, _ in money["disputes"]]


def test_an_inquiry_whose_webhook_was_lost_is_found_and_followed(till: Till) -> None:
    """Bug: it moves no money, so nobody ever learned of it, and it was never answered."""
    till.book("bk_1")
    till.pay("bk_1", card=INQUIRED)
    till.deliver(lambda event: not event["type"].startswith("charge.dispute."))
    assert told_of(till) == []

    till.sync()

    assert told_of(till) == ["warning_needs_response"]
    [found] = till.api.disputes.list({}).data
    till.close_dispute(found.id, "warning_closed")
    till.lose()
    till.advance(3 * 3600)
    till.sync()
    assert told_of(till) == ["warning_closed"]


def test_whose_an_inquiry_is_does_not_wait_for_its_payment_to_be_listed(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.book("bk_1")
    till.pay("bk_1", card=INQUIRED)
    till.lose()
    monkeypatch.setattr(StripeApi, "list_balance_transactions", lambda *_a, **_k: ([], False))

    till.sync()

    assert told_of(till) == ["warning_needs_response"]


def test_a_sync_that_breaks_off_leaves_no_inquiry_behind(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: where the lists were asked for last, the next sync looked from later on."""
    till.book("bk_1")
    till.pay("bk_1", card=INQUIRED)
    till.deliver(lambda event: not event["type"].startswith("charge.dispute."))
    # A sync looks an hour further back than the last one came.
    till.advance(2 * 3600)
    with monkeypatch.context() as broken:

        def refuse(*_args: Any, **_more: Any) -> Any:
            raise StripeUnavailable("no answer")

        broken.setattr(StripeApi, "iterate_disputes", refuse)
        with pytest.raises(StripeUnavailable):
            till.sync()

    till.sync()

    assert told_of(till) == ["warning_needs_response"]


def test_a_dispute_of_another_programs_payment_is_open_for_staff_whatever_webhooks_came(
    till: Till,
) -> None:
    """Bug: it was listed where a webhook had told of its charge, and else it was not."""
    charge = till.pay(None)
    dispute = till.dispute(charge)
    till.lose()
    till.sync(grace_s=600)
    assert open_disputes() == []

    till.advance(600)
    till.sync(grace_s=600)

    assert open_disputes() == [dispute]


def test_a_refund_that_waits_for_funds_is_found_though_its_webhook_was_lost(till: Till) -> None:
    """Bug: it moves no money until there is some, so nobody learned that the client waits."""
    till.book("bk_1")
    charge = till.pay("bk_1", card=AVAILABLE_AT_ONCE)
    till.pay_out()
    till.deliver()
    refund = till.refund(charge)
    till.lose()

    till.sync()

    assert till.money_of(["bk_1"])[0]["refunds"] == [(refund, "pending")]


def test_what_was_told_and_ends_before_the_next_sync_is_known_to_have_ended(till: Till) -> None:
    """Bug: a refund that failed while it waited for funds said "waits" for ever."""
    till.book("bk_1")
    charge = till.pay("bk_1", card=AVAILABLE_AT_ONCE)
    till.pay_out()
    refund = till.refund(charge)
    till.deliver()
    till.fail_refund(refund)
    till.lose()

    till.sync()

    assert till.money_of(["bk_1"])[0]["refunds"] == [(refund, "failed")]


def test_a_payout_that_is_not_among_the_balance_transactions_yet_is_found(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: a payout to the bank was in no report until its movement was listed."""
    listing = StripeApi.list_balance_transactions

    def without_payouts(self: Any, **wanted: Any) -> Any:
        found, has_more = listing(self, **wanted)
        return [each for each in found if each["type"] != "payout"], has_more

    monkeypatch.setattr(StripeApi, "list_balance_transactions", without_payouts)
    till.pay(None, 9000, card=AVAILABLE_AT_ONCE)
    paid = till.api.payouts.create({"amount": 100, "currency": "eur"})
    till.lose()

    till.sync()

    [found] = till.payouts.list_payouts(LOCATION, 0, FAR_S)
    assert (found.payout, found.amount_minor) == (paid.id, 100)


def test_more_payouts_than_a_page_has_are_found(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.adapters.stripe_api.PAGE", 2)
    monkeypatch.setattr(StripeApi, "list_balance_transactions", lambda *_a, **_k: ([], False))
    till.pay(None, 9000, card=AVAILABLE_AT_ONCE)
    paid = {till.api.payouts.create({"amount": 100, "currency": "eur"}).id for _ in range(5)}

    till.sync()

    assert {each.payout for each in till.payouts.list_payouts(LOCATION, 0, FAR_S)} == paid
