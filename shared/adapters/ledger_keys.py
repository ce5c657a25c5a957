"""Where the ledger's items are in the table, and that test and live never share a partition.

Entries of all accounts that a location had in a mode are together: a report of an earlier day shows
what was earned then. How far a sync has come, and what the balance must be, is each account's own.
"""

import re
from datetime import UTC, datetime

from msgspec import Struct

from shared.adapters.bookings_table import BookingsTable, Key
from shared.adapters.location_store import location_key
from shared.domain.errors import InvalidInput
from shared.domain.ledger.entry import LedgerEntry

LIVE, TEST = "live", "test"
# Right after every key that begins so: what names are made of is greater than a blank, and less
# than a tilde.
BEFORE_ALL, AFTER_ALL = " ", "~"
# The items beside an entry, right after it and in this order.
LEARNED, PAID_OUT = "#learned", "#paid_out"
# Twelve digits: enough for the year 9999, and texts in the order of the numbers.
_DIGITS = 12
# To the year 8307; Stripe's longest id has 255 characters.
_PLACE = re.compile(r"[01][0-9]{11}#[A-Za-z0-9_]{1,255}")


def mode_of(livemode: bool) -> str:
    """Return the name that a mode has in keys."""
    return LIVE if livemode else TEST


def location_mode(table: BookingsTable, location_id: str) -> str:
    """Return the mode that a location is in now: `live`, or `test` also where there is none."""
    key = location_key(location_id)
    stored = table.get(key).get(key)
    return str(stored.body["mode"]) if stored else TEST


class LedgerAccount(Struct, frozen=True):
    """A location's Stripe account in a mode; its id is "" where it is not known."""

    location_id: str
    mode: str
    account_id: str


# Whoever has read the location says which account is meant; by its id, it is the present one.
type Where = str | LedgerAccount


def account_at(table: BookingsTable, where: Where) -> LedgerAccount:
    """Return the account that is meant; a location is read for its present one."""
    if isinstance(where, LedgerAccount):
        return where
    key = location_key(where)
    stored = table.get(key).get(key)
    if stored is None:
        return LedgerAccount(where, TEST, "")
    account_id = str(stored.body.get("stripe_account_id", ""))
    return LedgerAccount(where, str(stored.body["mode"]), account_id)


def utc_day(at_s: int) -> str:
    """Return the UTC day of an instant, such as `2026-11-22`."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d}"


def instant_key(at_s: int, name: str = "") -> str:
    """Return a sort key by time, and by name within a second."""
    return f"{at_s:0{_DIGITS}}#{name}"


def day_partition(location_id: str, mode: str, day: str) -> str:
    """Return the partition of the entries that were created on a UTC day."""
    return f"{location_id}#ledger#{mode}#{day}"


def entry_key(location_id: str, entry: LedgerEntry) -> Key:
    """Return where an entry is: Stripe never changes what the key is made of."""
    return Key(
        day_partition(location_id, mode_of(entry.livemode), utc_day(entry.created_s)),
        instant_key(entry.created_s, entry.balance_transaction),
    )


def sums_key(location_id: str, mode: str, day: str, account_id: str = "") -> Key:
    """Return where the sum of a UTC day's entries is: of all accounts, or of one alone."""
    of_account = f"#{account_id}" if account_id else ""
    return Key(f"{location_id}#ledger-sums#{mode}{of_account}", day)


def sync_partition(location_id: str, mode: str) -> str:
    """Return the partition of what the sync keeps between two runs."""
    return f"{location_id}#sync#{mode}"


def position_key(account: LedgerAccount, name: str) -> Key:
    """Return the key of one part of an account's sync state, such as its cursor or balance."""
    of_account = f"#{account.account_id}" if account.account_id else ""
    return Key(sync_partition(account.location_id, account.mode), name + of_account)


def read_cursor(cursor: str | None) -> str:
    """Return the sort key that a cursor is, "" for none; raises `InvalidInput`."""
    if not cursor:
        return ""
    if not is_entry_place(cursor):
        raise InvalidInput("The cursor is not one of ours.", code="invalid_cursor")
    return cursor


def is_entry_place(text: str) -> bool:
    """Whether a text can be the place of an entry, as `instant_key` writes it."""
    return _PLACE.fullmatch(text) is not None
