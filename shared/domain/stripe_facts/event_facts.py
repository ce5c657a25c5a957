"""The fact that a Stripe event happened, which the timeline is made of."""

from shared.domain.stripe_facts.merge_rules import LARGEST, TEXT
from shared.domain.stripe_facts.mergeable_facts import Record, joined


class EventFact(Record, frozen=True):
    """One Stripe event, kept by its id under the object that it is about.

    `type` is Stripe's event type, `at_s` its `created` in seconds since 1970: shown to people
    and used to order the timeline for them, never to decide which state holds.
    https://docs.stripe.com/api/events/object
    """

    type: str = joined(TEXT)
    at_s: int = joined(LARGEST)
