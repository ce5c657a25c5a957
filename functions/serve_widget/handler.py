"""What needs neither a login nor Stripe."""

import json
from typing import Any

from shared.observability import logger
from shared.version import VERSION


@logger.inject_lambda_context
def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer `GET /health`: the API, its function and its code are there."""
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps({"status": "ok", "version": VERSION}),
    }
