"""Secrets Manager: the key that payment links' tokens are derived from."""

import time
from collections.abc import Callable

from shared.adapters.signed_http import SignedHttp
from shared.config import Config

KEEP_S = 300


class LinkKey:
    """Reads the key and keeps it for minutes in memory."""

    def __init__(self, config: Config, clock: Callable[[], float] = time.monotonic) -> None:
        self._id = config.link_key_id
        self._http = SignedHttp(config.aws, "secretsmanager")
        self._clock = clock
        self._kept: tuple[float, str] | None = None

    def get(self) -> str:
        """Return the key. Raises `AwsRefused` or `AwsUnreachable`."""
        if self._kept is None or self._clock() - self._kept[0] > KEEP_S:
            answer = self._http.call("secretsmanager.GetSecretValue", {"SecretId": self._id})
            self._kept = (self._clock(), str(answer["SecretString"]))
        return self._kept[1]
