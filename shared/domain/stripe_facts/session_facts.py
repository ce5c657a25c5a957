"""What is known of a Checkout Session.

https://docs.stripe.com/api/checkout/sessions/object
"""

from collections.abc import Mapping
from typing import Any

from shared.domain.stripe_facts.event_facts import EventFact
from shared.domain.stripe_facts.merge_rules import EITHER, IDS, LARGEST, LIVEMODE, TEXT, Ladder
from shared.domain.stripe_facts.mergeable_facts import Record, UnionById, joined

# Stripe ends a session only one way. Should both ever be seen, the one with money wins.
SESSION_STATUSES = Ladder("open", "expired", "complete")
SESSION_PAYMENT_STATUSES = Ladder("unpaid", "no_payment_required", "paid")
# The status of a payment intent after the bank has refused a delayed payment.
# https://docs.stripe.com/payments/paymentintents/lifecycle
_FAILED_INTENT = frozenset({"requires_payment_method", "canceled"})


class SessionFacts(Record, frozen=True):
    """One Checkout Session, by its id.

    `amount_total_minor` is not negative, in `currency`; `async_failed` says that a delayed
    payment failed; `location_id` and `purpose` are our metadata, `named_bookings` the bookings that
    it ever named.
    """

    status: str = joined(SESSION_STATUSES)
    payment_status: str = joined(SESSION_PAYMENT_STATUSES)
    async_failed: bool = joined(EITHER)
    mode: str = joined(TEXT)
    payment_intent: str = joined(TEXT)
    setup_intent: str = joined(TEXT)
    amount_total_minor: int = joined(LARGEST)
    currency: str = joined(TEXT)
    customer: str = joined(TEXT)
    created_s: int = joined(LARGEST)
    livemode: bool | None = joined(LIVEMODE)
    named_bookings: frozenset[str] = joined(IDS)
    location_id: str = joined(TEXT)
    purpose: str = joined(TEXT)
    events: Mapping[str, EventFact] = joined(UnionById(EventFact))

    @property
    def is_paid(self) -> bool:
        """Whether Stripe says that the session was paid."""
        return self.payment_status == "paid"

    @property
    def is_open(self) -> bool:
        """Whether it can still lead to a payment: usable, or complete and waiting for the bank."""
        if self.is_paid or self.async_failed:
            return False
        waits = self.status == "complete" and self.payment_status == "unpaid"
        return self.status == "open" or waits

    @property
    def has_saved_card(self) -> bool:
        """Whether the client went through a session that saves a card."""
        return self.mode == "setup" and self.status == "complete"


def has_failed(session: Mapping[str, Any]) -> bool:
    """Whether a fetched session is complete and its delayed payment has failed in the end.

    Stripe does not open such a session again. One that is still open, because a card was being
    tried when it was to be closed, can still be paid. The payment intent has to be expanded.
    """
    intent = session.get("payment_intent")
    status = intent.get("status") if isinstance(intent, Mapping) else None
    is_over = session.get("status") == "complete" and session.get("payment_status") == "unpaid"
    return is_over and status in _FAILED_INTENT
