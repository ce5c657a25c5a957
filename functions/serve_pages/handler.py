"""The pages that people see, and what they are made of: scripts and style sheets.

Pages are looked up again each time (`no-cache`), their files are kept for a year under names with
hashes. `/widget.js` is the same file under the name that other sites embed: kept for minutes, and
confirmed by its tag, as is the contract, `/openapi.json`; `/docs` shows it. Nothing here sets a
cookie or needs a login: the console's page is empty until its browser has signed in at Cognito, and
its data comes from the staff API.
"""

import base64
import gzip
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from functions.serve_pages import pages
from functions.serve_pages.asset_files import Asset, asset, asset_at, contract
from shared import environment
from shared.adapters.location_store import LocationStore
from shared.config import load_config
from shared.domain.errors import AwsUnreachable
from shared.domain.locations.location import LOCATION_ID
from shared.entrypoints.edge import through_edge
from shared.observability import count, logger, metrics

type Event = dict[str, Any]
type Answer = dict[str, Any]
SAFE_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
}
PAGE_HEADERS = {
    **SAFE_HEADERS,
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-cache",
    "content-security-policy": pages.CONTENT_SECURITY_POLICY,
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


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@through_edge
def handler(event: Event, _context: object) -> Answer:
    """Answer one request for a page or a file; failures are pages too."""
    answer_route = ROUTES.get(event.get("routeKey", ""))
    if answer_route is None:
        return _page(event, 404, pages.unknown_location())
    try:
        return answer_route(event)
    except AwsUnreachable:
        logger.exception("page failed for now")
        count("PageUnavailable")
        return _page(event, 503, pages.try_again())


def _show_booking_page(event: Event) -> Answer:
    location_id = str(event["pathParameters"]["location_id"])
    stored = (
        environment.get(LocationStore).get_location(location_id)
        if LOCATION_ID.fullmatch(location_id)
        else None
    )
    if stored is None:
        return _page(event, 404, pages.unknown_location())
    location = stored.location
    return _page(event, 200, pages.booking_page(location_id, location.name, location.locale))


def _show_console(event: Event) -> Answer:
    config = load_config()
    policy = pages.console_policy(config)
    return _page(event, 200, pages.console_page(config), {"content-security-policy": policy})


def _show_widget(event: Event) -> Answer:
    return _tagged(event, asset("widget.js"))


def _show_contract(event: Event) -> Answer:
    return _tagged(event, contract())


def _show_api_docs(event: Event) -> Answer:
    return _page(event, 200, pages.api_docs_page())


def _tagged(event: Event, file: Asset) -> Answer:
    """Answer a file whose name stays while its content changes."""
    tag = f'"{file.digest}"'
    headers = {**ASSET_HEADERS, "cache-control": FOR_MINUTES, "etag": tag}
    asked = (event.get("headers") or {}).get("if-none-match", "")
    # A tag comes back as a weak one where something on the way compressed the file.
    if tag in [each.strip().removeprefix("W/") for each in asked.split(",")]:
        return {"statusCode": 304, "headers": headers, "body": ""}
    return _file(event, file, headers)


def _show_asset(event: Event) -> Answer:
    found = asset_at(f"/assets/{event['pathParameters']['proxy']}")
    if found is None:
        headers = {**ASSET_HEADERS, "cache-control": "no-store", "content-type": "text/plain"}
        return {"statusCode": 404, "headers": headers, "body": "There is no such file.\n"}
    return _file(event, found, {**ASSET_HEADERS, "cache-control": FOR_A_YEAR})


ROUTES: dict[str, Callable[[Event], Answer]] = {
    "GET /book/{location_id}": _show_booking_page,
    "GET /console": _show_console,
    "GET /widget.js": _show_widget,
    "GET /openapi.json": _show_contract,
    "GET /docs": _show_api_docs,
    "GET /assets/{proxy+}": _show_asset,
}


def _page(
    event: Event, status: int, html: str, more_headers: Mapping[str, str] | None = None
) -> Answer:
    headers = {**PAGE_HEADERS, **(more_headers or {})}
    return _compressed(event, status, headers, html.encode())


def _file(event: Event, asset: Asset, headers: dict[str, str]) -> Answer:
    return _compressed(event, 200, {**headers, "content-type": asset.kind}, asset.content)


def _compressed(event: Event, status: int, headers: dict[str, str], content: bytes) -> Answer:
    """Return an answer, compressed where the browser takes it: an HTTP API does not do it.

    A binary answer goes through API Gateway as base64.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    headers = {**headers, "vary": "accept-encoding"}
    wanted = _GZIP.search((event.get("headers") or {}).get("accept-encoding", ""))
    if wanted is None or float(wanted["q"] or 1) == 0:
        return {"statusCode": status, "headers": headers, "body": content.decode()}
    return {
        "statusCode": status,
        "headers": {**headers, "content-encoding": "gzip"},
        "body": base64.b64encode(_gzipped(content)).decode(),
        "isBase64Encoded": True,
    }


@lru_cache(maxsize=32)
def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, 6, mtime=0)
