"""Verify and parse a webhook, three ways in turn: `python -m tests.benchmarks.verifying FILE`.

Prints microseconds of a processor for each way and size: the standard library, ours, and Stripe's
`Webhook.construct_event`.
"""

import hashlib
import hmac
import json
import sys
import time
from pathlib import Path
from typing import Any

import stripe

from shared.domain.stripe_facts import webhook_signature
from tests.benchmarks.signing import signed

TIMES = 100


def by_stdlib(body: str, header: str, secret: str) -> object:
    """Return the event; no check of the time, of a second signature, or of what the event is."""
    signed_at, _, signature = header.partition(",v1=")
    made = hmac.new(secret.encode(), f"{signed_at[2:]}.{body}".encode(), hashlib.sha256)
    if not hmac.compare_digest(made.hexdigest(), signature):
        raise SystemExit("not signed")
    return json.loads(body)


def by_us(body: str, header: str, secret: str) -> object:
    """Return the event as the webhook function does."""
    raw = body.encode()
    found = webhook_signature.read_signature_header(header, int(time.time()))
    if not webhook_signature.is_signed(found, raw, (secret,)):
        raise SystemExit("not signed")
    return webhook_signature.parse_event_body(raw)


def by_stripe(body: str, header: str, secret: str) -> object:
    """Return the event of Stripe's library."""
    found: object = stripe.Webhook.construct_event(body, header, secret)
    return found


def main() -> None:
    """Measure."""
    world: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    ways = (by_stdlib, by_us, by_stripe)
    found: dict[str, float] = {}
    for size, body in (("4", world["bodies"][0]), ("20", world["large"])):
        header = signed(body, world["secret"])["headers"]["stripe-signature"]
        for way in ways:
            way(body, header, world["secret"])
            started_s = time.process_time()
            for _ in range(TIMES):
                way(body, header, world["secret"])
            found[f"{way.__name__} {size}"] = (time.process_time() - started_s) / TIMES
    print(json.dumps(found))


if __name__ == "__main__":
    main()
