"""The Idempotency-Key and the body of a request, for the routes that recognise a repetition."""

import hashlib
import json
import time

from aws_lambda_powertools.event_handler.api_gateway import Router

from shared.adapters.booking_store import BookingStore
from shared.domain.errors import InvalidInput
from shared.entrypoints.caller import Caller
from shared.entrypoints.json_bodies import read_body
from shared.workflows.repeated_requests import Repeatable, RequestKey, read_answered

MAX_KEY_CHARS = 255
REPLAYED = {"idempotent-replayed": "true"}


def request_body(router: Router) -> str | None:
    """Return the body of the current request as text."""
    asked = router.current_event
    return read_body(asked.body, is_base64=asked.is_base64_encoded)


def read_request_key(key: str | None, body: str | None, *scope: str) -> RequestKey:
    """Return what identifies a request; the same key in another `scope` is another request.

    `body` is JSON. Raises `InvalidInput` for a key that is empty or too long.
    """
    if key is None:
        return RequestKey()
    if not 1 <= len(key) <= MAX_KEY_CHARS:
        raise InvalidInput("The Idempotency-Key has 1 to 255 characters.")
    document = json.dumps(json.loads(body or "{}"), sort_keys=True)
    return RequestKey(_digest(json.dumps([*scope, key])), _digest(document))


def key_of(router: Router, caller: Caller, body: str | None) -> RequestKey:
    """Return the key of the current request; its scope is route and caller."""
    headers = router.current_event.headers.items()
    text = next((text for name, text in headers if name.lower() == "idempotency-key"), None)
    path: str = router.current_event.raw_path  # type: ignore[attr-defined]
    return read_request_key(text, body, path, caller.user_id)


def read_repeatable(
    router: Router, store: BookingStore, location_id: str, caller: Caller, body: str | None
) -> Repeatable:
    """Return the current request with its first answer."""
    return read_answered(store, location_id, key_of(router, caller, body), int(time.time()))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
