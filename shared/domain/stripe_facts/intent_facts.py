"""What is known of a payment intent and of a setup intent.

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from collections.abc import Mapping

from shared.domain.stripe_facts.event_facts import EventFact
from shared.domain.stripe_facts.merge_rules import EITHER, IDS, LARGEST, LIVEMODE, TEXT, Ladder
from shared.domain.stripe_facts.mergeable_facts import Record, UnionById, joined

# After a failed try Stripe steps back to requires_payment_method. The ladder does not: the failure
# is a flag of its own, and what decides (held, canceled, succeeded) stands above every such step.
INTENT_STATUSES = Ladder(
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "canceled",
    "succeeded",
)
SETUP_STATUSES = Ladder(
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "canceled",
    "succeeded",
)
_UNDER_WAY = frozenset({"requires_confirmation", "requires_action", "processing"})


class IntentFacts(Record, frozen=True):
    """One payment intent, by its id; its money is in its charges, whose ids are `charges`.

    Amounts are not negative, in `currency`; `amount_capturable_minor` is the highest that was held;
    `failed` says that a try failed, `last_error_code` with which of Stripe's codes.
    https://docs.stripe.com/api/payment_intents/object
    """

    status: str = joined(INTENT_STATUSES)
    amount_minor: int = joined(LARGEST)
    amount_capturable_minor: int = joined(LARGEST)
    currency: str = joined(TEXT)
    failed: bool = joined(EITHER)
    last_error_code: str = joined(TEXT)
    charges: frozenset[str] = joined(IDS)
    customer: str = joined(TEXT)
    payment_method: str = joined(TEXT)
    created_s: int = joined(LARGEST)
    livemode: bool | None = joined(LIVEMODE)
    named_bookings: frozenset[str] = joined(IDS)
    location_id: str = joined(TEXT)
    purpose: str = joined(TEXT)
    events: Mapping[str, EventFact] = joined(UnionById(EventFact))

    @property
    def is_canceled(self) -> bool:
        """Whether it was given up, and with it whatever it held."""
        return self.status == "canceled"

    @property
    def has_charge(self) -> bool:
        """Whether Stripe says that a charge of it holds or took money."""
        return self.status in ("requires_capture", "succeeded")

    @property
    def is_under_way(self) -> bool:
        """Whether a first attempt is under way; after a failure this cannot be known."""
        return self.status in _UNDER_WAY and not self.failed


class SetupFacts(Record, frozen=True):
    """One setup intent, by its id: a card saved for later, or a try to.

    https://docs.stripe.com/api/setup_intents/object
    """

    status: str = joined(SETUP_STATUSES)
    failed: bool = joined(EITHER)
    last_error_code: str = joined(TEXT)
    payment_method: str = joined(TEXT)
    customer: str = joined(TEXT)
    created_s: int = joined(LARGEST)
    livemode: bool | None = joined(LIVEMODE)
    named_bookings: frozenset[str] = joined(IDS)
    location_id: str = joined(TEXT)
    purpose: str = joined(TEXT)
    events: Mapping[str, EventFact] = joined(UnionById(EventFact))

    @property
    def is_saved(self) -> bool:
        """Whether the card can be charged later."""
        return self.status == "succeeded"
