"""The ledger in the table: each entry once, in order, in its sum; stamps beside it; never mixed."""

import tracemalloc
from collections.abc import Iterator
from copy import replace
from typing import Any

import pytest

from shared.adapters.bookings_table import BookingsTable, Found, Key, Stored
from shared.adapters.ledger_attributions import Attributions
from shared.adapters.ledger_keys import PAID_OUT, LedgerAccount, instant_key
from shared.adapters.ledger_store import LedgerStore
from shared.adapters.location_store import LocationStore
from shared.adapters.payout_store import PayoutStore
from shared.adapters.sync_state import SyncPosition, SyncState
from shared.config import Config
from shared.domain.errors import InvalidInput, WriteConflict
from shared.domain.ledger.bank_payout import BankPayout
from shared.domain.ledger.entry import FeeDetail, LedgerEntry, entry_to_dict
from shared.domain.ledger.reconciliation import Reconciliation
from tests.surroundings.fixtures import DEMO, TableInMoto

# 2026-11-23T00:00:00Z
MIDNIGHT_S = 1_795_392_000
END_S = 4_000_000_000


@pytest.fixture
def ledger(table: TableInMoto, config: Config) -> LedgerStore:
    del table
    return LedgerStore(config)


@pytest.fixture
def payouts(ledger: LedgerStore, config: Config) -> PayoutStore:
    del ledger
    return PayoutStore(config)


@pytest.fixture
def sync_state(ledger: LedgerStore, config: Config) -> SyncState:
    del ledger
    return SyncState(config)


def entry(number: int, at_s: int = MIDNIGHT_S, amount: int = 1000, **changed: Any) -> LedgerEntry:
    made: dict[str, Any] = {
        "balance_transaction": f"txn_{number}",
        "type": "charge",
        "reporting_category": "charge",
        "amount_minor": amount,
        "fee_minor": 40,
        "net_minor": amount - 40,
        "currency": "eur",
        "created_s": at_s,
        "available_on_s": at_s,
        "livemode": False,
        "fee_details": (FeeDetail("stripe_fee", 40, "eur"),),
        **changed,
    }
    return LedgerEntry(**made)


def everything(ledger: LedgerStore) -> list[LedgerEntry]:
    return list(ledger.iterate_entries("demo", 0, END_S))


def test_an_entry_is_written_once_and_stays_as_it_is(ledger: LedgerStore) -> None:
    first = entry(1)
    assert ledger.put_entries("demo", [first, first]) == 1
    assert ledger.put_entries("demo", [replace(first, purpose="deposit")]) == 0
    assert ledger.put_entries("demo", [first, entry(2)]) == 1
    assert everything(ledger) == [first, entry(2)]
    assert ledger.find_known("demo", [first, entry(3)]) == {first.balance_transaction: first}
    assert list(ledger.iterate_entries("other", 0, END_S)) == []


def test_more_entries_than_a_transaction_takes_are_written_and_summed(ledger: LedgerStore) -> None:
    many = [entry(number, MIDNIGHT_S + number) for number in range(130)]
    assert ledger.put_entries("demo", reversed(many)) == 130
    assert everything(ledger) == many
    assert ledger.get_balances("demo") == {"eur": 130 * 960}
    assert [(each.day, each.count) for each in ledger.sum_days("demo", "~")] == [
        ("2026-11-23", 130)
    ]


def test_entries_come_in_order_page_by_page_each_once_with_their_stamps(
    ledger: LedgerStore,
    payouts: PayoutStore,
) -> None:
    # Over a midnight, several in a second, names of which one begins the other.
    many = [entry(number, MIDNIGHT_S - 3 + number // 4) for number in range(24)]
    many.sort(key=lambda each: (each.created_s, each.balance_transaction))
    ledger.put_entries("demo", many)
    payouts.stamp_payout("demo", "po_1", many[1::2])
    wanted = [
        replace(each, paid_out_by="po_1") if place % 2 else each for place, each in enumerate(many)
    ]
    for limit in (1, 2, 3, 7, 23, 24, 100):
        found: list[LedgerEntry] = []
        cursor = None
        for _ in range(30):
            page, cursor = ledger.list_entries("demo", 0, END_S, limit, cursor)
            assert len(page) <= limit
            found += page
            if cursor is None:
                break
        assert found == wanted, limit


def test_a_span_has_its_first_instant_and_not_its_last(ledger: LedgerStore) -> None:
    ledger.put_entries("demo", [entry(n, MIDNIGHT_S + n) for n in range(-2, 3)])

    def numbers(start_s: int, end_s: int) -> list[int]:
        found = ledger.iterate_entries("demo", start_s, end_s)
        return [each.created_s - MIDNIGHT_S for each in found]

    assert numbers(MIDNIGHT_S - 1, MIDNIGHT_S + 1) == [-1, 0]
    assert numbers(MIDNIGHT_S, MIDNIGHT_S) == []
    assert numbers(MIDNIGHT_S + 3, END_S) == []
    assert ledger.sum_before("demo", MIDNIGHT_S) == {"eur": 2 * 960}
    assert ledger.sum_before("demo", MIDNIGHT_S + 2) == {"eur": 4 * 960}
    assert ledger.sum_before("demo", MIDNIGHT_S - 2) == {}


@pytest.mark.parametrize("cursor", ["x", "12#txn_1", "0" * 12 + "#", "0" * 12 + "#" + "x" * 400])
def test_a_cursor_that_is_none_of_ours_is_refused(ledger: LedgerStore, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        ledger.list_entries("demo", 0, END_S, 10, cursor)


ACCOUNT, TROUBLE = LedgerAccount("demo", "test", ""), Key("demo#action#stripe", "action")


def move(sync_state: SyncState, until_s: int, begun: SyncPosition | None = None) -> None:
    begun = begun or sync_state.read_position(ACCOUNT, TROUBLE)
    sync_state.move_cursor(ACCOUNT, begun, until_s, is_open=False)


@pytest.mark.parametrize("others_s", [MIDNIGHT_S - 60, MIDNIGHT_S + 60])
def test_of_two_syncs_that_began_at_once_the_first_to_end_moves_the_position(
    sync_state: SyncState, others_s: int
) -> None:
    begun = sync_state.read_position(ACCOUNT, TROUBLE)
    move(sync_state, others_s)
    move(sync_state, MIDNIGHT_S, begun)
    assert sync_state.get_cursor("demo") == others_s


def test_test_money_is_never_in_a_live_ledger(
    ledger: LedgerStore, sync_state: SyncState, config: Config
) -> None:
    live = entry(2, livemode=True)
    ledger.put_entries("demo", [entry(1), live])
    move(sync_state, MIDNIGHT_S)
    LocationStore(config).save_location(DEMO)
    assert everything(ledger) == [entry(1)]
    LocationStore(config).save_location(replace(DEMO, mode="live"))

    assert everything(ledger) == [live]
    assert ledger.get_balances("demo") == {"eur": 960}
    assert sync_state.get_cursor("demo") is None, "the live ledger begins at the beginning"


def test_money_of_another_balance_is_kept_and_is_no_part_of_the_sum(ledger: LedgerStore) -> None:
    reserved = entry(2, balance_type="risk_reserved")
    ledger.put_entries("demo", [entry(1), reserved])
    assert everything(ledger) == [entry(1), reserved]
    assert ledger.get_balances("demo") == {"eur": 960}
    assert ledger.sum_before("demo", MIDNIGHT_S + 1) == {"eur": 960}


def test_an_entry_that_another_sync_writes_meanwhile_is_summed_once(
    ledger: LedgerStore, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = BookingsTable._put_once
    other = LedgerStore(config)
    races = iter([[entry(1)], [entry(3)], []])

    def raced(table: BookingsTable, puts: Any) -> None:
        if table is ledger._table:
            other.put_entries("demo", next(races, []))
        write(table, puts)

    monkeypatch.setattr(BookingsTable, "_put_once", raced)
    assert ledger.put_entries("demo", [entry(1), entry(2)]) == 1
    assert everything(ledger) == [entry(1), entry(2), entry(3)]
    assert ledger.get_balances("demo") == {"eur": 3 * 960}


def test_the_first_stamp_of_an_entry_stays(ledger: LedgerStore, payouts: PayoutStore) -> None:
    ledger.put_entries("demo", [entry(1), entry(2)])
    payouts.stamp_payout("demo", "po_1", [entry(1)])
    payouts.stamp_payout("demo", "po_2", [entry(1), entry(2)])
    assert [each.paid_out_by for each in everything(ledger)] == ["po_1", "po_2"]


def test_a_payout_is_listed_by_its_day_and_written_by_one_at_a_time(payouts: PayoutStore) -> None:
    made = BankPayout("po_1", 960, "eur", MIDNIGHT_S, MIDNIGHT_S, "pending", True, False)
    payouts.put_payout("demo", made, None)
    paid = replace(made, status="paid")
    payouts.put_payout("demo", paid, made)
    with pytest.raises(WriteConflict):
        payouts.put_payout("demo", replace(made, status="failed"), made)
    assert payouts.list_payouts("demo", MIDNIGHT_S, MIDNIGHT_S + 1) == [paid]
    assert payouts.list_payouts("demo", MIDNIGHT_S - 9, MIDNIGHT_S) == []
    assert payouts.get_payout("demo", MIDNIGHT_S, "po_1") == paid
    assert payouts.get_payout("demo", MIDNIGHT_S, "po_2") is None


def test_the_position_only_moves_forward(sync_state: SyncState) -> None:
    assert sync_state.get_cursor("demo") is None
    move(sync_state, 20)
    move(sync_state, 10)
    assert sync_state.get_cursor("demo") == 20


def test_a_days_reconciliation_is_kept(sync_state: SyncState) -> None:
    assert sync_state.get_reconciliation("demo", "2026-11-22") is None
    found = Reconciliation("differences", differing=({"object": "ch_1"},), checked_at_s=5)
    sync_state.put_reconciliations("demo", {"2026-11-22": found})
    assert sync_state.get_reconciliation("demo", "2026-11-22") == found


class LargeDay(BookingsTable):
    """A day of many entries, half of them stamped, made as they are asked for."""

    ENTRIES = 20_000

    def get(self, *keys: Key) -> dict[Key, Stored]:
        del keys
        return {}

    def query_between(
        self, partition: str, first: str, last: str, limit: int, **_: Any
    ) -> list[Found]:
        if "sums" in partition:
            return [Found("2026-11-23", Stored({}, 1))]
        found = []
        # A tenth of a second each would not fit a day: several are in one second.
        start = max(0, (int(first.partition("#")[0]) - MIDNIGHT_S) * 4)
        for number in range(start, self.ENTRIES):
            made = entry(number, MIDNIGHT_S + number // 4)
            name = f"txn_{number:06}"
            key = instant_key(made.created_s, name)
            body = entry_to_dict(made) | {"balance_transaction": name}
            items = [Found(key, Stored(body, 1))]
            if number % 2:
                items.append(Found(key + PAID_OUT, Stored({"payout": "po_1"}, 1)))
            found += [each for each in items if first <= each.sk <= last]
            if len(found) >= limit:
                break
        return found[:limit]


def test_a_large_day_is_read_a_page_at_a_time_in_little_memory(config: Config) -> None:
    """What is held is a page, whatever the day has; 200,000 differ in time alone."""
    ledger = LedgerStore(config)
    ledger._table = LargeDay(config)

    def looked(entries: Iterator[LedgerEntry]) -> tuple[int, int, int]:
        count = net_minor = stamped = 0
        for each in entries:
            count += 1
            net_minor += each.net_minor
            stamped += each.paid_out_by is not None
        return count, net_minor, stamped

    tracemalloc.start()
    told = looked(ledger.iterate_entries("demo", 0, END_S))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert told == (20_000, 20_000 * 960, 10_000)
    assert peak_bytes < 4 * 1024 * 1024


# ------------------------------------------------------------------ what it was for, learned later


def attributions(config: Config) -> Attributions:
    return Attributions(config)


def test_what_an_entry_was_for_is_read_with_it_wherever_it_is_read(
    ledger: LedgerStore, payouts: PayoutStore, config: Config
) -> None:
    first, second = entry(1), entry(2, MIDNIGHT_S + 60)
    ledger.put_entries("demo", [first, second])
    payouts.stamp_payout("demo", "po_1", [first])
    before = ledger.count_before("demo", MIDNIGHT_S + 3600)
    later = replace(first, booking_id="bk_1", service_id="cut", purpose="deposit")
    writer = attributions(config)
    assert [writer.put("demo", [later]) for _ in range(2)] == [1, 0]
    known = replace(later, attributions=1)
    stamped = replace(known, paid_out_by="po_1")
    assert everything(ledger) == [stamped, second]
    assert ledger.find_known("demo", [first])[first.balance_transaction] == known
    assert ledger.list_entries("demo", 0, END_S, 10)[0] == [stamped, second]
    assert ledger.list_entries("demo", 0, END_S, 1)[0] == [stamped]
    assert ledger.put_entries("demo", [first]) == 0
    # One more thing is known, and not a cent more.
    for at_s in (MIDNIGHT_S + 3600, MIDNIGHT_S + 2 * 86_400):
        assert ledger.count_before("demo", at_s) == before + 1
    assert ledger.get_balances("demo") == {"eur": first.net_minor + second.net_minor}
    again = replace(known, booking_id="bk_2")
    assert writer.put("demo", [again]) == 1
    assert everything(ledger)[0] == replace(again, attributions=2, paid_out_by="po_1")


def test_of_two_syncs_that_learn_of_one_entry_the_one_that_knows_less_begins_anew(
    ledger: LedgerStore, config: Config
) -> None:
    ledger.put_entries("demo", [entry(1)])
    writer = attributions(config)
    writer.put("demo", [entry(1, booking_id="bk_1")])
    with pytest.raises(WriteConflict):
        writer.put("demo", [entry(1, booking_id="bk_2")])
    assert everything(ledger) == [entry(1, booking_id="bk_1", attributions=1)]


def test_more_attributions_than_a_transaction_takes_are_all_written(
    ledger: LedgerStore, config: Config
) -> None:
    many = [entry(number, MIDNIGHT_S + number) for number in range(120)]
    ledger.put_entries("demo", many)
    later = [replace(each, booking_id="bk_1") for each in many]
    assert attributions(config).put("demo", later) == 120
    assert {each.attributions for each in everything(ledger)} == {1}
    assert ledger.count_before("demo", MIDNIGHT_S + 86_400) == 240
