"""A finding of the sync lasts as long as it holds: what Stripe shows later takes it away."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.adapters.booking_store import BookingStore
from shared.adapters.stripe_api import StripeApi
from shared.adapters.sync_notes import Followed, SyncNotes
from shared.config import load_config
from shared.domain.errors import StripeRefused
from shared.domain.ledger.reconciliation import DIFFERENCES, RECONCILED, Reconciliation
from shared.workflows.ledger.sync_ledger import DONE, SyncOutcome
from tests.fake_aws import FakeAws
from tests.surroundings.salon import connected, stripe_beside
from tests.surroundings.till import LOCATION, Till
from tests.workflows.ledger.test_sync_ledger import today

pytestmark = pytest.mark.enable_socket
UNKNOWN = "resource_missing"


@pytest.fixture
def till(store: BookingStore, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    """A location with a Stripe account of its own, empty."""
    with stripe_beside(seed=8) as beside, connected(beside, aws, monkeypatch):
        till = Till(beside, store)
        yield till
        till.close()


@dataclass
class Listing:
    """What Stripe's list of balance transactions does not show as it is, by amount."""

    unreadable: set[int] = field(default_factory=set)
    unlisted: set[int] = field(default_factory=set)
    unknown_sources: set[str] = field(default_factory=set)


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch) -> Listing:
    """Stripe's list, from which a test takes what is not to be seen; asked by source, it tells."""
    made = Listing()
    listed = StripeApi.list_balance_transactions

    def shown(self: Any, **wanted: Any) -> Any:
        if wanted.get("source") in made.unknown_sources:
            raise StripeRefused("no such object", code=UNKNOWN)
        found, has_more = listed(self, **wanted)
        if not wanted.get("source"):
            found = [each for each in found if each["amount"] not in made.unlisted]
        return [
            each | {"currency": "euro"} if each["amount"] in made.unreadable else each
            for each in found
        ], has_more

    monkeypatch.setattr(StripeApi, "list_balance_transactions", shown)
    return made


def reconciled(till: Till) -> Reconciliation:
    found = till.sync_state.get_reconciliation(LOCATION, today(till))
    assert found
    return found


def sync(till: Till) -> SyncOutcome:
    """Sync without the search for what the balance says is missing."""
    return till.sync(max_pages=50)


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_transaction_that_cannot_be_read_is_shown_until_it_can_be(
    till: Till, listing: Listing, is_ours: bool
) -> None:
    """Bug: what was no booking of ours stayed among the differences for two months."""
    till.book("bk_1")
    till.pay("bk_1" if is_ours else None, 4321)
    till.pay(None, 500)
    till.deliver()
    listing.unreadable.add(4321)
    (unread,) = [each.id for each in till.transactions() if each.amount == 4321]

    assert sync(till).taken.unreadable == {unread}
    assert [each.amount_minor for each in till.entries()] == [500]
    found = reconciled(till)
    assert found.status == DIFFERENCES
    assert [each["balance_transaction"] for each in found.missing_here] == [unread]

    listing.unreadable.clear()
    sync(till)
    assert [each.amount_minor for each in till.entries()] == [4321, 500]
    assert (reconciled(till).status, reconciled(till).missing_here) == (RECONCILED, ())


def test_what_webhooks_told_is_asked_for_where_the_list_lacks_it(
    till: Till, listing: Listing
) -> None:
    till.book("bk_1")
    charge = till.pay("bk_1", 4321)
    till.deliver()
    listing.unlisted.add(4321)

    sync(till)

    assert till.entry_of(charge).amount_minor == 4321
    assert SyncNotes(load_config()).list_expected(LOCATION, livemode=False) == []


def test_what_stripe_did_not_have_for_hours_is_missing_until_it_has_it(
    till: Till, listing: Listing
) -> None:
    till.book("bk_1")
    charge = till.pay("bk_1", 4321)
    till.deliver()
    listing.unlisted.add(4321)
    listing.unknown_sources.add(charge)
    day = today(till)
    till.advance(2 * 3600 + 1)
    sync(till)
    missing = till.sync_state.get_reconciliation(LOCATION, day)
    assert missing
    assert [each["object"] for each in missing.missing_at_stripe] == [charge]

    listing.unknown_sources.clear()
    sync(till)

    settled = till.sync_state.get_reconciliation(LOCATION, day)
    assert settled
    assert (settled.status, settled.missing_at_stripe) == (RECONCILED, ())
    assert till.entry_of(charge).booking_id == "bk_1"


def test_what_is_gone_at_stripe_is_followed_no_more_and_keeps_nothing_back(till: Till) -> None:
    notes = SyncNotes(load_config())
    gone = [Followed(kind, f"{kind}_gone", "ch_1", 1) for kind in ("payout", "dispute", "refund")]
    notes.follow(LOCATION, False, gone)
    assert till.sync().status == DONE
    assert notes.list_followed(LOCATION, False) == []
