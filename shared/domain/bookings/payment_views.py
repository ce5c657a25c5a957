"""How payments, refunds and disputes are shown: the contract's objects, from facts. Pure.

Dicts of plain JSON types. Amounts are ints in the minor unit of the currency beside them, times are
RFC 3339. `by_age` is `(charge id, charge)`, oldest first.
"""

from collections.abc import Iterator
from typing import Protocol

from shared.domain.bookings.dispute_record import DisputeRecord, record_of
from shared.domain.dates.instants import rfc3339
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.payment_facts import Facts, events_of
from shared.domain.stripe_facts.refund_facts import RefundFacts

AWAITING_STRIPE = "requested"
_AT_STRIPE = frozenset({"pending", "requires_action", "succeeded", "failed", "canceled"})
# Every word for how a refund, and a payment, stands.
REFUND_STATUSES = _AT_STRIPE | {AWAITING_STRIPE}
CHARGE_STATUSES = frozenset(
    {"unknown", "pending", "authorized", "succeeded", "expired", "failed", "canceled"}
)


class RequestedRefund(Protocol):
    """A refund that we asked for."""

    @property
    def refund_id(self) -> str:
        """Our id, which the refund's metadata carries."""

    @property
    def amount_minor(self) -> int:
        """What is to go back, in the price's currency, above zero."""

    @property
    def stripe_refund_id(self) -> str | None:
        """Stripe's id, None until Stripe has answered."""


def timeline(facts: Facts) -> list[dict[str, str]]:
    """Return every known Stripe event once, as `at` (RFC 3339), `what` and `event_id`.

    Sorted by time and then by id, for people to read: nothing is decided by this order.
    """
    ordered = sorted(events_of(facts).items(), key=lambda item: (item[1].at_s, item[0]))
    return [
        {"at": rfc3339(event.at_s), "what": event.type, "event_id": key} for key, event in ordered
    ]


def dispute_view(record: DisputeRecord) -> dict[str, object]:
    """Return a dispute as staff see it, without its booking.

    Amounts are ints in the minor unit of the currency beside them: `amount` is what the client's
    bank disputes, which may be more or less than the charge; `fee` is Stripe's, in `fee_currency`,
    and null until money has moved.
    """
    facts = record.facts
    due_by_s = facts.evidence_due_by_s
    return {
        "stripe_dispute_id": record.dispute_id,
        "kind": record.kind,
        "charge": record.charge_id,
        "status": facts.status,
        "is_open": facts.is_open,
        "amount": facts.amount_minor,
        "currency": facts.currency,
        "reason": facts.reason,
        "fee": record.fee_minor,
        "fee_currency": record.fee_currency,
        "evidence_due_by": rfc3339(due_by_s) if due_by_s else None,
        "funds": facts.funds(record.charge_currency, record.charge_captured_minor),
        "created": rfc3339(facts.created_s),
    }


def payment_view(charge_id: str, charge: ChargeFacts, *, is_canceled: bool) -> dict[str, object]:
    """Return a charge as the contract's `Payment`.

    `is_canceled` is whether its intent was canceled: what it held is released then.
    """
    is_released = charge.status == "authorized" and is_canceled
    return {
        "payment_intent": charge.payment_intent or None,
        "charge": charge_id,
        "amount": charge.amount_minor,
        "currency": charge.currency,
        "status": "canceled" if is_released else charge.status,
        "amount_captured": charge.amount_captured_minor,
        "amount_refunded": charge.amount_refunded_minor,
        "amount_disputed": charge.amount_disputed_minor,
        "card": {"brand": charge.card_brand, "last4": charge.card_last4}
        if charge.card_last4
        else None,
        "failure_code": charge.failure_code or None,
        "receipt_url": charge.receipt_url or None,
        "created": rfc3339(charge.created_s),
    }


def refund_status(refund: RefundFacts) -> str:
    """Return Stripe's status of a refund; one that is missing or new to us reads as pending."""
    return refund.status if refund.status in _AT_STRIPE else "pending"


def refund_views(by_age: list[tuple[str, ChargeFacts]]) -> Iterator[dict[str, object]]:
    """Yield the refunds that are at Stripe, oldest charge first: the contract's `Refund`."""
    for charge_id, charge in by_age:
        refunds = charge.client_refunds.items()
        for key, refund in sorted(refunds, key=lambda item: (item[1].created_s, item[0])):
            yield {
                # A refund made in the Dashboard has no id of ours.
                "refund_id": refund.refund_id or key,
                "stripe_refund_id": key,
                "charge": charge_id,
                "status": refund_status(refund),
                "amount": refund.amount_minor,
                "currency": refund.currency,
                "reason": refund.reason,
                "failure_reason": refund.failure_reason or None,
                "pending_reason": refund.pending_reason or None,
            }


def requested_refund_views(
    requested: list[RequestedRefund], currency: str
) -> Iterator[dict[str, object]]:
    """Yield the refunds that Stripe is not known to have yet, as `Refund` with fewer fields."""
    for request in sorted(requested, key=lambda each: each.refund_id):
        yield {
            "refund_id": request.refund_id,
            "stripe_refund_id": request.stripe_refund_id,
            "status": AWAITING_STRIPE,
            "amount": request.amount_minor,
            "currency": currency,
        }


def dispute_views(by_age: list[tuple[str, ChargeFacts]]) -> Iterator[dict[str, object]]:
    """Yield the disputes of charges, oldest charge first."""
    for charge_id, charge in by_age:
        disputes = charge.disputes.items()
        for key, _ in sorted(disputes, key=lambda item: (item[1].created_s, item[0])):
            yield dispute_view(record_of(key, charge_id, charge, None))


def fraud_warning_views(by_age: list[tuple[str, ChargeFacts]]) -> Iterator[dict[str, object]]:
    """Yield early fraud warnings: `actionable` while a refund can still avert a dispute."""
    for charge_id, charge in by_age:
        for key, warning in sorted(charge.fraud_warnings.items()):
            yield {
                "early_fraud_warning": key,
                "charge": charge_id,
                "fraud_type": warning.fraud_type,
                "actionable": key in charge.open_fraud_warnings,
                "created": rfc3339(warning.created_s),
            }
