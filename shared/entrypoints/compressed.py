"""Answers compressed where the client takes it: an HTTP API does not do it."""

import base64
import gzip
import re
from functools import lru_cache

from shared.entrypoints.http_api import Answer, Event, header

# What is shorter gains nothing.
LEAST_BYTES = 1000
# Slots repeat themselves: the last level saves a tenth of them, for ten milliseconds.
LEVEL = 9
_GZIP = re.compile(r"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?P<q>[01](?:\.\d*)?)\s*)?(?:,|$)")


def compressed(event: Event, answer: Answer) -> Answer:
    """Return a text answer as the request's `accept-encoding` takes it.

    A binary answer goes through API Gateway as base64.
    """
    headers, content = dict(answer["headers"]), str(answer["body"]).encode()
    # A cache in between keeps one for those who take gzip and one for the others.
    headers["vary"] = ", ".join(filter(None, (headers.get("vary", ""), "accept-encoding")))
    wanted = _GZIP.search(header(event, "accept-encoding") or "")
    if wanted is None or float(wanted["q"] or 1) == 0 or len(content) < LEAST_BYTES:
        return {**answer, "headers": headers}
    headers["content-encoding"] = "gzip"
    body = base64.b64encode(_gzipped(content)).decode()
    return {**answer, "headers": headers, "body": body, "isBase64Encoded": True}


@lru_cache(maxsize=32)
def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, LEVEL, mtime=0)
