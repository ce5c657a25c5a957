"""SSM: each location's Stripe API keys, apart from its signing secrets.

A parameter `/<stack>/api-keys/<location>` is a SecureString of JSON:
`{"publishable_key": "pk_...", "secret_key": "sk_..." or "rk_..."}`.
"""

import time
from collections.abc import Callable

from shared.adapters.secure_parameters import SecureParameters
from shared.config import Config

KEEP_S = 120
MAX_KEPT = 1_000


class ApiKeyStore:
    """Reads secret keys and keeps them for two minutes in memory."""

    def __init__(self, config: Config, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = config.api_keys_path
        self._parameters = SecureParameters(config)
        self._clock = clock
        self._kept: dict[str, tuple[float, str]] = {}

    def secret_key(self, location_id: str) -> str | None:
        """Return a location's secret key, or `None` where Stripe is not connected.

        Raises `AwsRefused` or `AwsUnreachable`.
        """
        kept = self._kept.get(location_id)
        if kept and self._clock() - kept[0] < KEEP_S:
            return kept[1]
        value = self._parameters.get(f"{self._path}/{location_id}")
        key = value.get("secret_key") if value else None
        # People paste keys with blanks around them.
        if not isinstance(key, str) or not (key := key.strip()):
            return None
        if len(self._kept) >= MAX_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[location_id] = (self._clock(), key)
        return key
