"""How pages and files are sent: their headers, their tags, and compressed where that is taken."""

from collections.abc import Mapping

from functions.serve_pages.asset_files import Asset
from functions.serve_pages.pages import CONTENT_SECURITY_POLICY
from shared.entrypoints.compressed import compressed
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


def page(event: Event, status: int, html: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with a page."""
    return compressed(event, text_answer(status, html, {**PAGE_HEADERS, **(headers or {})}))


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
    headers = {**headers, "content-type": file.kind}
    return compressed(event, text_answer(200, file.content.decode(), headers))
