"""The first answer to a request with an idempotency key, kept for a day.

It is written in the transaction of what the request changed.
"""

from typing import Any

from msgspec import Struct

from shared.adapters.bookings_table import Delete, Key, Put, Stored


class Answered(Struct, frozen=True):
    """What is kept under an idempotency key: a request's hash and its first answer.

    `body` is `None` where nothing is kept, or nothing that counts any more; `version` is what a
    write of the answer has to find.
    """

    request_hash: str = ""
    body: dict[str, Any] | None = None
    version: int = 0


class FirstAnswer(Struct, frozen=True):
    """An answer to be kept under the digest of an idempotency key, until `expires_at_s`."""

    digest: str
    request_hash: str
    body: dict[str, Any]
    version: int
    expires_at_s: int


def answer_put(location_id: str, answer: FirstAnswer) -> Put:
    """Return the write of a first answer under its idempotency key."""
    body = {
        "request_hash": answer.request_hash,
        "body": answer.body,
        "expires_at_s": answer.expires_at_s,
    }
    key = idempotency_key(location_id, answer.digest)
    return Put(key, body, answer.version, expires_at_s=answer.expires_at_s)


def answer_delete(location_id: str, digest: str) -> Delete:
    """Return the write that forgets an answer whose request has failed after all."""
    return Delete(idempotency_key(location_id, digest))


def idempotency_key(location_id: str, digest: str) -> Key:
    """Return where the answer to a request is kept."""
    return Key(f"{location_id}#idempotency#{digest}", "idempotency")


def read_answer(stored: Stored | None, now_s: int) -> Answered:
    """Return what an item keeps; DynamoDB deletes expired items late, so the time decides."""
    if stored is None:
        return Answered()
    if stored.body["expires_at_s"] <= now_s:
        return Answered(version=stored.version)
    return Answered(stored.body["request_hash"], stored.body["body"], stored.version)
