"""Holds what functions answer against the contract, wherever a test calls one of them."""

import base64
import functools
import gzip
import importlib
from collections.abc import Callable
from typing import Any

from tests.contract.contract import Contract

# The functions behind the HTTP API's routes, in the order of template.yaml, each with the route of
# a request that names none: tests leave it out where a function has one route, or a main one.
HTTP_FUNCTIONS = {
    "receive_stripe_webhook": "POST /webhooks/stripe/{location_id}",
    "serve_staff_api": "",
    "create_checkout": "GET /pay/{token}",
    "serve_visit": "",
    "serve_evidence": "",
    "serve_widget": "GET /health",
    "serve_pages": "",
    "serve_report": "",
    "connect_stripe": "",
}
type Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def hold_functions_to_the_contract() -> None:
    """Let every handler of these functions check its answers, from here on in this process.

    A conftest calls it: test modules that are imported later find the handlers that check.
    """
    for name, main_route in HTTP_FUNCTIONS.items():
        module: Any = importlib.import_module(f"functions.{name}.handler")
        if not hasattr(module.handler, "unchecked"):
            module.handler = checked(module.handler, main_route)


def checked(handler: Handler, main_route: str = "") -> Handler:
    """Return a handler that checks its answer to a request of API Gateway's."""

    @functools.wraps(handler)
    def check(event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer = handler(event, context)
        method, path = request_of(event, main_route)
        headers = answer.get("headers", {})
        Contract.load().check_answer(method, path, answer["statusCode"], headers, _body(answer))
        return answer

    check.unchecked = handler  # type: ignore[attr-defined]
    return check


def request_of(event: dict[str, Any], main_route: str = "") -> tuple[str, str]:
    """Return a request's method and path.

    A route without `+` says by itself which operation it is, whatever its parameters are.
    """
    http = event.get("requestContext", {}).get("http", {})
    path = event.get("rawPath") or http.get("path", "")
    known = event.get("routeKey") or ("" if path else main_route)
    method, _, route = known.partition(" ")
    if method not in ("", "ANY") and "+" not in route:
        return method, route
    if path:
        return http.get("method") or method, path
    return method, route.replace("{proxy+}", "file")


def _body(answer: dict[str, Any]) -> bytes | str:
    body: str = answer.get("body", "")
    if not answer.get("isBase64Encoded"):
        return body
    content = base64.b64decode(body)
    is_packed = answer["headers"].get("content-encoding") == "gzip"
    return gzip.decompress(content) if is_packed else content
