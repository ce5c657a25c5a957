"""Requests that may come twice: the body, the Idempotency-Key, and the first answer kept."""

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from shared.adapters.booking_store import BookingStore
from shared.adapters.first_answers import Answered, FirstAnswer
from shared.domain.errors import Conflict, InvalidInput
from shared.entrypoints.caller import Caller
from shared.entrypoints.json_bodies import read_body

IDEMPOTENCY_S = 24 * 3600
MAX_KEY_CHARS = 255
REPLAYED = {"idempotent-replayed": "true"}


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A request: what it is known by if it comes again (a digest, or ""), and its first answer."""

    digest: str
    request_hash: str
    answered: Answered
    now_s: int

    def kept(self) -> dict[str, Any] | None:
        """Return the first answer, or `None`; raises `Conflict` `idempotency_key_reused`."""
        if self.answered.body is None:
            return None
        if self.answered.request_hash != self.request_hash:
            raise Conflict(
                "This Idempotency-Key was used with another body.", code="idempotency_key_reused"
            )
        return self.answered.body

    def first_answer(self, body: dict[str, Any]) -> FirstAnswer | None:
        """Return what is to be written beside the change; `None` without a key."""
        if not self.digest:
            return None
        until_s = self.now_s + IDEMPOTENCY_S
        return FirstAnswer(self.digest, self.request_hash, body, self.answered.version, until_s)


def request_body(router: Router) -> str | None:
    """Return the body of the request under way as text."""
    asked = router.current_event
    return read_body(asked.body, is_base64=asked.is_base64_encoded)


def read_repeatable(
    router: Router, store: BookingStore, location_id: str, caller: Caller, body: str | None
) -> Repeatable:
    """Return what is known of a request; its key's scope is location, route and caller."""
    now_s = int(time.time())
    headers = router.current_event.headers.items()
    key = next((text for name, text in headers if name.lower() == "idempotency-key"), None)
    if key is None:
        return Repeatable("", "", Answered(), now_s)
    if not 1 <= len(key) <= MAX_KEY_CHARS:
        raise InvalidInput("The Idempotency-Key has 1 to 255 characters.")
    scope = json.dumps([router.current_event.raw_path, caller.user_id, key])  # type: ignore[attr-defined]
    digest = hashlib.sha256(scope.encode()).hexdigest()
    document = json.dumps(json.loads(body or "{}"), sort_keys=True)
    request_hash = hashlib.sha256(document.encode()).hexdigest()
    return Repeatable(digest, request_hash, store.get_answer(location_id, digest, now_s), now_s)
