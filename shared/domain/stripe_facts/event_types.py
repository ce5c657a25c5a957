"""The Stripe event types that Bookpay consumes: one list for webhook, rule and endpoint.

It is separate from the code that reads events, because the webhook function needs only this.
Names and meanings: https://docs.stripe.com/api/events/types
"""

from typing import Literal

# The version of Stripe's API that events are asked for and read in: the one of the library's types.
API_VERSION: Literal["2026-08-26.dahlia"] = "2026-08-26.dahlia"
CONSUMED_EVENT_TYPES = frozenset(
    {
        # What the product page promises, under the names that Stripe really has.
        "charge.captured",
        "charge.expired",
        "charge.failed",
        "charge.pending",
        "charge.refunded",
        "charge.succeeded",
        "charge.updated",
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.refund.updated",
        # What those do not cover: refunds of every payment method, abandoned and delayed payments,
        # holds, saved cards, and payouts.
        "refund.created",
        "refund.updated",
        "refund.failed",
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "payment_intent.amount_capturable_updated",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "payment_intent.succeeded",
        "setup_intent.succeeded",
        "setup_intent.setup_failed",
        # What a bank suspects before it disputes anything: advice, no money.
        "radar.early_fraud_warning.created",
        "radar.early_fraud_warning.updated",
        "payout.created",
        "payout.updated",
        "payout.paid",
        "payout.failed",
        "payout.canceled",
        "payout.reconciliation_completed",
    }
)


def is_consumed(event_type: str) -> bool:
    """Whether anything in Bookpay follows from events of this type."""
    return event_type in CONSUMED_EVENT_TYPES


# The product page has two of its thirteen names wrong; people copy them from there into settings.
# Stripe's event types are lower-case and case-sensitive. https://docs.stripe.com/api/events/types
PAGE_EVENT_NAMES = {
    "charge.dispute.funds_withdraw": "charge.dispute.funds_withdrawn",
    "Charge.refund.updated": "charge.refund.updated",
}


def real_event_name(typed: str) -> str:
    """Return Stripe's event type for what a person typed, blanks, case and slips corrected.

    A name that is neither consumed nor on the page is returned as it was typed, for the error.
    """
    wanted = typed.strip()
    lowered = PAGE_EVENT_NAMES.get(wanted, wanted).lower()
    lowered = PAGE_EVENT_NAMES.get(lowered, lowered)
    return lowered if is_consumed(lowered) else typed
