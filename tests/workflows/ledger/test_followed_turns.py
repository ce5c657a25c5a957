"""Where much is followed, everybody is asked for in turn: payouts starve no dispute."""

from collections.abc import Iterator

import pytest

from shared.adapters.booking_store import BookingStore
from shared.domain.ledger.bank_payout import BankPayout
from tests.fake_aws import FakeAws
from tests.surroundings.salon import connected, stripe_beside
from tests.surroundings.till import AVAILABLE_AT_ONCE, Till

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def till(store: BookingStore, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    """A location with a Stripe account of its own, empty."""
    with stripe_beside(seed=7) as beside, connected(beside, aws, monkeypatch):
        till = Till(beside, store)
        yield till
        till.close()


def test_many_payouts_that_stay_open_keep_no_dispute_from_its_turn(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: of a dispute that was lost, and whose webhook too, it said "needs response" for ever."""
    monkeypatch.setattr("shared.workflows.ledger.follow_payouts.MAX_FOLLOWED", 2)
    monkeypatch.setattr("shared.workflows.ledger.follow_payouts.MIN_OTHERS", 1)
    # As where the bank gives no trace id: each is asked for again for two weeks.
    monkeypatch.setattr(BankPayout, "is_settled", lambda _payout, _now_s: False)
    till.pay(None, 9000, card=AVAILABLE_AT_ONCE)
    for _ in range(5):
        till.api.payouts.create({"amount": 100, "currency": "eur"})
        till.advance(5)
    disputes = {}
    for number in range(3):
        till.book(f"bk_{number}")
        disputes[f"bk_{number}"] = till.dispute(till.pay(f"bk_{number}"))
    till.deliver()
    till.sync()
    for dispute in disputes.values():
        till.close_dispute(dispute, "lost")
    till.lose()

    # One of the three has its turn with each sync.
    for _ in disputes:
        till.sync()

    told = [each["disputes"] for each in till.money_of(disputes)]
    assert told == [[(dispute, "lost", "withdrawn")] for dispute in disputes.values()]
