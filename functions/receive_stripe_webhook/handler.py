"""Stripe posts an event: verify it, put it on the bus, and only then answer 200.

No SDK is loaded here: the signature needs the standard library, and the calls to AWS are signed by
`shared.adapters.signed_http` (docs/decisions/0001-webhook-signs-its-aws-calls.md).
"""

import base64
import time
from typing import Any

from shared import environment
from shared.adapters.event_bus import EventBus
from shared.adapters.signing_secrets import SigningSecretStore
from shared.domain.errors import (
    AwsRefused,
    AwsUnreachable,
    InvalidSignature,
    ModeMismatch,
    NotAccepted,
    Problem,
    ServiceFault,
)
from shared.domain.locations.location_id import LOCATION_ID
from shared.domain.stripe_facts import webhook_signature
from shared.domain.stripe_facts.event_types import is_consumed
from shared.entrypoints.http_api import header, json_answer, path_parameter, problem_answer
from shared.observability import count, fault, logger, metrics


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one delivery from Stripe: 200 once the bus has it, else as the contract says."""
    location_id = path_parameter(event, "location_id")
    try:
        body = _raw_body(event)
        stripe_event = _verify(location_id, body, header(event, "stripe-signature"))
        logger.append_keys(location_id=location_id, event_id=stripe_event["id"])
        # All that follows from it is known by the same, as far as the last mail.
        logger.set_correlation_id(stripe_event["id"])
        text = webhook_signature.write_event(stripe_event, body)
        known_type = stripe_event["type"] if is_consumed(stripe_event["type"]) else ""
        if known_type:
            environment.get(EventBus).put_stripe_event(location_id, stripe_event, text, body)
            count("WebhookAccepted")
        else:
            count("WebhookNotConsumed")
    except Problem as problem:
        logger.warning("webhook refused", code=problem.code, reason=str(problem))
        count("WebhookRefused")
        if isinstance(problem, ModeMismatch):
            count("WebhookOfAnotherMode")
        return problem_answer(problem)
    except (AwsRefused, AwsUnreachable) as error:
        # Stripe retries for three days; nothing of the event has been accepted.
        logger.error("webhook not accepted", **fault(error))
        count("WebhookNotAccepted")
        passes = isinstance(error, AwsUnreachable)
        return problem_answer(NotAccepted() if passes else ServiceFault())
    # A type that nobody knows is part of the body.
    logger.info("webhook answered", type=known_type)
    return json_answer({"received": True, "event_id": stripe_event["id"]})


def _verify(location_id: str, body: bytes, signature: str | None) -> dict[str, Any]:
    signed = webhook_signature.read_signature_header(signature, int(time.time()))
    if not LOCATION_ID.fullmatch(location_id):
        raise InvalidSignature("no such location")
    found = environment.get(SigningSecretStore).get(location_id)
    if not webhook_signature.is_signed(signed, body, found.secrets):
        found = environment.get(SigningSecretStore).get(location_id, fresh=True)
        if not webhook_signature.is_signed(signed, body, found.secrets):
            raise InvalidSignature("no secret of the location made this signature")
    stripe_event = webhook_signature.parse_event_body(body)
    webhook_signature.check_mode(stripe_event, found.mode)
    return stripe_event


def _raw_body(event: dict[str, Any]) -> bytes:
    """Return the bytes that Stripe signed; API Gateway encodes those of some content types."""
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        webhook_signature.check_event_size(len(body) * 3 // 4 - 2)
        try:
            raw = base64.b64decode(body, validate=True)
        except ValueError as error:
            raise InvalidSignature("the body cannot be read") from error
    else:
        raw = body.encode("utf-8", "surrogatepass")
    webhook_signature.check_event_size(len(raw))
    return raw
