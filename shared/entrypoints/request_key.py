"""The Idempotency-Key of a request. Needs no library: a client's first booking waits for it."""

import hashlib
import json

from shared.domain.errors import InvalidInput
from shared.entrypoints.json_bodies import read_object
from shared.workflows.repeated_requests import RequestKey

MAX_KEY_CHARS = 255


def read_request_key(key: str | None, body: str | None, *scope: str) -> RequestKey:
    """Return what a request is recognised by; the same key in another `scope` is another one.

    Raises `InvalidInput` for a key that is empty or too long, and as `read_object` for a body:
    where a request has none to read, nobody else looks at it.
    """
    if key is None:
        return RequestKey()
    if not 1 <= len(key) <= MAX_KEY_CHARS:
        raise InvalidInput("The Idempotency-Key has 1 to 255 characters.")
    document = json.dumps(read_object(body), sort_keys=True)
    return RequestKey(_digest(json.dumps([*scope, key])), _digest(document))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
