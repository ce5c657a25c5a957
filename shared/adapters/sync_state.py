"""How far the ledger's sync has come, and what its comparisons with Stripe last showed."""

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

from shared.adapters.bookings_table import BookingsTable, Key, Put
from shared.adapters.ledger_keys import location_account, location_mode, position_key
from shared.config import Config
from shared.domain.errors import WriteConflict
from shared.domain.ledger.balance_check import (
    BalanceCheck,
    balance_check_from_dict,
    balance_check_to_dict,
)
from shared.domain.ledger.reconciliation import (
    Reconciliation,
    reconciliation_from_dict,
    reconciliation_to_dict,
)


class SyncState:
    """The state of each location's sync; every method takes the location it is for.

    Positions and the balance check belong to the location's present Stripe account, reconciliations
    to its present mode.
    """

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def get_cursor(self, location_id: str) -> int | None:
        """Return until when all of Stripe's transactions are here, in seconds since 1970."""
        body = self._get_sync_item(location_id, "cursor")
        return int(body["synced_until_s"]) if body else None

    def put_cursor(self, location_id: str, synced_until_s: int) -> None:
        """Move the position forward; a sync that began earlier and ends later moves nothing.

        Of two that end at the same moment one moves it: the next sync reads the other's part again.
        """
        key = self._position_key(location_id, "cursor")
        stored = self._table.get(key).get(key)
        if stored and stored.body["synced_until_s"] >= synced_until_s:
            return
        moved = Put(key, {"synced_until_s": synced_until_s}, stored.version if stored else 0)
        with contextlib.suppress(WriteConflict):
            self._table.put([moved])

    def get_search(self, location_id: str) -> str:
        """Return after which transaction a search for missing ones goes on, "" for the newest."""
        body = self._get_sync_item(location_id, "search")
        return str(body["starting_after"]) if body else ""

    def put_search(self, location_id: str, starting_after: str) -> None:
        """Keep how far a search for missing transactions has come."""
        self._put_sync_item(location_id, "search", {"starting_after": starting_after})

    def get_balance_check(self, location_id: str) -> BalanceCheck | None:
        """Return the newest comparison of Stripe's balance with the ledger's, or `None`."""
        body = self._get_sync_item(location_id, "balance")
        return balance_check_from_dict(body) if body else None

    def put_balance_check(self, location_id: str, check: BalanceCheck) -> None:
        """Keep a comparison in the place of an older one."""
        self._put_sync_item(location_id, "balance", balance_check_to_dict(check))

    def get_reconciliation(self, location_id: str, day: str) -> Reconciliation | None:
        """Return how the two sides of a local day (`2026-11-22`) compare, `None` if never done."""
        return next(iter(self.get_reconciliations(location_id, [day])), None)

    def get_reconciliations(self, location_id: str, days: Iterable[str]) -> list[Reconciliation]:
        """Return how the two sides of some local days compare, in the order of the days.

        A day is in the zone that the location had then; one that was never compared is left out.
        """
        mode = location_mode(self._table, location_id)
        keys = [Key(f"{location_id}#reconciliations#{mode}", day) for day in days]
        found = self._table.get(*keys)
        return [reconciliation_from_dict(found[key].body) for key in keys if key in found]

    def put_reconciliation(self, location_id: str, day: str, found: Reconciliation) -> None:
        """Keep how the two sides of a local day compare, in the place of an older comparison."""
        mode = location_mode(self._table, location_id)
        key = Key(f"{location_id}#reconciliations#{mode}", day)
        self._table.put([Put(key, reconciliation_to_dict(found), version=None)])

    def _get_sync_item(self, location_id: str, name: str) -> dict[str, Any] | None:
        key = self._position_key(location_id, name)
        stored = self._table.get(key).get(key)
        return stored.body if stored else None

    def _put_sync_item(self, location_id: str, name: str, body: Mapping[str, Any]) -> None:
        self._table.put([Put(self._position_key(location_id, name), body, version=None)])

    def _position_key(self, location_id: str, name: str) -> Key:
        mode, account_id = location_account(self._table, location_id)
        return position_key(location_id, mode, account_id, name)
