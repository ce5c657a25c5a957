"""Holds what a running API answers against the contract: to tests' own requests and to browsers."""

import contextlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import BrowserContext, Error, Request

from tests.contract.contract import Contract, ContractBroken

_held: set[str] = set()


@contextlib.contextmanager
def held_to_the_contract(api_url: str) -> Iterator[None]:
    """Let every answer of this origin be checked where it is received, whoever's client asks."""
    send = httpx.Client.send

    def check(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        answer = send(client, request, **options)
        # A redirect that was followed is an answer too.
        for each in (*answer.history, answer):
            check_http_answer(each)
        return answer

    _held.add(origin := _origin(api_url))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(httpx.Client, "send", check)
        yield
    _held.discard(origin)


def check_http_answer(answer: httpx.Response) -> None:
    """Raise `ContractBroken` for an answer of a held origin that the contract does not promise."""
    url, method = str(answer.request.url), answer.request.method
    if _origin(url) in _held and method != "HEAD":
        body = answer.read()
        Contract.load().check_answer(method, url, answer.status_code, answer.headers, body)


def hold_browser(context: BrowserContext) -> list[str]:
    """Check what a browser is answered by held origins; return the list that mistakes go into."""
    mistakes: list[str] = []

    def look(request: Request) -> None:
        if _origin(request.url) not in _held:
            return
        # A page that was left takes along what it was answered.
        with contextlib.suppress(Error):
            answer = request.response()
            if answer is None:
                return
            is_redirect = answer.status in range(300, 400)
            body = b"" if is_redirect else answer.body()
            try:
                Contract.load().check_answer(
                    request.method, request.url, answer.status, answer.headers, body
                )
            except ContractBroken as broken:
                mistakes.append(str(broken))

    context.on("requestfinished", look)
    return mistakes


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
