"""An order to Stripe about a hold, a saved card or an open session. Pure.

It is stored before Stripe is asked; what came of it is in the facts of the payment intent and its
charge. https://docs.stripe.com/api/payment_intents
"""

from shared.domain.stored_record import StoredRecord

CAPTURE, RELEASE = "capture", "release"
CHARGE_CARD, EXPIRE_SESSION = "charge_card", "expire_session"
KINDS = frozenset({CAPTURE, RELEASE, CHARGE_CARD, EXPIRE_SESSION})

REQUESTED, DONE, CHARGE_ORDER_REFUSED = "requested", "done", "refused"


class ChargeOrder(StoredRecord, frozen=True):
    """One order to Stripe about a booking's money.

    `capture` captures `amount_minor` (the booking's currency) of the hold of `payment_intent` and
    releases the rest; `release` releases all of it; `charge_card` charges `amount_minor` to the
    saved card, and `payment_intent` is the one that this made; `expire_session` expires
    `session_id`. `fee_id` is the fee that it is for. `generation`, `tried_at_s`, `refusal` and
    `is_stuck` are as with a refund order.
    """

    order_id: str
    kind: str
    created_at_s: int
    amount_minor: int = 0
    payment_intent: str = ""
    session_id: str = ""
    customer: str = ""
    payment_method: str = ""
    fee_id: str = ""
    status: str = REQUESTED
    generation: int = 1
    tried_at_s: int = 0
    refusal: str = ""
    is_stuck: bool = False

    @property
    def idempotency_key(self) -> str:
        """The key under which Stripe carries it out once."""
        return f"{self.order_id}-{self.generation}"
