"""SSM: each location's Stripe API keys, apart from its signing secrets.

A parameter `/<stack>/api-keys/<location>` is a SecureString of JSON:
`{"publishable_key": "pk_...", "secret_key": "sk_..." or "rk_..."}`.
"""

import time
from collections.abc import Callable

from shared.adapters.secure_parameters import SecureParameters
from shared.config import Config
from shared.domain.api_key import ApiKeys

KEEP_S = 120
MAX_KEPT = 1_000
KEY_PREFIX_CHARS = len("sk_live_")


class ApiKeyStore:
    """Reads secret keys and keeps them for two minutes in memory; writes them when connecting."""

    def __init__(self, config: Config, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = config.api_keys_path
        self._parameters = SecureParameters(config)
        self._clock = clock
        self._kept: dict[str, tuple[float, str]] = {}

    def secret_key(self, location_id: str, *, mode: str = "", fresh: bool = False) -> str | None:
        """Return a location's secret key, or `None` where Stripe is not connected.

        A kept key of another `mode` than the location's is looked up again, and one that still
        differs is none: a test payment must not be opened for a live location, nor the reverse.
        So is any kept key where a `fresh` one is asked for. Raises `AwsRefused` or
        `AwsUnreachable`.
        """
        kept = self._kept.get(location_id)
        if kept and not fresh and self._clock() - kept[0] < KEEP_S and _is_of(kept[1], mode):
            return kept[1]
        value = self._parameters.get(f"{self._path}/{location_id}")
        key = value.get("secret_key") if value else None
        # People paste keys with blanks around them.
        if not isinstance(key, str) or not (key := key.strip()):
            return None
        if len(self._kept) >= MAX_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[location_id] = (self._clock(), key)
        return key if _is_of(key, mode) else None

    def put(self, location_id: str, keys: ApiKeys) -> None:
        """Write a location's keys over what is there; raises as `secret_key` does."""
        value = {"publishable_key": keys.publishable_key, "secret_key": keys.secret_key}
        self._parameters.put(f"{self._path}/{location_id}", value)
        self._kept.pop(location_id, None)


def _is_of(key: str, mode: str) -> bool:
    return not mode or f"_{mode}_" in key[:KEY_PREFIX_CHARS]
