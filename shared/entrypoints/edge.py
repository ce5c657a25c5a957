"""What stands before the API, where something does: a CDN that alone knows a secret.

An HTTP API takes no web ACL, so who wants one puts CloudFront before it (`infra/edge.yaml`). The
API's own address stays open to all who find it: with `EdgeSecret` set, only what the CDN has passed
on is answered, and the client's address is the one that the CDN has seen. Stripe's webhooks have a
signature and need no such secret.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
"""

import hmac
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from shared.config import load_config
from shared.domain.errors import EdgeRequired
from shared.observability import count, logger

type Event = dict[str, Any]
type Answer = dict[str, Any]
SECRET_HEADER = "x-bookpay-edge"  # noqa: S105 (the header's name)
# The CDN writes it over whatever the client has sent. CloudFront's own header of that kind comes
# with all of the viewer's, `Host` too, which an HTTP API refuses, or with a list that cannot hold
# `Authorization`. https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginRequestPolicyHeadersConfig.html
ADDRESS_HEADER = "x-bookpay-client-address"
HEALTH_ROUTE = "GET /health"
API_PATHS = ("/v1/", "/public/")


def through_edge[Context](
    handler: Callable[[Event, Context], Answer],
) -> Callable[[Event, Context], Answer]:
    """Return the handler for what came through the CDN, where there is one; 403 for all else."""

    @wraps(handler)
    def guarded(event: Event, context: Context) -> Answer:
        if _is_let_in(event):
            return handler(event, context)
        logger.info("request refused", code=EdgeRequired.code)
        count("RequestPastEdge")
        return _refusal(event)

    return guarded


def client_address(event: Event) -> str:
    """Return the IP address that asks, by the CDN's word where it shows its secret."""
    headers = event.get("headers") or {}
    if load_config().edge_secret and _has_secret(event) and ADDRESS_HEADER in headers:
        return str(headers[ADDRESS_HEADER]).strip()
    caller = (event.get("requestContext") or {}).get("http") or {}
    return str(caller.get("sourceIp", ""))


def _is_let_in(event: Event) -> bool:
    # What comes by the API has a route; who invokes a function otherwise has AWS's leave.
    if event.get("routeKey", HEALTH_ROUTE) == HEALTH_ROUTE:
        return True
    return not load_config().edge_secret or _has_secret(event)


def _has_secret(event: Event) -> bool:
    shown = str((event.get("headers") or {}).get(SECRET_HEADER, ""))
    return hmac.compare_digest(shown.encode(errors="replace"), load_config().edge_secret.encode())


def _refusal(event: Event) -> Answer:
    problem = EdgeRequired()
    is_api = str(event.get("rawPath", "")).startswith(API_PATHS)
    kind = "application/problem+json" if is_api else "text/plain; charset=utf-8"
    body = json.dumps(problem.to_dict()) if is_api else f"{problem.title}.\n"
    headers = {
        "content-type": kind,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return {"statusCode": problem.status, "headers": headers, "body": body}
