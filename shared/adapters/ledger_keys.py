"""Where the ledger's items are in the table, and that test and live never share a partition.

Entries of all accounts that a location had in a mode are together: a report of an earlier day shows
what was earned then. How far a sync has come, and what the balance must be, is each account's own.
"""

from datetime import UTC, datetime

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


def mode_of(livemode: bool) -> str:
    """Return the name that a mode has in keys."""
    return LIVE if livemode else TEST


def location_mode(table: BookingsTable, location_id: str) -> str:
    """Return the mode that a location is in now: `live`, or `test` also where there is none."""
    key = location_key(location_id)
    stored = table.get(key).get(key)
    return str(stored.body["mode"]) if stored else TEST


def location_account(table: BookingsTable, location_id: str) -> tuple[str, str]:
    """Return a location's present mode, and its Stripe account's id, "" for none."""
    key = location_key(location_id)
    stored = table.get(key).get(key)
    if stored is None:
        return TEST, ""
    return str(stored.body["mode"]), str(stored.body.get("stripe_account_id", ""))


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


def position_key(location_id: str, mode: str, account_id: str, name: str) -> Key:
    """Return the key of one part of an account's sync state, such as its cursor or balance."""
    return Key(sync_partition(location_id, mode), f"{name}#{account_id}" if account_id else name)


def read_cursor(cursor: str | None) -> str:
    """Return the sort key that a cursor is, "" for none; raises `InvalidInput`."""
    if not cursor:
        return ""
    instant, _, name = cursor.partition("#")
    if not (instant.isascii() and instant.isdigit() and len(instant) == len(instant_key(0)) - 1):
        raise InvalidInput("The cursor is not one of ours.", code="invalid_cursor")
    if not name or len(cursor) > 300:  # noqa: PLR2004 (Stripe's longest id, and the instant)
        raise InvalidInput("The cursor is not one of ours.", code="invalid_cursor")
    return cursor
