"""Requests as Stripe signs them and API Gateway hands them over; of the standard library alone."""

import hashlib
import hmac
import time
from typing import Any


def signed(body: str, secret: str) -> dict[str, Any]:
    """Return the request that brings a webhook's body."""
    now_s = int(time.time())
    made = hmac.new(secret.encode(), f"{now_s}.{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"stripe-signature": f"t={now_s},v1={made}", "content-type": "application/json"}
    return {
        "version": "2.0",
        "routeKey": "POST /webhooks/stripe/{location_id}",
        "rawPath": "/webhooks/stripe/demo",
        "rawQueryString": "",
        "headers": {**headers, "host": "bench.example"},
        "pathParameters": {"location_id": "demo"},
        "requestContext": {
            "stage": "$default",
            "requestId": "bench",
            "http": {
                "method": "POST",
                "path": "/webhooks/stripe/demo",
                "sourceIp": "203.0.113.9",
                "protocol": "HTTP/1.1",
            },
        },
        "body": body,
        "isBase64Encoded": False,
    }
