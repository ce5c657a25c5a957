"""Holds what functions answer against the contract, wherever a test calls one of them."""

import base64
import functools
import importlib
from collections.abc import Callable
from typing import Any

from tests.contract.contract import Contract

# The functions behind the HTTP API's routes, in the order of template.yaml.
HTTP_FUNCTIONS = (
    "receive_stripe_webhook",
    "serve_staff_api",
    "create_checkout",
    "serve_visit",
    "serve_evidence",
    "serve_widget",
    "serve_pages",
    "serve_report",
    "connect_stripe",
)
type Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def hold_functions_to_the_contract() -> None:
    """Let every handler of these functions check its answers, from here on in this process.

    A conftest calls it: test modules that are imported later find the handlers that check.
    """
    for name in HTTP_FUNCTIONS:
        module = importlib.import_module(f"functions.{name}.handler")
        if not hasattr(module.handler, "unchecked"):
            module.handler = checked(module.handler)


def checked(handler: Handler) -> Handler:
    """Return a handler that checks its answer to a request of API Gateway's."""

    @functools.wraps(handler)
    def check(event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer = handler(event, context)
        asked = request_of(event)
        if asked:
            Contract.load().check_answer(
                *asked, answer["statusCode"], answer.get("headers", {}), _body(answer)
            )
        return answer

    check.unchecked = handler  # type: ignore[attr-defined]
    return check


def request_of(event: dict[str, Any]) -> tuple[str, str] | None:
    """Return a request's method and path, `None` for an event that API Gateway would not send."""
    method, _, route = event.get("routeKey", "").partition(" ")
    http = event.get("requestContext", {}).get("http", {})
    path = event.get("rawPath") or http.get("path") or _filled(route, event.get("pathParameters"))
    method = http.get("method") or method
    return (method, path) if path and method not in ("", "ANY") else None


def _filled(route: str, parameters: dict[str, str] | None) -> str:
    for name, value in (parameters or {}).items():
        for written in (f"{{{name}}}", f"{{{name}+}}"):
            route = route.replace(written, value or "-")
    return route


def _body(answer: dict[str, Any]) -> bytes | str:
    body: str = answer.get("body", "")
    return base64.b64decode(body) if answer.get("isBase64Encoded") else body
