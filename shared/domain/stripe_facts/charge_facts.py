"""What is known of a charge, and what it amounts to.

https://docs.stripe.com/api/charges/object
"""

from collections.abc import Mapping

from shared.domain.stripe_facts.dispute_facts import DisputeFacts
from shared.domain.stripe_facts.event_facts import EventFact
from shared.domain.stripe_facts.fraud_warning_facts import FraudWarning
from shared.domain.stripe_facts.merge_rules import EITHER, IDS, LARGEST, LIVEMODE, TEXT
from shared.domain.stripe_facts.mergeable_facts import Record, UnionById, joined
from shared.domain.stripe_facts.metadata_claims import Claim
from shared.domain.stripe_facts.refund_facts import RefundFacts


class ChargeFacts(Record, frozen=True):
    """One charge, by Stripe's charge id; a refund or a dispute may be known before the charge is.

    All amounts are in `currency`, in minor units and not negative. `reported_captured_minor` and
    `reported_refunded_minor` are the highest that Stripe has said; `released_minor` is the part of
    a hold that a partial capture let go, `released_refund_ids` the refund objects that old API
    versions make of it. The flags say what was seen once; the properties say what holds now.
    `location_id` and `purpose` are our metadata; `named_bookings` are all bookings that the
    metadata of the charge, its refunds or disputes ever named: claims, for a person to see.
    """

    amount_minor: int = joined(LARGEST)
    currency: str = joined(TEXT)
    reported_captured_minor: int = joined(LARGEST)
    reported_refunded_minor: int = joined(LARGEST)
    released_minor: int = joined(LARGEST)
    released_refund_ids: frozenset[str] = joined(IDS)
    pending: bool = joined(EITHER)
    authorized: bool = joined(EITHER)
    succeeded: bool = joined(EITHER)
    captured: bool = joined(EITHER)
    expired: bool = joined(EITHER)
    failed: bool = joined(EITHER)
    refunds: Mapping[str, RefundFacts] = joined(UnionById(RefundFacts))
    disputes: Mapping[str, DisputeFacts] = joined(UnionById(DisputeFacts))
    fraud_warnings: Mapping[str, FraudWarning] = joined(UnionById(FraudWarning))
    balance_transaction: str = joined(TEXT)
    payment_intent: str = joined(TEXT)
    card_brand: str = joined(TEXT)
    card_last4: str = joined(TEXT)
    receipt_url: str = joined(TEXT)
    failure_code: str = joined(TEXT)
    created_s: int = joined(LARGEST)
    capture_before_s: int = joined(LARGEST)
    livemode: bool | None = joined(LIVEMODE)
    named_bookings: frozenset[str] = joined(IDS)
    claims: Mapping[str, Claim] = joined(UnionById(Claim))
    location_id: str = joined(TEXT)
    purpose: str = joined(TEXT)
    events: Mapping[str, EventFact] = joined(UnionById(EventFact))

    @property
    def status(self) -> str:
        """Stripe's status, with holds `authorized` or `expired`; `unknown` until the charge came.

        The checks are in order of precedence; the order of arrival does not matter.
        """
        for holds, status in (
            (self.failed, "failed"),
            (self.amount_captured_minor > 0, "succeeded"),
            (self.expired, "expired"),
            (self.authorized, "authorized"),
            (self.succeeded, "succeeded"),
            (self.pending, "pending"),
        ):
            if holds:
                return status
        return "unknown"

    @property
    def amount_authorized_minor(self) -> int:
        """What is held: authorised, and neither captured nor expired nor failed."""
        return self.amount_minor if self.status == "authorized" else 0

    @property
    def amount_captured_minor(self) -> int:
        """What was taken from the client; a hold is not income.

        API versions before `amount_captured` tell it by `captured` and what the capture released.
        """
        if self.failed or not self.succeeded:
            return 0
        if self.reported_captured_minor:
            return self.reported_captured_minor
        return max(0, self.amount_minor - self.released_minor) if self.captured else 0

    @property
    def client_refunds(self) -> dict[str, RefundFacts]:
        """The refunds to the client, by id: without those that only let go of a hold."""
        return {
            key: refund
            for key, refund in self.refunds.items()
            if key not in self.released_refund_ids and not refund.is_of_expired_hold
        }

    @property
    def unexplained_minor(self) -> int:
        """What Stripe says was refunded beyond every refund that is known, failed ones too.

        A refund that failed was in the sum that Stripe reported at its height, so it explains its
        share of it although it gives nothing back. Where one failed and another, of which only the
        sum tells, follows, the sum stays below that height: then it is not seen before its object.
        """
        known_minor = sum(refund.amount_minor for refund in self.client_refunds.values())
        return max(0, self.reported_refunded_minor - known_minor - self.released_minor)

    @property
    def amount_refunded_minor(self) -> int:
        """What goes or went back to the client, never more than was captured."""
        given_back_minor = sum(
            refund.amount_minor for refund in self.client_refunds.values() if refund.is_given_back
        )
        return min(self.amount_captured_minor, given_back_minor + self.unexplained_minor)

    @property
    def amount_disputed_minor(self) -> int:
        """What its disputes have withdrawn, which may exceed the charge; without their fees."""
        return sum(
            dispute.outstanding_minor(self.currency, self.amount_captured_minor)
            for dispute in self.disputes.values()
        )

    @property
    def open_fraud_warnings(self) -> dict[str, FraudWarning]:
        """The warnings after which a refund in full may still avert a chargeback, by id."""
        is_refunded = 0 < self.amount_captured_minor <= self.amount_refunded_minor
        if is_refunded or any(not each.is_inquiry for each in self.disputes.values()):
            return {}
        return {key: each for key, each in self.fraud_warnings.items() if not each.is_settled}

    @property
    def has_open_chargeback(self) -> bool:
        """Whether an open chargeback, not just an inquiry, would make Stripe refuse a refund."""
        return any(dispute.is_open_chargeback for dispute in self.disputes.values())
