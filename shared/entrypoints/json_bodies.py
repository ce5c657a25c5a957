"""JSON bodies: the text, and the object in it. Needs no pydantic, like `query_strings`."""

import base64
import json
from typing import Any, NoReturn

from shared.domain.errors import InvalidInput
from shared.domain.mistakes import mistake

MAX_BODY_BYTES = 64 * 1024


def read_object(body: str | None) -> dict[str, Any]:
    """Return the JSON object of a body; an empty body is an empty object. Raises `InvalidInput`."""
    text = body or "{}"
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BODY_BYTES:
        raise InvalidInput("The body is over 64 KiB.")
    try:
        document = json.loads(text, parse_constant=_refuse)
        text.encode()
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The body is no JSON.") from error
    if not isinstance(document, dict):
        raise InvalidInput("The body is no JSON object.", errors=[mistake("", "must be an object")])
    return document


def read_body(body: str | None, *, is_base64: bool | None) -> str | None:
    """Return a body as text; API Gateway encodes it as base64 unless its type is text."""
    if not body or not is_base64:
        return body
    try:
        return base64.b64decode(body, validate=True).decode()
    except ValueError as error:
        raise InvalidInput("The body is no JSON.") from error


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
