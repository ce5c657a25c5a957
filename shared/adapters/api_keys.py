"""The table of secrets: each location's Stripe API keys, apart from its signing secrets.

An item `api#<location>` seals
`{"publishable_key": "pk_...", "secret_key": "sk_..." or "rk_...", "account_id": "acct_..."}`.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

from shared.adapters.secrets_table import API, SecretsTable, StoredSecret
from shared.config import Config
from shared.domain.locations.api_keys import ApiKeys

KEEP_S = 120
MAX_KEPT = 1_000
KEY_PREFIX_CHARS = len("sk_live_")


class StoredKey(NamedTuple):
    """A secret key, `None` where there is none, and the version that a write has to find."""

    secret_key: str | None
    version: int

    def __repr__(self) -> str:
        """Return nothing that is secret."""
        return f"StoredKey(version={self.version})"


class ApiKeyStore:
    """Reads secret keys and keeps them for two minutes in memory; writes them when connecting."""

    def __init__(self, config: Config, clock: Callable[[], float] = time.monotonic) -> None:
        self._table = SecretsTable(config, API, config.api_keys_path)
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    def secret_key(
        self, location_id: str, *, mode: str = "", account_id: str = "", fresh: bool = False
    ) -> str | None:
        """Return a location's secret key, or `None` where Stripe is not connected.

        A kept key of another `mode`, or account, than the location's is looked up again, and one
        that still differs is none: a test payment must not be opened for a live location, nor one
        at an account that the location has left. So is any kept key where a `fresh` one is asked
        for. Raises `AwsRefused` or `AwsUnreachable`.
        """
        kept = self._kept.get(location_id)
        is_new = kept and not fresh and self._clock() - kept.at_s < KEEP_S
        if kept and is_new and kept.is_of(mode) and account_id in ("", kept.account_id):
            return kept.key
        stored = self._table.get(location_id, kept.stored if kept else None)
        key = _key_of(stored)
        if stored is None or key is None:
            return None
        if len(self._kept) >= MAX_KEPT:
            self._kept.pop(next(iter(self._kept)))
        written = stored.value.get("account_id")
        found = _Kept(self._clock(), stored, key, written if isinstance(written, str) else "")
        self._kept[location_id] = found
        # What was written by hand does not say whose key it is.
        is_of_account = not account_id or found.account_id in ("", account_id)
        return key if found.is_of(mode) and is_of_account else None

    def get_stored(self, location_id: str) -> StoredKey:
        """Return a location's key as it is now, to be replaced; raises as `secret_key` does."""
        stored = self._table.get(location_id)
        return StoredKey(_key_of(stored), stored.version if stored else 0)

    def put(self, location_id: str, keys: ApiKeys, account_id: str, *, version: int) -> None:
        """Write a location's keys, and whose they are, in the place of `version`.

        Raises `WriteConflict` if they have changed since, and as `secret_key` does.
        """
        value = {
            "publishable_key": keys.publishable_key,
            "secret_key": keys.secret_key,
            "account_id": account_id,
        }
        self._table.put(location_id, value, version)
        self._kept.pop(location_id, None)


class _Kept(NamedTuple):
    """A key, when it was looked up, and its account's id, empty where that is not written."""

    at_s: float
    stored: StoredSecret
    key: str
    account_id: str

    def __repr__(self) -> str:
        """Return nothing that is secret."""
        return f"_Kept(at_s={self.at_s}, account_id={self.account_id!r})"

    def is_of(self, mode: str) -> bool:
        """Whether the key is of a mode; of any where `mode` is empty."""
        return not mode or f"_{mode}_" in self.key[:KEY_PREFIX_CHARS]


def _key_of(stored: StoredSecret | None) -> str | None:
    key = stored.value.get("secret_key") if stored else None
    # People paste keys with blanks around them.
    return (key.strip() or None) if isinstance(key, str) else None
