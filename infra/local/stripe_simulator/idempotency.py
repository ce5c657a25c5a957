"""Idempotency keys: the first answer of a key is saved and replayed.

docs.stripe.com/api/idempotent_requests: saved are the status and body of every call whose
execution began, failures included; refused parameters, 401, 409 and 429 are not. A key is forgotten
24 hours later by the simulator's clock, after which it executes again.
"""

from dataclasses import dataclass
from typing import Any

from infra.local.stripe_simulator.clock import Clock
from infra.local.stripe_simulator.errors import (
    StripeError,
    idempotency_mismatch,
    key_in_use,
)

KEPT_S = 24 * 3600
MAX_KEY_LENGTH = 255


@dataclass
class Saved:
    """A key, the call it was first used for, and its answer once there is one."""

    endpoint: str
    params: dict[str, Any]
    first_used: float
    request_id: str
    status: int | None = None
    body: bytes | None = None


class IdempotencyKeys:
    """The account's keys."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._saved: dict[str, Saved] = {}

    def begin(
        self, key: str, endpoint: str, params: dict[str, Any], request_id: str
    ) -> Saved | None:
        """Claim a key for a call, or give the saved answer to replay.

        Raises when the key belongs to another call or its first call has not ended.
        """
        if not 0 < len(key) <= MAX_KEY_LENGTH:
            raise StripeError(
                400,
                "invalid_request_error",
                f"An idempotency key has from 1 to {MAX_KEY_LENGTH} characters.",
                before_execution=True,
            )
        self._prune()
        saved = self._saved.get(key)
        if saved is None:
            self._saved[key] = Saved(endpoint, params, self._clock.exact(), request_id)
            return None
        if saved.endpoint != endpoint:
            raise idempotency_mismatch(key, f"another endpoint ('{saved.endpoint}')")
        if saved.params != params:
            raise idempotency_mismatch(key, "other parameters")
        if saved.status is None:
            raise key_in_use(key)
        return saved

    def save(self, key: str, status: int, body: bytes) -> None:
        """Save the answer of a claimed key."""
        self._saved[key].status = status
        self._saved[key].body = body

    def release(self, key: str) -> None:
        """Let go of a key whose call was refused before it began."""
        if key in self._saved and self._saved[key].status is None:
            del self._saved[key]

    def _prune(self) -> None:
        oldest = self._clock.exact() - KEPT_S
        # Keys stand in the order of their first use, so the old ones are in front.
        while self._saved:
            key, saved = next(iter(self._saved.items()))
            if saved.first_used > oldest:
                return
            del self._saved[key]
