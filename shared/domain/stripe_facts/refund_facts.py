"""What is known of a refund.

https://docs.stripe.com/api/refunds/object
"""

from shared.domain.stripe_facts.merge_rules import IDS, LARGEST, TEXT, Ladder
from shared.domain.stripe_facts.mergeable_facts import Record, joined

# A refund that has succeeded can still fail, up to 30 days later: the bank sends the money back.
# What failed or was canceled stays so: whoever tries again makes another refund.
# https://docs.stripe.com/refunds#failed-refunds
REFUND_STATUSES = Ladder("pending", "requires_action", "succeeded", "canceled", "failed")

_NO_FUNDS = "insufficient_funds"
_NOT_GIVEN_BACK = frozenset({"failed", "canceled"})
# Stripe's own refund of an expired hold: no money was taken, none goes back.
_LAPSED_HOLD = "expired_uncaptured_charge"


class RefundFacts(Record, frozen=True):
    """One refund of a charge, by Stripe's refund id.

    `amount_minor` is not negative and in the charge's currency; `refund_id` is ours, from the
    metadata, empty where the refund was made in the Dashboard; `reference` is what the client's
    bank can look for (the acquirer's reference number); `pending_reasons` are all for which Stripe
    ever said that it waits.
    """

    amount_minor: int = joined(LARGEST)
    currency: str = joined(TEXT)
    status: str = joined(REFUND_STATUSES)
    reason: str = joined(TEXT)
    pending_reasons: frozenset[str] = joined(IDS)
    failure_reason: str = joined(TEXT)
    refund_id: str = joined(TEXT)
    reference: str = joined(TEXT)
    created_s: int = joined(LARGEST)
    balance_transaction: str = joined(TEXT)
    failure_balance_transaction: str = joined(TEXT)

    @property
    def pending_reason(self) -> str:
        """Why it is pending, in Stripe's words; empty if it is not, or Stripe has not said.

        One that waits for funds has moved none yet: with a balance transaction it no longer waits.
        https://docs.stripe.com/api/refunds/object#refund_object-pending_reason
        """
        if self.status != "pending":
            return ""
        known = self.pending_reasons - ({_NO_FUNDS} if self.balance_transaction else set())
        return _NO_FUNDS if _NO_FUNDS in known else max(known, default="")

    @property
    def waits_for_funds(self) -> bool:
        """Whether it waits because the Stripe balance is too low."""
        return self.pending_reason == _NO_FUNDS

    @property
    def is_given_back(self) -> bool:
        """Whether the money counts as refunded: on its way or there, or of unknown status."""
        return self.status not in _NOT_GIVEN_BACK

    @property
    def is_of_expired_hold(self) -> bool:
        """Whether Stripe made it when a hold expired, so that no client was ever charged."""
        return self.reason == _LAPSED_HOLD
