"""One thing that staff have to look at: its kinds, and the advice for each. Pure.

A kind is a code of the API and of stored items; the console has a title for each.
"""

from typing import Any

from msgspec import Struct

from shared.domain.bookings.settled_actions import action_id

OVERPAID = "overpaid"
REFUND_FAILED = "refund_failed"
REFUND_CANCELED = "refund_canceled"
REFUND_REFUSED = "refund_refused"
REFUND_STUCK = "refund_stuck"
REFUND_WAITS = "refund_awaits_approval"
REFUND_UNFUNDED = "refund_waits_for_funds"
CHARGE_STUCK = "charge_stuck"
HOLD_NOT_TAKEN = "hold_not_taken"
HOLD_NOT_RELEASED = "hold_not_released"
SESSION_NOT_CLOSED = "session_not_closed"
FORMER_SESSIONS = "former_account_sessions"
FEE_PROPOSED = "fee_proposed"
FEE_OWED = "fee_owed"
HOLD_EXPIRES = "hold_lapses"
HOLD_EXPIRES_EARLY = "hold_lapses_before_visit"
MONEY_LEFT = "money_left"
LEFT_ELSEWHERE = "money_left_elsewhere"
PAID_AFTER_EXPIRY = "paid_after_expiry"
NOT_ASKED = "slot_freed_without_stripe"
OTHER_CURRENCY = "paid_in_other_currency"
BOOKING_UNKNOWN = "booking_unknown"
BOOKING_CONTRADICTED = "booking_contradicted"
EVENT_UNREADABLE = "event_unreadable"
KEY_REFUSED = "stripe_key_refused"
PERMISSION_MISSING = "stripe_permission_missing"
EVENT_OF_ANOTHER_ACCOUNT = "event_of_another_account"
DISPUTE_NEEDS_RESPONSE = "dispute_needs_response"
INQUIRY_NEEDS_RESPONSE = "inquiry_needs_response"
DISPUTE_TURNED = "dispute_lost_after_won"
FRAUD_WARNING = "early_fraud_warning"
MAIL_UNDELIVERED = "mail_undelivered"

# Perhaps no fact will ever end these: a person settles them.
SETTLED_BY_HAND = frozenset({BOOKING_CONTRADICTED, DISPUTE_TURNED})
ADVICE = {
    OVERPAID: "More was paid than the price. Refund the difference.",
    MONEY_LEFT: (
        "The visit is over, and you hold more of the client's money than its fee. It is no longer "
        "refunded automatically: refund it, or pay it another way where Stripe cannot."
    ),
    LEFT_ELSEWHERE: (
        "The visit is over, and you hold more of what the client paid outside Stripe than its fee. "
        "Give it back, then void that payment and say so in its note."
    ),
    PAID_AFTER_EXPIRY: (
        "The payment arrived after the slot was released, and could not be settled automatically. "
        "Refund it, or find a new time."
    ),
    NOT_ASKED: (
        "Stripe could not be reached to confirm that this slot was unpaid, and it was released "
        "once nobody could pay it any more. Connect Stripe again, and check the session there."
    ),
    REFUND_FAILED: (
        "The bank returned a refund: you hold this amount again, and still owe it to the client. "
        "Ask them for another account, and pay it by bank transfer or in cash."
    ),
    REFUND_CANCELED: (
        "A refund was cancelled at Stripe before it was paid out: you hold the money that the "
        "client was promised. Request the refund again, or pay it another way."
    ),
    REFUND_REFUSED: (
        "Stripe refused a refund, and the client was promised nothing. Request it again, or pay it "
        "another way."
    ),
    REFUND_STUCK: "Stripe has not answered about a refund. It is retried automatically.",
    REFUND_UNFUNDED: (
        "A refund is waiting because the Stripe balance is too low: the client has not received it "
        "yet. Add funds to the Stripe balance, or wait until enough payments have come in."
    ),
    REFUND_WAITS: "A refund is awaiting a second person's approval. Approve or deny it.",
    CHARGE_STUCK: "Stripe has not answered about a charge. It is retried automatically.",
    HOLD_NOT_TAKEN: "A hold could not be captured. Send the client a link for what is due.",
    HOLD_NOT_RELEASED: (
        "Stripe refused to release a hold, and the client's money stays held until it expires. "
        "Cancel the payment in the Dashboard of the Stripe account where it was made."
    ),
    SESSION_NOT_CLOSED: (
        "A payment page of this booking could not be closed and can still be paid. Expire the "
        "session in the Dashboard of the Stripe account where it was opened, or refund what is "
        "paid there."
    ),
    FORMER_SESSIONS: (
        "This location has left a Stripe account, or its test mode, where payment pages may still "
        "be open. Payments made there do not appear here. Expire the sessions in that account's "
        "Dashboard; they expire on their own within a day."
    ),
    FEE_PROPOSED: "A fee is due under the terms that the client accepted. Confirm or waive it.",
    FEE_OWED: "A fee could not be charged. The client has a link to pay it.",
    HOLD_EXPIRES_EARLY: (
        "A hold expires before the visit. Capture the money now, or agree on another payment."
    ),
    HOLD_EXPIRES: "A hold expires within two days. Complete the visit to capture the money.",
    OTHER_CURRENCY: (
        "A charge is in another currency than the booking. It is not counted: refund it."
    ),
    BOOKING_UNKNOWN: "A payment belongs to no booking here. Find the charge at Stripe.",
    BOOKING_CONTRADICTED: (
        "At Stripe, a payment of this booking names another booking in its metadata. It counts "
        "here, because it was opened for this one. If it was meant for the other, refund it and "
        "have it paid there."
    ),
    EVENT_UNREADABLE: (
        "An event does not match Stripe's documentation. It is stored in full: tell your engineer."
    ),
    KEY_REFUSED: (
        "Stripe no longer accepts this location's key: it was rolled, revoked or has expired. "
        "Save the new one in the payment settings. Until then nothing is charged, refunded or "
        "compared with Stripe."
    ),
    PERMISSION_MISSING: (
        "This location's restricted key lacks a permission. The check in the payment settings says "
        "which one."
    ),
    EVENT_OF_ANOTHER_ACCOUNT: (
        "Events of another Stripe account arrive at this location's webhook address. They are "
        "stored, and change nothing here. In that account, delete the webhook endpoint that sends "
        "them; an endpoint for connected accounts does not belong here."
    ),
    DISPUTE_NEEDS_RESPONSE: (
        "The bank reversed the payment. Download the evidence and submit it at Stripe before the "
        "deadline; it can be submitted only once. Without it the dispute is lost."
    ),
    INQUIRY_NEEDS_RESPONSE: (
        "A bank inquiry about a payment; no money has moved. A full refund ends it. Otherwise "
        "submit the evidence at Stripe before the deadline, or it may become a chargeback."
    ),
    FRAUD_WARNING: (
        "The card's bank suspects fraud, and the client may dispute this payment. No money has "
        "moved. If you cannot vouch for it, refund it in full now: that avoids a dispute and its "
        "fee."
    ),
    MAIL_UNDELIVERED: (
        "An email did not arrive, or its recipient marked it as spam. Correct the address, then "
        "send it again: a client's emails from the booking, reports by saving their recipients in "
        "the settings."
    ),
    DISPUTE_TURNED: (
        "A dispute that you had won was decided again, for the client: the bank has taken the "
        "money back. Check whether what was done since still holds."
    ),
}


class NeededAction(Struct, frozen=True):
    """One thing to look at: its kind, what it is about, and what to do.

    `details` has Stripe's ids, and amounts as ints in the minor unit of the currency beside them.
    """

    kind: str
    details: dict[str, Any]

    @property
    def action_id(self) -> str:
        """The id by which a person settles it; "" if it ends only when its reason is gone."""
        return action_id(self.kind, self.details) if self.kind in SETTLED_BY_HAND else ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as staff see it."""
        by_hand = {"action_id": self.action_id} if self.action_id else {}
        return {"kind": self.kind, "advice": ADVICE[self.kind], **self.details, **by_hand}
