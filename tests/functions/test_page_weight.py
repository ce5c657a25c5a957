"""What a phone has loaded when it shows what can be booked: requests, and bytes sent."""

import base64
import gzip
import re
from pathlib import Path
from typing import Any

import pytest

from functions.serve_pages import handler as pages
from functions.serve_widget import handler as widget
from tests.benchmarks.counts import PAGE_KB, PAGE_REQUESTS

pytestmark = pytest.mark.enable_socket
NAMED = re.compile(r'(?:src|href)="/(assets/[^"]+)"')


def sent(function: Any, context: Any, route: str, **path: str) -> bytes:
    """Return an answer's body as it goes over the wire."""
    answer = function.handler(
        {
            "version": "2.0",
            "routeKey": route,
            "rawPath": route.partition(" ")[2],
            "headers": {"accept-encoding": "gzip, br"},
            "pathParameters": path,
            "requestContext": {"requestId": "1", "http": {"sourceIp": "203.0.113.9"}},
        },
        context,
    )
    assert answer["statusCode"] == 200
    body: str = answer["body"]
    return base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()


@pytest.mark.usefixtures("salon")
def test_up_to_the_list_of_services_a_page_is_four_requests_and_small(
    context: Any, made_pages: Path
) -> None:
    assert made_pages
    page = sent(pages, context, "GET /book/{location_id}", location_id="demo")
    html = gzip.decompress(page).decode() if page[:2] == b"\x1f\x8b" else page.decode()
    files = [
        sent(pages, context, "GET /assets/{proxy+}", proxy=name.removeprefix("assets/"))
        for name in dict.fromkeys(NAMED.findall(html))
    ]
    location = sent(widget, context, "GET /public/locations/{location_id}", location_id="demo")
    loaded = [page, *files, location]
    assert len(loaded) == PAGE_REQUESTS
    assert sum(map(len, loaded)) <= PAGE_KB * 1000
