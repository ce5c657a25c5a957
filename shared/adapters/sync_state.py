"""How far the ledger's sync has come, and what its comparisons with Stripe last showed."""

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from shared.adapters.activity_marks import active_until_s, activity_key, activity_put
from shared.adapters.bookings_table import BookingsTable, Key, Put
from shared.adapters.ledger_keys import (
    AFTER_ALL,
    LedgerAccount,
    Where,
    account_at,
    location_mode,
    position_key,
    sync_partition,
)
from shared.adapters.sync_notes import BOUND, EXPECTED, FOLLOWED
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

# Enough to see whether there is a note, however many accounts a location had.
NOTES = 10


class SyncPosition(Struct, frozen=True):
    """What a sync begins with, as of one account.

    `cursor` is until when all of Stripe's transactions are here, `None` for nothing, and `version`
    the one under which that was read; `search` is after which transaction a search for
    missing ones goes on, "" for the newest. `active_until_s` is the
    location's mark. `is_key_refused` says that staff are shown so, and `has_notes` that a note of
    the last sync's, or of a webhook's, waits for this one.
    """

    cursor: int | None
    version: int
    search: str
    active_until_s: int | None
    is_key_refused: bool
    has_notes: bool


class SyncState:
    """The state of each location's sync; every method takes the location, or account, it is for.

    Positions and the balance check belong to a Stripe account, reconciliations to a mode.
    """

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def get_cursor(self, location_id: str) -> int | None:
        """Return until when all of Stripe's transactions are here, in seconds since 1970."""
        body = self._get_sync_item(location_id, "cursor")
        return int(body["synced_until_s"]) if body else None

    def read_position(self, account: LedgerAccount, trouble: Key) -> SyncPosition:
        """Read what a sync begins with, in two calls; staff are shown at `trouble`."""
        cursor, search = (position_key(account, name) for name in ("cursor", "search"))
        activity = activity_key(account.location_id)
        found = self._table.get(cursor, search, activity, trouble)
        at = found.get(cursor)
        # Between them is the cursor of each account that there was.
        partition = sync_partition(account.location_id, account.mode)
        notes = self._table.query_between(partition, BOUND, FOLLOWED + AFTER_ALL, NOTES)
        return SyncPosition(
            cursor=int(at.body["synced_until_s"]) if at else None,
            version=at.version if at else 0,
            search=str(found[search].body["starting_after"]) if search in found else "",
            active_until_s=active_until_s(found.get(activity)),
            is_key_refused=trouble in found,
            has_notes=len(notes) == NOTES
            or any(each.sk.startswith((BOUND, EXPECTED, FOLLOWED)) for each in notes),
        )

    def move_cursor(
        self, account: LedgerAccount, at: SyncPosition, synced_until_s: int, *, is_open: bool
    ) -> None:
        """Move the position forward from where a sync began; one that moves it back moves nothing.

        Of two that began there one moves it: the next sync reads the other's part again.
        `is_open`: at the end of the sync something could still move by itself.
        """
        if at.cursor is not None and at.cursor >= synced_until_s:
            return
        body = {"synced_until_s": synced_until_s, "is_open": is_open}
        moved = Put(position_key(account, "cursor"), body, at.version)
        with contextlib.suppress(WriteConflict):
            self._table.put([moved])

    def put_activity(self, location_id: str, until_s: int) -> None:
        """Mark a location as active."""
        self._table.put([activity_put(location_id, until_s)])

    def put_search(self, where: Where, starting_after: str) -> None:
        """Keep how far a search for missing transactions has come."""
        self._put_sync_item(where, "search", {"starting_after": starting_after})

    def get_balance_check(self, location_id: str) -> BalanceCheck | None:
        """Return the newest comparison of Stripe's balance with the ledger's, or `None`."""
        body = self._get_sync_item(location_id, "balance")
        return balance_check_from_dict(body) if body else None

    def put_balance_check(self, where: Where, check: BalanceCheck) -> None:
        """Keep a comparison in the place of an older one."""
        self._put_sync_item(where, "balance", balance_check_to_dict(check))

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

    def put_reconciliations(self, where: Where, found: Mapping[str, Reconciliation]) -> None:
        """Keep how the two sides of local days compare, in the place of older comparisons."""
        account = account_at(self._table, where)
        partition = f"{account.location_id}#reconciliations#{account.mode}"
        self._table.put_each(
            [
                Put(Key(partition, day), reconciliation_to_dict(each), version=None)
                for day, each in found.items()
            ]
        )

    def _get_sync_item(self, where: Where, name: str) -> dict[str, Any] | None:
        key = self._position_key(where, name)
        stored = self._table.get(key).get(key)
        return stored.body if stored else None

    def _put_sync_item(self, where: Where, name: str, body: Mapping[str, Any]) -> None:
        self._table.put([Put(self._position_key(where, name), body, version=None)])

    def _position_key(self, where: Where, name: str) -> Key:
        return position_key(account_at(self._table, where), name)
