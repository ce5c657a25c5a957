"""The table of secrets: the signing secrets of each location's webhook endpoint at Stripe.

An item `signing#<location>` seals `{"mode": "test" | "live", "secrets": ["whsec_...", ...]}`, two
secrets while one is being rolled by hand. When Bookpay rolls one itself,
`"retiring": [{"secret": "whsec_...", "until_s": 1767225600}]` holds those that are still accepted
until then; `endpoint_id` is the endpoint that Bookpay registered, and `own` has its secret, which
may stand beside an owner's.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from copy import replace
from typing import Any, NamedTuple

from shared.adapters.secrets_table import SIGNING, SecretsTable, StoredSecret
from shared.config import Config
from shared.domain.errors import AwsUnreachable

# A revoked secret is accepted no longer than this, even by a function that was using it.
KEEP_S = 60
# A location is not looked up again sooner, however many wrong signatures come in.
LOOK_AGAIN_S = 10
MAX_KEPT = 5_000
MODES = frozenset({"test", "live"})


class SigningSecrets(NamedTuple):
    """A location's mode and the secrets that are valid now; none where the location is unknown.

    `own` is the secret of the endpoint that Bookpay registered, or all where an earlier release did
    not say which. `version` is what a write has to find, 0 where nothing is in the table.
    """

    mode: str
    secrets: tuple[str, ...]
    endpoint_id: str = ""
    own: tuple[str, ...] = ()
    version: int = 0

    def __repr__(self) -> str:
        """Return nothing that is secret."""
        return f"SigningSecrets(mode={self.mode!r}, version={self.version})"


NOBODY = SigningSecrets("", ())


class SigningSecretStore:
    """Reads the secrets and keeps them for a minute in memory, those of unknown locations too."""

    def __init__(
        self,
        config: Config,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._table = SecretsTable(config, SIGNING, config.signing_secrets_path)
        self._clock = clock
        self._now = now
        self._kept: dict[str, _Kept] = {}
        # Apart, so that made-up locations never evict a real one.
        self._unknown: dict[str, _Kept] = {}

    def get(self, location_id: str, *, fresh: bool = False) -> SigningSecrets:
        """Return a location's secrets.

        `fresh` asks again when the last look is more than 10 s ago, so that a rolled secret works
        at once. Raises `AwsRefused` or `AwsUnreachable`: without secrets nothing is accepted.
        """
        kept = self._kept.get(location_id) or self._unknown.get(location_id)
        age_s = self._clock() - kept.at_s if kept else None
        if kept and age_s is not None and age_s < (LOOK_AGAIN_S if fresh else KEEP_S):
            return kept.secrets
        try:
            stored = self._table.get(location_id, kept.stored if kept else None)
            found = _read(stored, self._now())
        except AwsUnreachable:
            if kept is None:
                raise
            # Secrets of some minutes ago are better than refusing what Stripe signed with them; and
            # one delivery in a while is kept waiting for AWS, not each.
            stored, found = kept.stored, kept.secrets
        for each in (self._kept, self._unknown):
            each.pop(location_id, None)
        keep = self._kept if found.secrets else self._unknown
        if len(keep) >= MAX_KEPT:
            keep.pop(next(iter(keep)))
        keep[location_id] = _Kept(self._clock(), stored, found)
        return found

    def put(
        self,
        location_id: str,
        mode: str,
        secrets: Sequence[str],
        endpoint_id: str = "",
        retiring: Mapping[str, int] | None = None,
        *,
        own: Sequence[str] = (),
        version: int,
    ) -> None:
        """Write a location's secrets in the place of `version`.

        `retiring` has until when, by secret. `endpoint_id` is the endpoint that Bookpay registered,
        empty for one of the owner's, and `own` its secret. Raises `WriteConflict` if they have
        changed since, and as `get` does.
        """
        value: dict[str, Any] = {"mode": mode, "secrets": list(secrets)}
        if endpoint_id:
            value |= {"endpoint_id": endpoint_id, "own": list(own)}
        if retiring:
            value["retiring"] = [
                {"secret": secret, "until_s": until_s} for secret, until_s in retiring.items()
            ]
        self._table.put(location_id, value, version)
        self._kept.pop(location_id, None)
        self._unknown.pop(location_id, None)

    def get_lasting(self, location_id: str) -> SigningSecrets:
        """Return a location's secrets of now, without those that are retiring."""
        stored = self._table.get(location_id)
        if stored:
            stored = replace(stored, value={**stored.value, "retiring": []})
        return _read(stored, self._now())


class _Kept(NamedTuple):
    """A location's secrets, when they were looked up, and as what."""

    at_s: float
    stored: StoredSecret | None
    secrets: SigningSecrets


def _read(stored: StoredSecret | None, now_s: float) -> SigningSecrets:
    """Return what is stored; people paste secrets with blanks around them.

    An empty secret would be everybody's: it is left out, and what is no list of texts lets nobody
    in.
    """
    if stored is None:
        return NOBODY
    value = stored.value
    mode, secrets = value.get("mode"), value.get("secrets")
    if mode not in MODES or not isinstance(secrets, list):
        return replace(NOBODY, version=stored.version)
    stripped = (secret.strip() for secret in secrets if isinstance(secret, str))
    lasting = [secret for secret in stripped if secret]
    endpoint_id, own = value.get("endpoint_id"), value.get("own")
    return SigningSecrets(
        mode,
        (*lasting, *_retiring(value.get("retiring"), now_s)),
        endpoint_id if isinstance(endpoint_id, str) else "",
        tuple(each for each in lasting if not isinstance(own, list) or each in own),
        stored.version,
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
