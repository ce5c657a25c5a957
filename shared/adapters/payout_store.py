"""Stripe's payouts to the bank, and which ledger entries each of them carried.

Which payout carried an entry is known later than the entry: it is a stamp, an item of its own
beside the entry that is written once. `ledger_store` reads the two together.
"""

from collections.abc import Sequence
from functools import partial

from shared.adapters.bookings_table import BookingsTable, Key, Put
from shared.adapters.ledger_keys import (
    AFTER_ALL,
    PAID_OUT,
    entry_key,
    instant_key,
    location_mode,
    mode_of,
)
from shared.adapters.retry_write import retry_write
from shared.config import Config
from shared.domain.errors import Overtaken
from shared.domain.ledger.bank_payout import BankPayout, bank_payout_from_dict, bank_payout_to_dict
from shared.domain.ledger.entry import LedgerEntry

STAMPS_A_WRITE = 50


class PayoutStore:
    """The payouts of all locations; every method takes the location it is for.

    Only payouts of the location's present mode are read.
    """

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def stamp_payout(
        self, location_id: str, payout_id: str, entries: Sequence[LedgerEntry]
    ) -> None:
        """Write beside each entry that a payout carried it; a stamp that is there stays.

        The entries themselves are needed, not their ids alone: their place has their instant in it.
        """
        keys = [_stamp_key(location_id, entry) for entry in entries]
        for start in range(0, len(keys), STAMPS_A_WRITE):
            part = keys[start : start + STAMPS_A_WRITE]
            retry_write(partial(self._stamp, payout_id, part))

    def get_payout(self, location_id: str, created_s: int, payout_id: str) -> BankPayout | None:
        """Return a payout, or `None`."""
        key = _bank_payout_key(
            location_id, location_mode(self._table, location_id), created_s, payout_id
        )
        stored = self._table.get(key).get(key)
        return bank_payout_from_dict(stored.body) if stored else None

    def put_payout(self, location_id: str, payout: BankPayout, known: BankPayout | None) -> None:
        """Write a payout in the place of `known`; raises `Overtaken` if that has changed."""
        key = _bank_payout_key(
            location_id, mode_of(payout.livemode), payout.created_s, payout.payout
        )
        stored = self._table.get(key).get(key)
        there = bank_payout_from_dict(stored.body) if stored else None
        if there != known:
            raise Overtaken("the payout was changed by another sync")
        self._table.put([Put(key, bank_payout_to_dict(payout), stored.version if stored else 0)])

    def list_payouts(self, location_id: str, start_s: int, end_s: int) -> list[BankPayout]:
        """Return the payouts created in `[start_s, end_s)`, the oldest first."""
        mode = location_mode(self._table, location_id)
        found = self._table.iterate_between(
            _bank_payout_key(location_id, mode, 0, "").pk,
            instant_key(start_s),
            instant_key(end_s - 1, AFTER_ALL),
        )
        return [bank_payout_from_dict(each.stored.body) for each in found]

    def _stamp(self, payout_id: str, keys: list[Key]) -> None:
        there = self._table.get(*keys)
        puts = [Put(key, {"payout": payout_id}) for key in keys if key not in there]
        if puts:
            self._table.put(puts)


def _stamp_key(location_id: str, entry: LedgerEntry) -> Key:
    key = entry_key(location_id, entry)
    return Key(key.pk, key.sk + PAID_OUT)


def _bank_payout_key(location_id: str, mode: str, created_s: int, payout_id: str) -> Key:
    return Key(f"{location_id}#payouts#{mode}", instant_key(created_s, payout_id))
