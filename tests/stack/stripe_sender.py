"""Posts events to the webhook as Stripe does, signed with the endpoint's secret."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

import httpx


class StripeSender:
    """One endpoint of a location, and the secret that Stripe signs with."""

    def __init__(self, http: httpx.Client, location_id: str, secret: str) -> None:
        self._path = f"/webhooks/stripe/{location_id}"
        self._secret = secret
        self._http = http

    def send(
        self, event: Mapping[str, Any], *, age_s: int = 0, secret: str | None = None
    ) -> httpx.Response:
        """Post an event; `age_s` is how long ago it was signed."""
        return self.send_body(json.dumps(event).encode(), age_s=age_s, secret=secret)

    def send_body(
        self, body: bytes, *, age_s: int = 0, secret: str | None = None, sent: bytes | None = None
    ) -> httpx.Response:
        """Post a body; `sent` is what goes out where it differs from what was signed."""
        signed_at_s = int(time.time()) - age_s
        signed = str(signed_at_s).encode() + b"." + body
        signature = hmac.new((secret or self._secret).encode(), signed, hashlib.sha256).hexdigest()
        headers = {
            "stripe-signature": f"t={signed_at_s},v1={signature}",
            "content-type": "application/json; charset=utf-8",
        }
        return self._http.post(self._path, content=body if sent is None else sent, headers=headers)


def charge_succeeded(booking_id: str, amount_minor: int, **changes: Any) -> dict[str, Any]:
    """Return a `charge.succeeded` about a booking, with fresh ids, in the shape of 2026."""
    charge = {
        "id": fresh_id("ch"),
        "object": "charge",
        "amount": amount_minor,
        "amount_captured": amount_minor,
        "amount_refunded": 0,
        "balance_transaction": None,
        "captured": True,
        "created": int(time.time()),
        "currency": "eur",
        "disputed": False,
        "livemode": False,
        "metadata": {"booking_id": booking_id, "location_id": "demo"},
        "paid": True,
        "payment_intent": fresh_id("pi"),
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
        "refunded": False,
        "status": "succeeded",
        **changes,
    }
    return event("charge.succeeded", charge)


def event(event_type: str, stripe_object: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Return an event with a fresh id around an object."""
    return {
        "id": fresh_id("evt"),
        "object": "event",
        "api_version": "2026-08-26.dahlia",
        "created": int(time.time()),
        "data": {"object": dict(stripe_object)},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event_type,
        **changes,
    }


def fresh_id(prefix: str) -> str:
    """Return an id in Stripe's form that nobody has used."""
    return f"{prefix}_{secrets.token_hex(12)}"
