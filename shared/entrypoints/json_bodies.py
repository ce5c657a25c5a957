"""JSON bodies: the object in a text. Needs no pydantic, like `query_strings`."""

import json
from typing import Any, NoReturn

from shared.domain.errors import InvalidInput
from shared.domain.mistakes import mistake

KIB = 1024
MAX_BODY_KIB = 64


def read_object(body: str | None, max_kib: int = MAX_BODY_KIB) -> dict[str, Any]:
    """Return the JSON object of a body; an empty body is an empty object. Raises `InvalidInput`."""
    text = body or "{}"
    if len(text.encode("utf-8", "surrogatepass")) > max_kib * KIB:
        raise InvalidInput(f"The request body is over {max_kib} KiB.")
    try:
        document = json.loads(text, parse_constant=_refuse)
        text.encode()
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The request body is not valid JSON.") from error
    if not isinstance(document, dict):
        errors = [mistake("", "must be an object")]
        raise InvalidInput("The request body is not a JSON object.", errors=errors)
    return document


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
