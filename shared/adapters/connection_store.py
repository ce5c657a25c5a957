"""Each location's connection to Stripe, and the location that each account serves.

    pk                    sk           holds
    <loc>#connection      connection   what is not secret about the keys, and who is changing them
    account#<acct_...>    account      the one location that this Stripe account serves

The keys themselves are in the table of secrets, and Stripe is called in between: a change begins
with one write here (the account is claimed, nobody else changes the connection for a while) and
ends with another.
"""

from copy import replace

from msgspec import Struct

from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put, PutRefused
from shared.adapters.location_store import StoredLocation, location_put
from shared.config import Config
from shared.domain.errors import Conflict
from shared.domain.locations.stripe_connection import (
    Connection,
    connection_from_dict,
    connection_to_dict,
)

# Longer than a function may run: by then an interrupted change has ended.
LEASE_S = 40


class StoredConnection(Struct, frozen=True):
    """A connection and the version under which it was read, 0 where there is none yet."""

    connection: Connection
    version: int


class ConnectionStore:
    """The connections of all locations; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def get(self, location_id: str) -> StoredConnection:
        """Return a location's connection, or an empty one."""
        key = connection_key(location_id)
        stored = self._table.get(key).get(key)
        if stored is None:
            return StoredConnection(Connection(), 0)
        return StoredConnection(connection_from_dict(stored.body), stored.version)

    def begin(
        self, location_id: str, stored: StoredConnection, account_id: str, now_s: int
    ) -> StoredConnection:
        """Claim the account and the right to change the connection, before anything is changed.

        Raises `Conflict`: `account_in_use` where the account serves another location,
        `request_in_progress` while somebody else changes the connection.
        """
        if stored.connection.busy_until_s > now_s:
            raise _in_progress()
        claimed = stored.connection.claimed_account_ids
        is_new = account_id not in claimed
        begun = replace(
            stored.connection,
            busy_until_s=now_s + LEASE_S,
            claimed_account_ids=(*claimed, account_id) if is_new else claimed,
        )
        puts = [_connection_put(location_id, begun, stored.version)]
        if is_new:
            puts.append(Put(_account_key(account_id), {"location_id": location_id}))
        try:
            self._table.put(puts)
        except PutRefused as refused:
            if _account_key(account_id) in refused.refused:
                detail = "Another location is connected to this Stripe account."
                raise Conflict(detail, code="account_in_use") from refused
            raise _in_progress() from refused
        return StoredConnection(begun, stored.version + 1)

    def give_up(self, location_id: str, begun: StoredConnection, former: Connection) -> None:
        """Leave everything as it was before `begin`."""
        puts: list[Put | Delete] = [_connection_put(location_id, former, begun.version)]
        puts += _releases(begun.connection, former)
        self._table.put(puts)

    def finish(
        self,
        location_id: str,
        begun: StoredConnection,
        connection: Connection,
        audit: Put,
        location: StoredLocation | None = None,
    ) -> None:
        """Write what the connection and its location are from now on, in one transaction.

        Accounts that `connection` no longer claims become free. `location` has the version under
        which it was read. Raises `WriteConflict` if it has changed since.
        """
        done = replace(connection, busy_until_s=0)
        puts: list[Put | Delete] = [_connection_put(location_id, done, begun.version), audit]
        puts += _releases(begun.connection, done)
        if location:
            puts.append(location_put(location.location, location.version))
        self._table.put(puts)

    def put_account_seen(self, location_id: str, stored: StoredConnection) -> None:
        """Write what Stripe says of the account now; raises `WriteConflict` if all has changed."""
        self._table.put([_connection_put(location_id, stored.connection, stored.version)])


def connection_key(location_id: str) -> Key:
    """Return where a location's connection is."""
    return Key(f"{location_id}#connection", "connection")


def _account_key(account_id: str) -> Key:
    return Key(f"account#{account_id}", "account")


def _connection_put(location_id: str, connection: Connection, version: int) -> Put:
    return Put(connection_key(location_id), connection_to_dict(connection), version)


def _releases(before: Connection, after: Connection) -> list[Put | Delete]:
    released = set(before.claimed_account_ids) - set(after.claimed_account_ids)
    return [Delete(_account_key(account_id)) for account_id in sorted(released)]


def _in_progress() -> Conflict:
    return Conflict("The connection is being changed; try again.", code="request_in_progress")
