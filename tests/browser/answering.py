"""The one place where tests answer for the API: each answer is held to docs/openapi.yaml."""

import json
from typing import Any

from playwright.sync_api import Route

from tests.contract.contract import Contract, ContractBroken

PROBLEM, JSON, SVG = "application/problem+json", "application/json", "image/svg+xml"
# What answers were not as the contract says: the fixture `visit` looks at it when a test ends.
broken: list[str] = []


def answer(route: Route, status: int, document: Any, kind: str = "") -> None:
    """Answer a request of the page's with a document, or with the text of a file."""
    kind = kind or (PROBLEM if isinstance(document, dict) and "code" in document else JSON)
    body = document if isinstance(document, str) else json.dumps(document)
    body = "" if status == 204 else body
    request = route.request
    try:
        headers = {"content-type": kind} if body else {}
        Contract.load().check_answer(request.method, request.url, status, headers, body)
    except ContractBroken as mistake:
        broken.append(str(mistake))
    route.fulfill(status=status, content_type=kind, body=body)
