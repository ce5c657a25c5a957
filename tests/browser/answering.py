"""The one place where tests answer for the API: each answer is held to docs/openapi.yaml."""

import json
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Request, Route

from tests.contract.contract import Contract, ContractBroken

PROBLEM, JSON, SVG = "application/problem+json", "application/json", "image/svg+xml"
# What answers were not as the contract says: the fixture `visit` looks at it when a test ends.
broken: list[str] = []


def answer(
    route: Route, status: int, document: Any, kind: str = "", *, allowed_origin: str = ""
) -> None:
    """Answer a request of the page's with a document, or with the text of a file.

    `allowed_origin` is another site's, whose pages may read it.
    """
    kind = kind or (PROBLEM if isinstance(document, dict) and "code" in document else JSON)
    body = document if isinstance(document, str) else json.dumps(document)
    body = "" if status == 204 else body
    request = route.request
    try:
        headers = {"content-type": kind} if body else {}
        Contract.load().check_answer(request.method, request.url, status, headers, body)
    except ContractBroken as mistake:
        broken.append(str(mistake))
    read_by = {"access-control-allow-origin": allowed_origin} if allowed_origin else {}
    route.fulfill(status=status, content_type=kind, body=body, headers=read_by)


def hold_request(request: Request) -> None:
    """Hold what a page sends to the contract, as an answer is."""
    sent = request.post_data
    operation = Contract.load().find(request.method, request.url)
    body = (operation.described if operation else {}).get("requestBody")
    if sent is None or body is None:
        return
    told = f"{request.method} {urlsplit(request.url).path}"
    try:
        schema = body["content"]["application/json"]["schema"]
        Contract.load().check_schema(told, schema, json.loads(sent))
    except ContractBroken as mistake:
        broken.append(str(mistake))
