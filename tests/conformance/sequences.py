"""The sequences that the recordings of seahaven come from, and where we differ on purpose.

Seahaven keeps up to three events of a type, all of one run, with Stripe's ids: what belongs to
which call is read off the request ids that the events carry.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.conformance.replay import ABSENT, Difference, Step

METADATA = {"booking_id": "bk_1"}
INTENTS = "/v1/payment_intents"


def _pay(amount: int, card: str, *recorded: str, **more: str) -> Step:
    sent: dict[str, Any] = {
        "amount": amount,
        "currency": "usd",
        "payment_method": f"pm_card_{card}",
        "confirm": True,
        "metadata": METADATA,
    }
    return Step(INTENTS, sent | more, recorded)


def _hold(*recorded: str) -> Step:
    return _pay(9000, "visa", *recorded, capture_method="manual")


def _answer(text: str, *recorded: str) -> Step:
    return Step("/v1/disputes/{dispute}", {"evidence": {"uncategorized_text": text}}, recorded)


_WON = (
    "charge.dispute.updated",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
    "charge.updated",
)
_REFUND_AFTER_DISPUTE = Step(
    "/v1/refunds", {"charge": "{charge}"}, ("refund.created-3", "charge.refunded-3")
)

SEQUENCES: dict[str, tuple[Step, ...]] = {
    "a charge, refunded in two parts": (
        _pay(
            7000, "visa", "payment_intent.created", "charge.succeeded", "payment_intent.succeeded"
        ),
        Step(
            "/v1/refunds",
            {
                "charge": "{charge}",
                "amount": 2000,
                "reason": "requested_by_customer",
                "metadata": METADATA,
            },
            ("refund.created", "charge.refunded"),
        ),
        Step("/v1/refunds", {"charge": "{charge}"}, ("refund.created-2", "charge.refunded-2")),
    ),
    "a hold, captured in part": (
        _hold(
            "payment_intent.created-2",
            "charge.succeeded-2",
            "payment_intent.amount_capturable_updated",
        ),
        Step(
            INTENTS + "/{payment_intent}/capture",
            {"amount_to_capture": 4000},
            ("charge.captured", "payment_intent.succeeded-2"),
        ),
    ),
    "a hold, given up": (
        _hold(
            "payment_intent.created-3",
            "charge.succeeded-3",
            "payment_intent.amount_capturable_updated-2",
        ),
        Step(
            INTENTS + "/{payment_intent}/cancel",
            {"cancellation_reason": "requested_by_customer"},
            ("payment_intent.canceled",),
        ),
    ),
    "a card that is declined": (
        _pay(
            900,
            "visa_chargeDeclinedInsufficientFunds",
            "charge.failed",
            "payment_intent.payment_failed",
        ),
    ),
    "a card that wants 3D Secure": (
        _pay(900, "threeDSecure2Required", "payment_intent.requires_action"),
    ),
    "a card that is saved": (
        Step(
            "/v1/setup_intents",
            {"payment_method": "pm_card_visa", "confirm": True},
            ("setup_intent.created", "setup_intent.succeeded"),
        ),
    ),
    "a dispute, answered and lost": (
        _pay(
            3300,
            "createDisputeProductNotReceived",
            "charge.dispute.created-2",
            "charge.dispute.funds_withdrawn-2",
        ),
        _answer(
            "losing_evidence",
            "charge.dispute.updated-2",
            "charge.dispute.closed-2",
            "charge.updated-2",
        ),
    ),
    "a dispute, given up": (
        _pay(
            3300,
            "createDispute",
            "payment_intent.succeeded-3",
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
        ),
        Step("/v1/disputes/{dispute}/close", {}, ("charge.dispute.closed-3", "charge.updated-3")),
    ),
    # Recorded of an inquiry whose evidence wins. There it ends as a chargeback does, so it is
    # replayed as both: what the inquiry differs in is listed, the chargeback shows the winning.
    "an inquiry, answered, then refunded": (
        _pay(3300, "createDisputeInquiry", "charge.dispute.created-3"),
        _answer("winning_evidence", "charge.dispute.updated", "charge.dispute.closed"),
        _REFUND_AFTER_DISPUTE,
    ),
    "a dispute, answered and won, then refunded": (
        _pay(3300, "createDispute", "charge.dispute.created-3", "charge.dispute.funds_withdrawn-3"),
        _answer("winning_evidence", *_WON),
        _REFUND_AFTER_DISPUTE,
    ),
}

INQUIRY = "an inquiry, answered, then refunded"
WON = "a dispute, answered and won, then refunded"
ANY = object()


@dataclass(frozen=True)
class OnPurpose:
    """A difference that is meant: where (patterns of `fnmatch`), which values, and why."""

    reason: str
    leaf: str
    event_type: str = "*"
    sequence: str = "*"
    recorded: Any = ANY
    made: Any = ANY

    def covers(self, sequence: str, seen: Difference) -> bool:
        """Tell whether this row is about that difference."""
        return (
            fnmatchcase(sequence, self.sequence)
            and fnmatchcase(seen.event_type, self.event_type)
            and fnmatchcase(seen.leaf, self.leaf)
            and self.recorded in (ANY, seen.recorded)
            and self.made in (ANY, seen.made)
        )


_TEST_DATA = "test data: which card and which business it is"
_INQUIRY = "an inquiry moves no money and is not won but closed (issue 3, docs.stripe.com/disputes)"
_AS_CHARGEBACK = "recorded of an inquiry, replayed as the chargeback that it behaves like"
DIFFERENCES = (
    OnPurpose(_TEST_DATA, "*.card.exp_month", recorded=9, made=12),
    OnPurpose(_TEST_DATA, "*.card.fingerprint"),
    OnPurpose(_TEST_DATA, "*.card.last4", recorded="4242"),
    OnPurpose(_TEST_DATA, "calculated_statement_descriptor", "charge.*"),
    OnPurpose(_TEST_DATA, "outcome.seller_message", "charge.failed"),
    OnPurpose(
        "a declined card's code was looked at or not: the recording says both",
        "last_payment_error.payment_method.card.checks.cvc_check",
        made="unchecked",
    ),
    OnPurpose(
        "Stripe fills it for invoices only (api_errors in spec3.json)",
        "last_payment_error.payment_method_type",
        made=ABSENT,
    ),
    OnPurpose(
        "optional, and never null by spec3.json", "*radar_options", recorded=None, made=ABSENT
    ),
    OnPurpose(
        "with automatic_async it arrives with charge.updated (issue 3)",
        "balance_transaction",
        "charge.succeeded",
        recorded="txn_",
        made=None,
    ),
    OnPurpose(
        "nothing can be captured of what is given up",
        "amount_capturable",
        "payment_intent.canceled",
        recorded=9000,
        made=0,
    ),
    OnPurpose(
        "Visa's code of fraud in full",
        "payment_method_details.card.network_reason_code",
        "charge.dispute.*",
        recorded="10",
        made="10.4",
    ),
    OnPurpose(_INQUIRY, "balance_transactions.dispute_reversal.*", sequence=INQUIRY, made=ABSENT),
    OnPurpose(_INQUIRY, "balance_transactions", sequence=INQUIRY, recorded=ABSENT, made=[]),
    OnPurpose(_INQUIRY, "status", sequence=INQUIRY, recorded="won", made="warning_closed"),
    OnPurpose(_AS_CHARGEBACK, "*.case_type", sequence=WON, recorded="inquiry", made="chargeback"),
    OnPurpose(
        _AS_CHARGEBACK,
        "status",
        sequence=WON,
        recorded="warning_needs_response",
        made="needs_response",
    ),
    OnPurpose(_AS_CHARGEBACK, "is_charge_refundable", sequence=WON, recorded=True, made=False),
    OnPurpose(_AS_CHARGEBACK, "balance_transactions", sequence=WON, recorded=[], made=ABSENT),
    OnPurpose(_AS_CHARGEBACK, "balance_transactions.dispute.*", sequence=WON, recorded=ABSENT),
)

# Event types beyond the recorded ones, where seahaven kept fewer than its three of a type.
KEPT_OF_A_TYPE = 3
FURTHER = {
    "charge.dispute.updated": "each change of a dispute is told, its first one too: under review",
    "charge.refund.updated": "the bank's reference arrives, told in both families",
    "refund.updated": "the bank's reference arrives, told in both families",
}
# Seahaven's events carry no `previous_attributes` at all. Stripe's do; these are ours, per type,
# and test_sequences.py holds those that Stripe's own recordings have against them.
PREVIOUS: dict[str, set[tuple[str, ...]]] = {
    "charge.captured": {("amount_captured", "balance_transaction", "captured")},
    "charge.dispute.updated": {
        ("evidence", "evidence_details", "status"),
        ("status",),
        ("balance_transactions", "is_charge_refundable", "status"),
    },
    "charge.refund.updated": {("destination_details",)},
    # A part leaves `refunded` as it was.
    "charge.refunded": {("amount_refunded",), ("amount_refunded", "refunded")},
    # None when a dispute's end is told, as recorded.
    "charge.updated": {("balance_transaction",), ("disputed",), ()},
    "refund.updated": {("destination_details",)},
}
