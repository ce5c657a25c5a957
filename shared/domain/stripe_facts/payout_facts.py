"""What is known of a payout to the bank.

https://docs.stripe.com/api/payouts/object
"""

from collections.abc import Mapping

from shared.domain.stripe_facts.event_facts import EventFact
from shared.domain.stripe_facts.merge_rules import LARGEST, LIVEMODE, SIGNED, TEXT, Ladder
from shared.domain.stripe_facts.mergeable_facts import Record, UnionById, joined

# "Some payouts that fail might initially show as paid, then change to failed."
PAYOUT_STATUSES = Ladder("pending", "in_transit", "paid", "canceled", "failed")
RECONCILIATION_STATUSES = Ladder("not_applicable", "in_progress", "completed")


class PayoutFacts(Record, frozen=True):
    """One payout, by its id.

    `amount_minor` is in `currency`, negative where Stripe takes money from the bank to settle;
    `arrival_date_s` is in seconds since 1970; `trace_id` is what the bank can look for.
    """

    status: str = joined(PAYOUT_STATUSES)
    amount_minor: int = joined(SIGNED)
    currency: str = joined(TEXT)
    arrival_date_s: int = joined(LARGEST)
    created_s: int = joined(LARGEST)
    reconciliation_status: str = joined(RECONCILIATION_STATUSES)
    trace_id: str = joined(TEXT)
    method: str = joined(TEXT)
    balance_transaction: str = joined(TEXT)
    failure_balance_transaction: str = joined(TEXT)
    failure_code: str = joined(TEXT)
    livemode: bool | None = joined(LIVEMODE)
    events: Mapping[str, EventFact] = joined(UnionById(EventFact))
