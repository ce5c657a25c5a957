"""Every message that a test has Bookpay send is held against its schema in docs/events.

The published schemas allow further fields; here none is allowed that they do not have.
"""

import importlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import jsonschema
import pytest

from infra.event_schemas import STRIPE_EVENT, schemas
from shared.domain.messages.envelopes import envelope_of
from shared.domain.messages.message import Message


def expect_in_schema(detail_type: str, detail: Any, source: str = "bookpay") -> None:
    """Fail for a message that its schema does not describe, or that has none."""
    name = STRIPE_EVENT if source == "bookpay.stripe" else detail_type
    assert name in _validators(), f"{name} has no schema in docs/events"
    _validators()[name].validate(detail)


def expect_message(message: Message) -> None:
    """The same for a message before it is sent."""
    envelope = json.loads(json.dumps(envelope_of(message)))
    expect_in_schema(envelope["detail-type"], envelope["detail"])


def check_what_is_sent(patched: pytest.MonkeyPatch) -> None:
    """Check what is written to the outbox, put on the bus, and sent to a queue."""
    # Not before a test runs: conftest.py names the logger first.
    outbox = importlib.import_module("shared.adapters.outbox")
    http = importlib.import_module("shared.adapters.signed_http").SignedHttp
    put: Callable[[Message, int], Any] = outbox._put
    send: Callable[..., bytes] = http.send

    def checked_put(message: Message, now_s: int) -> Any:
        expect_message(message)
        return put(message, now_s)

    def checked_send(
        connection: Any, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> bytes:
        _expect_request_in_schema(headers.get("x-amz-target", ""), body)
        return send(connection, method, path, headers, body)

    patched.setattr(outbox, "_put", checked_put)
    patched.setattr(http, "send", checked_send)


def _expect_request_in_schema(target: str, body: bytes) -> None:
    if target == "AWSEvents.PutEvents":
        for entry in json.loads(body)["Entries"]:
            expect_in_schema(entry["DetailType"], json.loads(entry["Detail"]), entry["Source"])
    elif target == "AmazonSQS.SendMessageBatch":
        for entry in json.loads(body)["Entries"]:
            envelope = json.loads(entry["MessageBody"])
            expect_in_schema(envelope["detail-type"], envelope["detail"])


@cache
def _validators() -> dict[str, jsonschema.Draft202012Validator]:
    return {
        name: jsonschema.Draft202012Validator(_closed(schema)) for name, schema in schemas().items()
    }


def _closed(schema: Any) -> Any:
    """Return a schema that allows no field which it does not have."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(each) for name, each in schema.items()}
    return {**closed, "additionalProperties": False} if "required" in schema else closed
