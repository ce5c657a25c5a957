"""What Stripe lists late, or in a way that cannot be read at first: found, and settled."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.adapters.booking_store import BookingStore
from shared.adapters.location_troubles import stripe_trouble_key
from shared.adapters.stripe_api import StripeApi
from shared.adapters.sync_schedule import account_of
from shared.domain.dates.local_day import local_day
from shared.domain.errors import StripeUnavailable, UnreadableEvent
from shared.domain.ledger.read_balance_transactions import read_balance_transaction
from shared.domain.ledger.reconciliation import DIFFERENCES, RECONCILED, Reconciliation
from shared.workflows.ledger import take_page
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import DEMO
from tests.surroundings.places import locations
from tests.surroundings.salon import connected, stripe_beside
from tests.surroundings.till import LOCATION, Till

pytestmark = pytest.mark.enable_socket
DAY_S = 86_400


@pytest.fixture
def till(store: BookingStore, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    """A location with a Stripe account of its own, empty."""
    with stripe_beside(seed=7) as beside, connected(beside, aws, monkeypatch):
        till = Till(beside, store)
        yield till
        till.close()


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The amounts of transactions that are in Stripe's balance and not in its list."""
    amounts: set[int] = set()
    listing = StripeApi.list_balance_transactions

    def listed(self: Any, **wanted: Any) -> Any:
        found, has_more = listing(self, **wanted)
        return [each for each in found if each["amount"] not in amounts], has_more

    monkeypatch.setattr(StripeApi, "list_balance_transactions", listed)
    return amounts


def test_what_stripe_lists_hours_late_is_searched_for_as_long_as_the_balances_differ(
    till: Till, hidden: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: a sync looked back an hour, and the difference stayed for ever."""
    monkeypatch.setattr("shared.adapters.stripe_api.PAGE", 2)
    monkeypatch.setattr("shared.workflows.ledger.search_ledger.MAX_PAGES", 2)
    hidden.add(4321)
    till.pay(None, 4321)
    for minor in range(500, 506):
        till.advance(4 * 3600)
        till.pay(None, minor)
        outcome = till.sync()
        assert outcome.balance
        assert not outcome.balance.agrees
    hidden.clear()

    checks = [till.sync().balance for _ in range(3)]

    assert till.entries()[0].amount_minor == 4321
    assert checks[-1]
    assert checks[-1].agrees
    demo = locations().get_location(LOCATION)
    assert demo
    trouble = stripe_trouble_key(LOCATION)
    assert till.sync_state.read_position(account_of(demo.location), trouble).search == ""


def compared(till: Till, day: str) -> Reconciliation:
    found = till.sync_state.get_reconciliation(LOCATION, day)
    assert found
    return found


@pytest.mark.parametrize("booking_id", ["bk_1", None], ids=["ours", "another program's"])
def test_what_could_not_be_read_when_it_came_is_found_once_it_can_be(
    till: Till, booking_id: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.book("bk_1")
    day = local_day(till.now_s(), DEMO.timezone)
    till.pay(booking_id, 4900)
    till.deliver()
    with monkeypatch.context() as broken:

        def refuse(*_args: Any, **_more: Any) -> Any:
            raise UnreadableEvent("/fee is not what Stripe documents")

        broken.setattr(take_page, "read_balance_transaction", refuse)
        till.sync()
        # Longer ago than a sync looks back by itself.
        till.advance(3 * 3600)
        till.sync()
    assert compared(till, day).status == DIFFERENCES
    assert till.entries() == []
    till.advance(3 * DAY_S)
    for _ in range(2):
        till.sync()
    assert [entry.amount_minor for entry in till.entries()] == [4900]
    assert compared(till, day).status == RECONCILED


def test_what_stripe_lists_after_a_day_is_no_difference_of_its_day_any_more(
    till: Till, hidden: set[int]
) -> None:
    """Bug: the finding was taken away, and its day differed for ever."""
    till.book("bk_1")
    day = local_day(till.now_s(), DEMO.timezone)
    hidden.add(4900)
    till.pay("bk_1", 4900)
    till.deliver()
    till.advance(3 * 3600)
    till.sync()
    assert compared(till, day).status == DIFFERENCES
    till.advance(3 * DAY_S)
    till.sync(max_pages=10)
    hidden.clear()
    # Too few pages for a search: it is found where it was told.
    till.sync(max_pages=10)
    assert [entry.amount_minor for entry in till.entries()] == [4900]
    found = compared(till, day)
    assert (found.status, found.missing_at_stripe) == (RECONCILED, ())


def test_what_the_search_finds_is_no_difference_of_its_day_any_more(
    till: Till, hidden: set[int]
) -> None:
    """Bug: it was not expected any more, and so its finding was never looked at again."""
    till.book("bk_1")
    day = local_day(till.now_s(), DEMO.timezone)
    hidden.add(4900)
    till.pay("bk_1", 4900)
    till.deliver()
    till.advance(3 * 3600)
    till.sync()
    assert compared(till, day).status == DIFFERENCES
    till.advance(3 * DAY_S)
    hidden.clear()
    till.sync()
    assert [entry.amount_minor for entry in till.entries()] == [4900]
    found = compared(till, day)
    assert (found.status, found.missing_at_stripe) == (RECONCILED, ())


@pytest.mark.parametrize("has_synced", [True, False], ids=["synced before", "the first sync"])
def test_the_days_of_a_sync_that_broke_off_are_compared_by_the_next_one(
    till: Till, monkeypatch: pytest.MonkeyPatch, *, has_synced: bool
) -> None:
    """Bug: it had moved the cursor first, and a day that it had healed was never compared."""
    if has_synced:
        till.sync()
    till.book("bk_1")
    day = local_day(till.now_s(), DEMO.timezone)
    till.pay("bk_1", 4900)
    till.lose()
    till.advance(2 * DAY_S)
    with monkeypatch.context() as broken:

        def refuse(_api: StripeApi) -> Any:
            raise StripeUnavailable("no answer")

        broken.setattr(StripeApi, "get_balance", refuse)
        with pytest.raises(StripeUnavailable):
            till.sync()
    till.advance(4 * DAY_S)

    till.sync()

    found = compared(till, day)
    assert (found.status, len(found.healed)) == (RECONCILED, 1)


def test_what_could_not_be_read_and_adds_up_to_nothing_is_found_once_it_can_be(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: it was searched for only where Stripe's balance differed from the ledger's."""
    till.book("bk_1")
    charge = till.pay("bk_1", 4900)
    till.sync()
    day = local_day(till.now_s(), DEMO.timezone)
    till.fail_refund(till.refund(charge))
    till.deliver()
    with monkeypatch.context() as broken:

        def refuse(told: Any, **more: Any) -> Any:
            if told["type"].startswith("refund"):
                raise UnreadableEvent("/fee is not what Stripe documents")
            return read_balance_transaction(told, **more)

        broken.setattr(take_page, "read_balance_transaction", refuse)
        till.sync()
        till.advance(3 * 3600)
        balance = till.sync().balance
    assert balance
    assert balance.agrees
    assert compared(till, day).status == DIFFERENCES
    assert [entry.amount_minor for entry in till.entries()] == [4900]
    till.advance(3 * DAY_S)
    till.sync()
    assert sorted(entry.amount_minor for entry in till.entries()) == [-4900, 4900, 4900]
    assert compared(till, day).status == RECONCILED
