"""Another Stripe account in the same mode is read from its beginning; the former one stays."""

import time
from collections.abc import Iterator
from copy import replace
from dataclasses import dataclass
from typing import Any

import pytest
import stripe

from shared.adapters.booking_store import BookingStore
from shared.adapters.sync_notes import SyncNotes
from shared.config import load_config
from shared.domain.dates.report_day import day_of
from shared.workflows.ledger.sync_ledger import MAX_PAGES
from shared.workflows.reports.read_range import RangeReader
from shared.workflows.reports.read_report import ReadingBudget, ReportReader
from tests.surroundings.places import locations
from tests.surroundings.stripe_accounts import Owners
from tests.surroundings.till import FAR_S, LOCATION, Till

pytestmark = pytest.mark.enable_socket
HOUR_S = 3600


@dataclass
class TillAt(Till):
    """A till at one of several accounts of the simulator's, each of which has its own clock."""

    account: str = ""

    def now_s(self) -> int:
        answer = self.beside.control.get(f"/_sim/clock?account={self.account}")
        return int(answer.json()["now"])

    def _control(self, call: str, **sent: Any) -> dict[str, Any]:
        where = f"?account={self.account}" if call.startswith("clock") else ""
        return super()._control(f"{call}{where}", **sent)


class Switch:
    """A salon's till at one account, and the same location's at the next."""

    def __init__(self, owners: Owners, store: BookingStore) -> None:
        self.owners, self.store = owners, store
        assert owners.put()[0] == 200
        self.first = Till(owners.beside, store)
        self.next_keys = owners.another_account()
        self.second = TillAt(owners.beside, store, account=self.next_keys["id"])
        self.second.api = stripe.StripeClient(
            self.next_keys["secret_key"],
            base_addresses={"api": owners.beside.url},
            http_client=self.second.transport,
        ).v1

    def to_the_second(self) -> None:
        keys = {name: self.next_keys[name] for name in ("publishable_key", "secret_key")}
        assert self.owners.put(**keys)[0] == 200

    def to_the_first(self) -> None:
        assert self.owners.put()[0] == 200

    def close(self) -> None:
        self.first.close()
        self.second.close()


@pytest.fixture
def switch(owners: Owners, store: BookingStore) -> Iterator[Switch]:
    made = Switch(owners, store)
    yield made
    made.close()


def ids(till: Till) -> set[str]:
    return {each.id for each in till.transactions()}


def test_a_new_account_is_read_from_its_first_transaction_on_and_the_former_stays(
    switch: Switch,
) -> None:
    """Bug: it began at the former account's cursor, and its sum was held against both's."""
    first, second = switch.first, switch.second
    second.pay(None, 700)
    for till in (first, second):
        till.advance(3 * HOUR_S)
    first.pay(None, 1900)
    balance = first.sync().balance
    assert balance
    assert balance.agrees
    switch.to_the_second()

    # Short of the pages with which a sync searches for what is missing.
    check = second.sync(max_pages=MAX_PAGES - 1).balance

    assert check
    assert (check.is_stable, check.agrees) == (True, True)
    assert second.ledger.get_balances(LOCATION) == second.balance()
    kept = {each.balance_transaction for each in second.entries()}
    assert (len(ids(first)), len(ids(second))) == (1, 1)
    assert kept == ids(first) | ids(second)
    assert second.ledger.get_left_balances(LOCATION) == first.balance()


def test_who_comes_back_to_the_former_account_goes_on_where_it_was(switch: Switch) -> None:
    first, second = switch.first, switch.second
    first.pay(None, 1900)
    first.sync()
    switch.to_the_second()
    second.pay(None, 700)
    second.sync()
    first.pay(None, 2100)
    switch.to_the_first()
    outcome = first.sync()
    assert outcome.balance
    assert outcome.balance.agrees
    assert outcome.taken.new == 1


def test_what_the_former_account_had_told_is_not_missing_at_the_new_one(switch: Switch) -> None:
    """Bug: nobody could ask for it any more, and each day's report said that it is missing."""
    first, second = switch.first, switch.second
    first.book("bk_1")
    first.pay("bk_1")
    first.deliver()
    first.advance(5 * HOUR_S)
    switch.to_the_second()
    set_since(first.now_s())
    second.advance(5 * HOUR_S)
    second.sync()
    notes = SyncNotes(load_config())
    found = notes.iterate_findings(LOCATION, False, 0, FAR_S, healed=False)
    assert [each.kind for each in found] == []
    assert notes.list_expected(LOCATION, False) == []


def set_since(at_s: int) -> None:
    """The simulator's clock is ahead of the one by which the keys were saved."""
    location, _, _ = locations().get_location_and_membership(LOCATION, "nobody")
    assert location
    locations().save_location(replace(location, stripe_account_since_s=at_s))


def test_a_report_has_the_balance_of_the_day_s_own_account(switch: Switch) -> None:
    first, second = switch.first, switch.second
    first.pay(None, 1900)
    first.sync()
    switch.to_the_second()
    set_since(first.now_s())
    second.advance(3 * 24 * HOUR_S)
    second.pay(None, 700)
    second.sync()
    location, _, _ = locations().get_location_and_membership(LOCATION, "nobody")
    assert location
    reader, now_s = ReportReader(load_config()), second.now_s()
    today = reader.read(location, day_of(now_s, location.timezone), now_s)
    [balance] = today.balances
    assert balance.opening_minor == 0
    assert {"eur": balance.closing_minor} == second.balance()
    assert balance.difference_minor == 0
    day, budget = day_of(now_s, location.timezone), ReadingBudget(time.monotonic() + 60)
    shown = RangeReader(load_config()).read(location, day, day, now_s, budget).whole.figures["eur"]
    assert (shown.opening_minor, {"eur": shown.closing_minor}) == (0, second.balance())
    before = reader.read(
        location, day_of(location.stripe_account_since_s, location.timezone), now_s
    )
    [earlier] = before.balances
    assert {"eur": earlier.closing_minor} == first.balance()
    assert earlier.difference_minor is None, "the newest check is of another account"
