"""Is a posted body an event that Stripe signed? Pure: the clock and the secrets are given.

Stripe signs `t` + "." + the raw body with HMAC-SHA256 and sends `t=...,v1=<hex>[,v1=<hex>...]`, one
v1 for each secret that is valid while one is being rolled; other schemes (v0) are to be ignored.
https://docs.stripe.com/webhooks#verify-manually
"""

import hashlib
import hmac
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, NoReturn

from shared.domain.errors import InvalidPayload, InvalidSignature, ModeMismatch, PayloadTooLarge

TOLERANCE_S = 300
MAX_EVENT_BYTES = 1024 * 1024
# A rolled secret gives two; many more than that is an attack.
MAX_SIGNATURES = 8
MAX_HEADER_CHARS = 2048
# An event's id stands in logs, keys and answers: nothing else may stand there in its name.
FORMS = {
    "id": re.compile(r"evt_\w{1,251}", re.ASCII),
    "type": re.compile(r"[\w.]{1,255}", re.ASCII),
}
MAX_NESTING = 64
# JSON may write a colon as \u003a or \u003A: both begin with this.
ESCAPED_COLON = rb"\u003"
_HEX = frozenset("0123456789abcdef")
_SHA256_HEX_CHARS = 64


class SignatureHeader(NamedTuple):
    """A well-formed `Stripe-Signature`: its time in seconds since 1970 and its v1 signatures."""

    signed_at_s: int
    signatures: tuple[str, ...]


def read_signature_header(header: str | None, now_s: int) -> SignatureHeader:
    """Take the header apart, before any secret is fetched for it.

    Raises `InvalidSignature` when it is missing, malformed, has no v1, or its time is more than
    300 s away from `now_s` in either direction.
    """
    if not header or len(header) > MAX_HEADER_CHARS or not header.isascii():
        raise InvalidSignature("no usable Stripe-Signature header")
    times: list[str] = []
    signatures: list[str] = []
    for part in header.split(","):
        scheme, _, value = part.strip().partition("=")
        if scheme == "t":
            times.append(value)
        elif scheme == "v1" and len(value) == _SHA256_HEX_CHARS and _HEX.issuperset(value):
            signatures.append(value)
    if len(times) != 1 or not times[0].isdigit() or not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise InvalidSignature("the header has not one time and at least one v1 signature")
    signed_at_s = int(times[0])
    if abs(now_s - signed_at_s) > TOLERANCE_S:
        raise InvalidSignature("the signature's time is too far from now")
    return SignatureHeader(signed_at_s, tuple(signatures))


def is_signed(header: SignatureHeader, body: bytes, secrets: Iterable[str]) -> bool:
    """Whether any of the secrets made any of the header's signatures over the raw body."""
    signed = str(header.signed_at_s).encode() + b"." + body
    found = False
    for secret in secrets:
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        for signature in header.signatures:
            # Every pair is compared, so that timing does not reveal which one matched.
            found |= hmac.compare_digest(expected, signature)
    return found


def parse_event_body(body: bytes) -> dict[str, Any]:
    """Parse a body whose signature is right, and check that it has an event's shape.

    Raises `InvalidPayload` for what is no JSON object with the event's `id`, `type`, `livemode`,
    `created` and `data.object`: not UTF-8, NaN, a thin event (`v2.core.event`). What is JSON, but
    not to be handed on, `write_event` refuses.
    """
    try:
        event = _STRICT.decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidPayload("the body is no JSON") from error
    if not isinstance(event, dict) or event.get("object") != "event":
        raise InvalidPayload("the body is no Stripe event")
    for key, form in FORMS.items():
        value = event.get(key)
        if not isinstance(value, str) or not form.fullmatch(value):
            raise InvalidPayload(f"the event has no {key}")
    data = event.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("object"), dict):
        raise InvalidPayload("the event has no object")
    if not isinstance(event.get("livemode"), bool):
        raise InvalidPayload("the event does not say its mode")
    if type(event.get("created")) is not int:
        raise InvalidPayload("the event does not say when")
    return event


def write_event(event: Mapping[str, Any], body: bytes) -> str:
    """Return the event that was parsed of `body` as JSON, to be handed on.

    Raises `InvalidPayload` for what somebody else might read otherwise, or not at all: a key that
    stands twice in one object, and nesting beyond 64.
    """
    _limit_nesting(event)
    text = json.dumps(event)
    # One of two equal keys is lost in parsing, and its colon with it. Colons in texts are the same
    # on both sides, unless they were escaped.
    if body.count(b":") != text.count(":") or ESCAPED_COLON in body:
        _UNIQUE.decode(body.decode("utf-8"))
    return text


def check_event_size(size_bytes: int) -> None:
    """Raise `PayloadTooLarge` over 1 MiB."""
    if size_bytes > MAX_EVENT_BYTES:
        raise PayloadTooLarge("the body is over 1 MiB")


def check_mode(event: Mapping[str, Any], mode: str) -> None:
    """Raise `ModeMismatch` when a test event meets a live location, or the reverse."""
    if event["livemode"] is not (mode == "live"):
        raise ModeMismatch("the event's livemode is not the location's")


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidPayload(f"{name} is no JSON")


def _finite(text: str) -> float:
    # Python reads 1e999 as infinite, and the bus takes no Infinity.
    number = float(text)
    if math.isinf(number):
        raise InvalidPayload("a number is too large")
    return number


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidPayload("a key stands twice in one object")
    return found


# Made once: `json.loads` would make it for every body.
_STRICT = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
_UNIQUE = json.JSONDecoder(object_pairs_hook=_unique_keys)
_NESTED = frozenset({dict, list})


def _limit_nesting(event: Mapping[str, Any]) -> None:
    level: list[Any] = [event]
    for _ in range(MAX_NESTING):
        level = [
            child
            for parent in level
            for child in (parent.values() if type(parent) is dict else parent)
            if type(child) in _NESTED
        ]
        if not level:
            return
    raise InvalidPayload("the event is nested too deeply")
