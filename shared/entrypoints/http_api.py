"""What an HTTP API sends a function, and how it is answered. Needs no library.

Events and answers have payload format 2.0:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from shared.domain.errors import InvalidInput, NotFound, Problem, TooManyRequests
from shared.domain.locations.location_id import LOCATION_ID

type Event = dict[str, Any]
type Answer = dict[str, Any]
JSON, PROBLEM = "application/json", "application/problem+json"
# What depends on who asks must not be cached, and no browser may guess another type.
PRIVATE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
# Those of every page and file.
SAFE_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
}
MAX_FORM_FIELDS = 10


def json_answer(
    document: object, headers: Mapping[str, str] | None = None, *, status: int = 200
) -> Answer:
    """Answer with a document in plain JSON types."""
    return _answer(status, JSON, json.dumps(document), headers or {})


def problem_answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with a problem document, and with `retry-after` where it is known."""
    more = {**problem_headers(problem), **(headers or {})}
    return _answer(problem.status, PROBLEM, json.dumps(problem.to_dict()), more)


def problem_headers(problem: Problem) -> dict[str, str]:
    """Return the headers that a problem adds to its answer."""
    if isinstance(problem, TooManyRequests):
        return {"retry-after": str(problem.retry_after_s)}
    return {}


def text_answer(status: int, body: str, headers: Mapping[str, str]) -> Answer:
    """Answer with a text whose type is among the headers."""
    return {"statusCode": status, "headers": dict(headers), "body": body}


def redirect(address: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Lead on to another address with 303: its page is fetched by GET, and never from a cache."""
    return text_answer(303, "", {**PRIVATE, **(headers or {}), "location": address})


def path_parameter(event: Mapping[str, Any], name: str) -> str:
    """Return a parameter of the route, "" where it has none of that name."""
    return str((event.get("pathParameters") or {}).get(name, ""))


def read_location_id(event: Mapping[str, Any]) -> str:
    """Return the location in the route; raises `NotFound` where it can be none."""
    location_id = path_parameter(event, "location_id")
    if not LOCATION_ID.fullmatch(location_id):
        raise no_location()
    return location_id


def no_location() -> NotFound:
    """Return the refusal of a request about a location that does not exist."""
    return NotFound("There is no such location.", code="location_not_found")


def query_of(event: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the query; API Gateway joins the values of a repeated parameter with commas."""
    return event.get("queryStringParameters") or {}


def header(event: Mapping[str, Any], name: str) -> str | None:
    """Return a header; `name` is in small letters, as API Gateway writes most names."""
    headers = (event.get("headers") or {}).items()
    return next((str(value) for each, value in headers if each.lower() == name), None)


def read_body(event: Mapping[str, Any]) -> str | None:
    """Return a body as text; API Gateway encodes it as base64 unless its type is text.

    Raises `InvalidInput` for a body that is not text.
    """
    body: str | None = event.get("body")
    if not body or not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True).decode()
    except ValueError as error:
        raise InvalidInput("The request body is not valid JSON.") from error


def read_form(event: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the fields of a submitted form, the first value of each; none where it is no form."""
    try:
        fields = parse_qs(read_body(event) or "", max_num_fields=MAX_FORM_FIELDS)
    except (InvalidInput, ValueError):
        return {}
    return {name: values[0] for name, values in fields.items()}


def _answer(status: int, kind: str, body: str, headers: Mapping[str, str]) -> Answer:
    return text_answer(status, body, {"content-type": kind, **PRIVATE, **headers})
