"""A location's connection to Stripe, without its keys. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.domain.locations.stripe_account import AccountFacts
from shared.domain.stored_record import StoredRecord, read_record, record_to_dict


class Connection(StoredRecord, frozen=True):
    """A location's connection, or the attempt to make one.

    `account` is what Stripe said when the keys were saved or last checked, `None` before the first
    time. `endpoint_id` is the webhook endpoint that Bookpay registered, empty where the owner made
    one. `claimed_account_ids` are the accounts that no other location may have: the account at
    hand, and what an interrupted attempt has claimed. Until `busy_until_s` nobody else changes the
    connection.
    """

    account: AccountFacts | None = None
    mode: str = ""
    publishable_key: str = ""
    secret_key_last4: str = ""
    signing_secrets_last4: tuple[str, ...] = ()
    endpoint_id: str = ""
    connected_at_s: int = 0
    claimed_account_ids: tuple[str, ...] = ()
    busy_until_s: int = 0


def connection_to_dict(connection: Connection) -> dict[str, Any]:
    """Return the connection in plain JSON types."""
    return record_to_dict(connection)


def connection_from_dict(document: Mapping[str, Any]) -> Connection:
    """Return the connection that `connection_to_dict` wrote."""
    account = document.get("account")
    return read_record(
        Connection, document, account=read_record(AccountFacts, account) if account else None
    )
