"""The Idempotency-Key of a request, for the routes that recognise a repetition."""

import time

from aws_lambda_powertools.event_handler.api_gateway import Router

from shared.adapters.booking_store import BookingStore
from shared.entrypoints.caller import Caller
from shared.entrypoints.request_key import read_request_key
from shared.workflows.repeated_requests import Repeatable, RequestKey, read_answered

REPLAYED = {"idempotent-replayed": "true"}


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
