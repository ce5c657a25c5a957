"""Conditional requests: who asks again for what has not changed, is answered 304 without a body.

The tag is a digest of the answer: it costs no read, and is another one where anything differs.
Answers stay `no-store`; a page keeps the tag itself.
https://www.rfc-editor.org/rfc/rfc9110.html#name-conditional-requests
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from shared.entrypoints.http_api import JSON, header

TAG_CHARS = 32


def conditional(event: Mapping[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Return a GET's answer in JSON with its `etag`, or 304 where the request names that tag."""
    method = event["requestContext"]["http"]["method"]
    kind = next(
        (str(each) for name, each in answer["headers"].items() if name.lower() == "content-type"),
        "",
    )
    if method != "GET" or answer["statusCode"] != 200 or not kind.startswith(JSON):  # noqa: PLR2004
        return answer
    digest = hashlib.sha256(str(answer["body"]).encode()).hexdigest()
    tag = f'"{digest[:TAG_CHARS]}"'
    headers = {**answer["headers"], "etag": tag}
    if not _names(header(event, "if-none-match") or "", tag):
        return {**answer, "headers": headers}
    kept = {name: each for name, each in headers.items() if name.lower() != "content-type"}
    return {**answer, "statusCode": 304, "headers": kept, "body": ""}


def _names(condition: str, tag: str) -> bool:
    """Whether a condition names a tag; one that an intermediary has weakened counts, too."""
    tags = [each.strip().removeprefix("W/") for each in condition.split(",")]
    return tag in tags or tags == ["*"]
