"""The console's requests as API Gateway hands them on, for what a location has set."""

import json
from typing import Any

from functions.serve_staff_api import handler as staff_function
from functions.serve_staff_api.routes import GROUPS
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.config import load_config

# As API Gateway makes them.
REQUEST_ID = "JKJaXmPLvHcESHA="


def forget_stores() -> None:
    """Become a new execution environment, as far as these modules keep something."""
    environment.forget()


def load_staff_routes() -> None:
    """Load the routes that are loaded when they are first asked for."""
    for group in GROUPS.values():
        staff_function.app.include(group())


class StaffCalls:
    """Calls the function as somebody, and answers status and document."""

    def __init__(
        self, context: Any, store: BookingStore, handler: Any = staff_function.handler
    ) -> None:
        self._context = context
        self._handler = handler
        self.headers: dict[str, str] = {}
        del store
        load_config()

    def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        by: str = "owner",
        headers: Any = None,
        claims: Any = None,
        **query: str,
    ) -> tuple[int, Any]:
        token = {"sub": by, "token_use": "id", **(claims or {})}
        request: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "ANY /v1/{proxy+}",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"content-type": "application/json", **(headers or {})},
            "queryStringParameters": query,
            "requestContext": {
                "stage": "$default",
                "requestId": REQUEST_ID,
                "http": {"method": method, "path": path},
                "authorizer": {"jwt": {"claims": token, "scopes": None}},
            },
            "isBase64Encoded": False,
        }
        if body is not None:
            request["body"] = body if isinstance(body, str) else json.dumps(body)
        answer = self._handler(request, self._context)
        self.headers = answer["headers"]
        status = answer["statusCode"]
        if status in (204, 304):
            assert answer["body"] == ""
            return status, None
        if status < 400 and path.endswith(".svg"):
            assert answer["headers"]["Content-Type"] == "image/svg+xml"
            return status, answer["body"]
        kind = "application/problem+json" if status >= 400 else "application/json"
        assert answer["headers"]["Content-Type"] == kind
        told = json.loads(answer["body"])
        if status >= 400:
            assert {"type", "title", "status", "code"} <= told.keys()
        return status, told


def pointers(problem: dict[str, Any]) -> list[str]:
    return [each["pointer"] for each in problem.get("errors", [])]
