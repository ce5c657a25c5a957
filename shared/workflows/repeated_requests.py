"""Requests that may be sent twice: the second one gets the answer to the first."""

from typing import Any

from msgspec import Struct

from shared.adapters.booking_store import BookingStore
from shared.adapters.first_answers import Answered, FirstAnswer
from shared.domain.errors import Conflict

# How long a first answer is kept.
IDEMPOTENCY_S = 24 * 3600


class RequestKey(Struct, frozen=True):
    """What a repetition is recognised by: digests of its Idempotency-Key and of its body.

    Both are "" for a request without a key.
    """

    digest: str = ""
    request_hash: str = ""


class Repeatable(Struct, frozen=True):
    """A request and the answer, if any, that the same one got before; `now_s` is when it came."""

    key: RequestKey
    answered: Answered
    now_s: int

    def kept(self) -> dict[str, Any] | None:
        """Return the first answer, or `None`; raises `Conflict` `idempotency_key_reused`."""
        if self.answered.body is None:
            return None
        if self.answered.request_hash != self.key.request_hash:
            raise Conflict(
                "This Idempotency-Key was used with another body.", code="idempotency_key_reused"
            )
        return self.answered.body

    def first_answer(self, body: dict[str, Any]) -> FirstAnswer | None:
        """Return what is to be written beside the change; `None` without a key."""
        if not self.key.digest:
            return None
        return FirstAnswer(
            self.key.digest,
            self.key.request_hash,
            body,
            self.answered.version,
            self.now_s + IDEMPOTENCY_S,
        )


class Reply(Struct, frozen=True):
    """The answer to a request in plain JSON types, and whether it is the one that was kept."""

    body: dict[str, Any]
    is_repeated: bool = False


def read_answered(store: BookingStore, location_id: str, key: RequestKey, now_s: int) -> Repeatable:
    """Return a request with the answer that is kept under its key; reads nothing without one."""
    answered = store.get_answer(location_id, key.digest, now_s) if key.digest else Answered()
    return Repeatable(key, answered, now_s)
