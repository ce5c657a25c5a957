"""What is known of an early fraud warning: a card's bank suspects that a charge is fraud.

It moves no money. A refund in full before the client disputes the charge averts a chargeback and
its fee. https://docs.stripe.com/disputes/measuring#early-fraud-warnings
"""

from shared.domain.stripe_facts.merge_rules import EITHER, LARGEST, TEXT
from shared.domain.stripe_facts.mergeable_facts import Record, joined


class FraudWarning(Record, frozen=True):
    """One warning about a charge, by Stripe's id (`issfr_...`).

    `fraud_type` is Stripe's word, `created_s` in seconds since 1970; `is_settled` that Stripe once
    showed it as not actionable: the charge was disputed, or refunded in full.
    https://docs.stripe.com/api/radar/early_fraud_warnings/object
    """

    fraud_type: str = joined(TEXT)
    created_s: int = joined(LARGEST)
    is_settled: bool = joined(EITHER)
