"""What is to be done at Stripe with a hold, a saved card or an open session. Pure.

It is written down before Stripe is asked; what came of it is told by the facts of the payment
intent and its charge. https://docs.stripe.com/api/payment_intents
"""

from dataclasses import dataclass

CAPTURE, RELEASE = "capture", "release"
CHARGE_CARD, EXPIRE_SESSION = "charge_card", "expire_session"
KINDS = frozenset({CAPTURE, RELEASE, CHARGE_CARD, EXPIRE_SESSION})

REQUESTED, DONE, REFUSED = "requested", "done", "refused"


@dataclass(frozen=True, slots=True)
class ChargeOrder:
    """One order to Stripe about a booking's money.

    `capture` takes `amount_minor` (the booking's currency) of the hold of `payment_intent` and lets
    the rest go; `release` lets go of all of it; `charge_card` takes `amount_minor` from the saved
    card, after which `payment_intent` is the one that was made; `expire_session` closes
    `session_id`. `fee_id` is the fee that it is for. `generation`, `tried_at_s` and `refusal` are
    as with a refund order.
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
