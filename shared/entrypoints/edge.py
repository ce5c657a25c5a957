"""A CDN in front of the API, if there is one: it alone knows a secret.

An HTTP API takes no web ACL; whoever wants one puts CloudFront in front of it (`infra/edge.yaml`).
The API's own address stays reachable: with `EdgeSecret` set, only requests that the CDN forwarded
are answered, and the client's address is the one that the CDN saw. Stripe's webhooks are signed
and need no such secret.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
"""

import hmac
from collections.abc import Callable
from functools import wraps

from shared.config import load_config
from shared.domain.errors import EdgeRequired
from shared.entrypoints.http_api import (
    PRIVATE,
    Answer,
    Event,
    header,
    problem_answer,
    text_answer,
)
from shared.observability import count, logger

SECRET_HEADER = "x-bookpay-edge"  # noqa: S105 (the header's name)
# The CDN overwrites whatever the client has sent. CloudFront's own header of that kind comes
# with all of the viewer's, `Host` too, which an HTTP API refuses, or with a list that cannot hold
# `Authorization`. https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginRequestPolicyHeadersConfig.html
ADDRESS_HEADER = "x-bookpay-client-address"
HEALTH_ROUTE = "GET /health"
API_PATHS = ("/v1/", "/public/")


def through_edge[Context](
    handler: Callable[[Event, Context], Answer],
) -> Callable[[Event, Context], Answer]:
    """Return the handler; if there is a CDN, it answers 403 to what did not come through it."""

    @wraps(handler)
    def guarded(event: Event, context: Context) -> Answer:
        if _is_let_in(event):
            return handler(event, context)
        logger.info("request refused", code=EdgeRequired.code)
        count("RequestPastEdge")
        return _refusal(event)

    return guarded


def client_address(event: Event) -> str:
    """Return the caller's IP address: the one the CDN names, if it shows its secret."""
    named = header(event, ADDRESS_HEADER)
    if load_config().edge_secret and _has_secret(event) and named is not None:
        return named.strip()
    caller = (event.get("requestContext") or {}).get("http") or {}
    return str(caller.get("sourceIp", ""))


def _is_let_in(event: Event) -> bool:
    # Requests through the API have a route; any other invocation is permitted by IAM.
    if event.get("routeKey", HEALTH_ROUTE) == HEALTH_ROUTE:
        return True
    return not load_config().edge_secret or _has_secret(event)


def _has_secret(event: Event) -> bool:
    shown = header(event, SECRET_HEADER) or ""
    return hmac.compare_digest(shown.encode(errors="replace"), load_config().edge_secret.encode())


def _refusal(event: Event) -> Answer:
    problem = EdgeRequired()
    if str(event.get("rawPath", "")).startswith(API_PATHS):
        return problem_answer(problem)
    headers = {"content-type": "text/plain; charset=utf-8", **PRIVATE}
    return text_answer(problem.status, f"{problem.title}.\n", headers)
