"""What Stripe would send, and bookings as staff would make them."""

import hmac
import itertools
import json
import time
from typing import Any

from shared.domain.bookings.booking import Booking, Client
from shared.domain.money.money import Money

_numbers = itertools.count(1)
WEBHOOK_SECRET = "whsec_of_the_demo_location"


def charge(number: int = 1, **changed: Any) -> dict[str, Any]:
    """A card payment of 49.00 EUR that succeeded, as Stripe shows its charge."""
    return {
        "id": f"ch_{number}",
        "object": "charge",
        "amount": 4900,
        "amount_captured": 4900,
        "amount_refunded": 0,
        "balance_transaction": None,
        "captured": True,
        "created": 1_795_372_392,
        "currency": "eur",
        "livemode": False,
        "metadata": {"location_id": "demo", "booking_id": "bk_1"},
        "paid": True,
        "payment_intent": f"pi_{number}",
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
        "refunded": False,
        "status": "succeeded",
        **changed,
    }


def refund(number: int = 1, **changed: Any) -> dict[str, Any]:
    """19.00 EUR that went back to the card; a refund carries no metadata of ours."""
    return {
        "id": f"re_{number}",
        "object": "refund",
        "amount": 1900,
        "charge": f"ch_{number}",
        "created": 1_795_372_500,
        "currency": "eur",
        "metadata": {},
        "payment_intent": f"pi_{number}",
        "status": "succeeded",
        **changed,
    }


def event(event_type: str, about: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """One event about an object, with an id that no other has."""
    return {
        "id": f"evt_{next(_numbers)}",
        "object": "event",
        "api_version": "2026-08-26.dahlia",
        "created": 1_795_372_400,
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": "req_1", "idempotency_key": None},
        "type": event_type,
        **changed,
    }


def signature(
    body: bytes, *secrets: str, at_s: float | None = None, scheme: str = "v1", age_s: int = 0
) -> str:
    """Return a `Stripe-Signature` as Stripe writes it, one signature for each secret."""
    signed_at_s = int(time.time() if at_s is None else at_s) - age_s
    signed = str(signed_at_s).encode() + b"." + body
    made = (hmac.digest(secret.encode(), signed, "sha256").hex() for secret in secrets)
    return ",".join([f"t={signed_at_s}", *(f"{scheme}={each}" for each in made)])


def booking(booking_id: str = "bk_1", **changed: Any) -> Booking:
    """A visit for 49.00 EUR that staff entered at the desk."""
    made: dict[str, Any] = {
        "booking_id": booking_id,
        "location_id": "demo",
        "status": "confirmed",
        "price": Money(4900, "eur"),
        "description": "Haircut",
        "created_at_s": 1_795_300_000,
        "client": Client("Ada Lovelace", "ada@example.com", "+49 30 123456"),
        "links": 1,
    }
    return Booking(**made | changed)


def from_queue(*details: dict[str, Any], location_id: str = "demo") -> dict[str, Any]:
    """A batch as Lambda hands it over: SQS messages that hold the bus's envelopes."""
    bodies = [
        {
            "source": "bookpay.stripe",
            "detail-type": detail["type"],
            "detail": {"location_id": location_id, "event": detail},
        }
        for detail in details
    ]
    return messages(*(json.dumps(body) for body in bodies))


def messages(*bodies: str, attempt: int = 1) -> dict[str, Any]:
    """Messages as Lambda hands them over, for the `attempt`th time."""
    return {
        "Records": [
            {
                "messageId": f"message-{place}",
                "receiptHandle": "handle-1",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:orders",
                "attributes": {"ApproximateReceiveCount": str(attempt)},
                "body": body,
            }
            for place, body in enumerate(bodies)
        ]
    }
