"""How pages and files are sent: their headers, their tags, and compressed where that is taken."""

import base64
import gzip
import re
from collections.abc import Mapping
from functools import lru_cache

from functions.serve_pages.asset_files import Asset
from functions.serve_pages.pages import CONTENT_SECURITY_POLICY
from shared.entrypoints.http_api import SAFE_HEADERS, Answer, Event, header, text_answer

PAGE_HEADERS = {
    **SAFE_HEADERS,
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-cache",
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
# Any site may embed the widget, and its script is no secret: module scripts are fetched with CORS.
# https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-single-module-script
ASSET_HEADERS = {
    **SAFE_HEADERS,
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
}
FOR_A_YEAR = "public, max-age=31536000, immutable"
FOR_MINUTES = "public, max-age=300, stale-while-revalidate=86400"
_GZIP = re.compile(r"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?P<q>[01](?:\.\d*)?)\s*)?(?:,|$)")


def page(event: Event, status: int, html: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with a page."""
    return _compressed(event, status, {**PAGE_HEADERS, **(headers or {})}, html.encode())


def tagged_file(event: Event, file: Asset) -> Answer:
    """Answer with a file whose name stays while its content changes."""
    tag = f'"{file.digest}"'
    headers = {**ASSET_HEADERS, "cache-control": FOR_MINUTES, "etag": tag}
    asked = header(event, "if-none-match") or ""
    # A tag comes back as a weak one where something on the way compressed the file.
    if tag in [each.strip().removeprefix("W/") for each in asked.split(",")]:
        return text_answer(304, "", headers)
    return _file(event, file, headers)


def kept_file(event: Event, file: Asset) -> Answer:
    """Answer with a file whose name changes with its content."""
    return _file(event, file, {**ASSET_HEADERS, "cache-control": FOR_A_YEAR})


def no_such_file() -> Answer:
    """Answer that there is no file of that name."""
    headers = {**ASSET_HEADERS, "cache-control": "no-store", "content-type": "text/plain"}
    return text_answer(404, "There is no such file.\n", headers)


def _file(event: Event, file: Asset, headers: dict[str, str]) -> Answer:
    return _compressed(event, 200, {**headers, "content-type": file.kind}, file.content)


def _compressed(event: Event, status: int, headers: dict[str, str], content: bytes) -> Answer:
    """Return an answer, compressed where the browser takes it: an HTTP API does not do it.

    A binary answer goes through API Gateway as base64.
    """
    headers = {**headers, "vary": "accept-encoding"}
    wanted = _GZIP.search(header(event, "accept-encoding") or "")
    if wanted is None or float(wanted["q"] or 1) == 0:
        return text_answer(status, content.decode(), headers)
    headers["content-encoding"] = "gzip"
    body = base64.b64encode(_gzipped(content)).decode()
    return {**text_answer(status, body, headers), "isBase64Encoded": True}


@lru_cache(maxsize=32)
def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, 6, mtime=0)
