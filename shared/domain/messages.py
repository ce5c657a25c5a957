"""What Bookpay tells on the bus: facts in the past tense, with a schema version and ids. Pure.

A message is written in the transaction of the change that it tells (the outbox) and published
after, at least once and in no order: `message_id` tells a repetition, and figures are totals.
"""

from dataclasses import dataclass
from typing import Any

from shared.domain.booking import Booking
from shared.domain.booking_payments import PaymentSummary, rfc3339

SCHEMA = 1
PAYMENT_CHANGED = "booking.payment_changed"


@dataclass(frozen=True, slots=True)
class Message:
    """One message: `detail_type` and `detail` as they stand on the bus, source `bookpay`."""

    message_id: str
    detail_type: str
    detail: dict[str, Any]


def payment_changed(before: Booking, after: Booking, caused_by: str, at_s: int) -> Message | None:
    """Return what to tell when a booking's money has changed, or `None` where nothing of it has.

    Amounts are ints in the currency's minor unit; `caused_by` is the Stripe event's id and `at_s`
    its time in seconds since 1970.
    """
    old, new = before.payments(), after.payments()
    if _figures(old) == _figures(new):
        return None
    return Message(
        message_id=f"{after.booking_id}-{caused_by}",
        detail_type=PAYMENT_CHANGED,
        detail={
            "schema": SCHEMA,
            "message_id": f"{after.booking_id}-{caused_by}",
            "occurred_at": rfc3339(at_s),
            "location_id": after.location_id,
            "booking_id": after.booking_id,
            "caused_by": caused_by,
            "previous_payment_status": old.payment_status,
            "currency": new.currency,
            **_figures(new),
        },
    )


def _figures(summary: PaymentSummary) -> dict[str, Any]:
    return {
        "payment_status": summary.payment_status,
        "amount_authorized": summary.amount_authorized,
        "amount_captured": summary.amount_captured,
        "amount_refunded": summary.amount_refunded,
        "amount_disputed": summary.amount_disputed,
    }
