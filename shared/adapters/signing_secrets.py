"""SSM: the signing secrets of each location's webhook endpoint at Stripe.

A parameter `/<stack>/signing-secrets/<location>` is a SecureString of JSON:
`{"mode": "test" | "live", "secrets": ["whsec_...", ...]}`, two secrets while one is being rolled by
hand. When Bookpay rolls one itself, `"retiring": [{"secret": "whsec_...", "until_s": 1767225600}]`
holds those that are still accepted until then; `endpoint_id` is the endpoint the secret belongs to.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.adapters.secure_parameters import SecureParameters
from shared.config import Config
from shared.domain.errors import AwsUnreachable

# A revoked secret is accepted no longer than this, even by a function that was using it.
KEEP_S = 60
# A location is not looked up again sooner, however many wrong signatures come in.
LOOK_AGAIN_S = 10
MAX_KEPT = 5_000
MODES = frozenset({"test", "live"})


@dataclass(frozen=True, slots=True)
class SigningSecrets:
    """A location's mode and the secrets that are valid now; none where the location is unknown."""

    mode: str
    secrets: tuple[str, ...]
    endpoint_id: str = ""


NOBODY = SigningSecrets("", ())


class SigningSecretStore:
    """Reads the secrets and keeps them for a minute in memory, those of unknown locations too."""

    def __init__(
        self,
        config: Config,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._path = config.signing_secrets_path
        self._parameters = SecureParameters(config)
        self._clock = clock
        self._now = now
        self._kept: dict[str, tuple[float, SigningSecrets]] = {}
        # Apart, so that made-up locations never evict a real one.
        self._unknown: dict[str, tuple[float, SigningSecrets]] = {}

    def get(self, location_id: str, *, fresh: bool = False) -> SigningSecrets:
        """Return a location's secrets.

        `fresh` asks again when the last look is more than 10 s ago, so that a rolled secret works
        at once. Raises `AwsRefused` or `AwsUnreachable`: without secrets nothing is accepted.
        """
        kept = self._kept.get(location_id) or self._unknown.get(location_id)
        age_s = self._clock() - kept[0] if kept else None
        if kept and age_s is not None and age_s < (LOOK_AGAIN_S if fresh else KEEP_S):
            return kept[1]
        try:
            found = self._fetch(location_id)
        except AwsUnreachable:
            if kept is None:
                raise
            # Secrets of some minutes ago are better than refusing what Stripe signed with them; and
            # one delivery in a while is kept waiting for SSM, not each.
            found = kept[1]
        for each in (self._kept, self._unknown):
            each.pop(location_id, None)
        keep = self._kept if found.secrets else self._unknown
        if len(keep) >= MAX_KEPT:
            keep.pop(next(iter(keep)))
        keep[location_id] = (self._clock(), found)
        return found

    def _fetch(self, location_id: str) -> SigningSecrets:
        value = self._parameters.get(f"{self._path}/{location_id}")
        return _read(value, self._now()) if value else NOBODY

    def put(
        self,
        location_id: str,
        mode: str,
        secrets: Sequence[str],
        endpoint_id: str = "",
        retiring: Mapping[str, int] | None = None,
    ) -> None:
        """Write a location's secrets over what is there; `retiring` has until when, by secret.

        `endpoint_id` is the endpoint that Bookpay registered, empty for one of the owner's. Raises
        as `get` does.
        """
        value: dict[str, Any] = {"mode": mode, "secrets": list(secrets)}
        if endpoint_id:
            value["endpoint_id"] = endpoint_id
        if retiring:
            value["retiring"] = [
                {"secret": secret, "until_s": until_s} for secret, until_s in retiring.items()
            ]
        self._parameters.put(f"{self._path}/{location_id}", value)
        self._kept.pop(location_id, None)
        self._unknown.pop(location_id, None)

    def get_lasting(self, location_id: str) -> SigningSecrets:
        """Return a location's secrets of now, without those that are retiring."""
        value = self._parameters.get(f"{self._path}/{location_id}")
        return _read({**value, "retiring": []}, self._now()) if value else NOBODY


def _read(value: Mapping[str, Any], now_s: float) -> SigningSecrets:
    """Return what the parameter says; people paste secrets with blanks around them.

    An empty secret would be everybody's: it is left out, and what is no list of texts lets nobody
    in.
    """
    mode, secrets = value.get("mode"), value.get("secrets")
    if mode not in MODES or not isinstance(secrets, list):
        return NOBODY
    stripped = (secret.strip() for secret in secrets if isinstance(secret, str))
    lasting = [secret for secret in stripped if secret]
    endpoint_id = value.get("endpoint_id")
    return SigningSecrets(
        mode,
        (*lasting, *_retiring(value.get("retiring"), now_s)),
        endpoint_id if isinstance(endpoint_id, str) else "",
    )


def _retiring(written: object, now_s: float) -> list[str]:
    if not isinstance(written, list):
        return []
    return [
        each["secret"]
        for each in written
        if isinstance(each, dict)
        and isinstance(each.get("secret"), str)
        and each["secret"]
        and isinstance(each.get("until_s"), int)
        and each["until_s"] > now_s
    ]
