"""A refund that we ask for: written down, and its amount reserved, before Stripe is asked. Pure.

    awaiting_approval ──► requested ──► refused          (Stripe says no: the amount is free again)
            └──► denied        └──► a refund at Stripe   (its facts tell the rest)

What became of it at Stripe is never kept here: the refund's own facts say so, found by our id in
its metadata. https://docs.stripe.com/api/refunds/create
"""

from dataclasses import dataclass

AWAITING_APPROVAL, REQUESTED = "awaiting_approval", "requested"
REFUSED, DENIED = "refused", "denied"
OPEN_STATUSES = frozenset({AWAITING_APPROVAL, REQUESTED})

# Why money goes back: staff asked, a visit was cancelled, nothing was due for a payment, or an end
# was undone, and its fee with it.
STAFF, CANCELLATION, PAID_LATE, OVERPAID = "staff", "cancellation", "paid_late", "overpaid"
REOPENING = "reopened"
# What went back so is due again once the visit stands again; what staff gave back is not.
DUE_AGAIN_CAUSES = frozenset({CANCELLATION, PAID_LATE, REOPENING})

# Between a request's id and the number of a further order of it: one request may reach several
# charges. It is in no idempotency key's ending, which a dash begins.
PART = "."


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """A sum of one charge that is to go back, in the booking's currency, above zero.

    `refund_id` is ours, stands in the refund's metadata and is the idempotency key's beginning;
    `generation` counts the keys from 1. `requested_by` is an e-mail, `client` or `bookpay`, and
    `requester_id` the user pool's id where it is somebody of the staff, as `approver_id` is of
    `approved_by`. `tried_at_s` is when Stripe was first asked under the present key (seconds since
    1970, 0 for never), `refusal` Stripe's code where it refused, and `is_stuck` that Stripe has
    given no answer for long.
    """

    refund_id: str
    charge_id: str
    amount_minor: int
    requested_at_s: int
    requested_by: str
    cause: str
    status: str
    reason: str = ""
    note: str = ""
    requester_id: str = ""
    approved_by: str = ""
    approver_id: str = ""
    stripe_refund_id: str | None = None
    generation: int = 1
    tried_at_s: int = 0
    refusal: str = ""
    is_stuck: bool = False

    @property
    def is_open(self) -> bool:
        """Whether its amount is reserved, as long as Stripe's own facts do not tell of it."""
        return self.status in OPEN_STATUSES

    @property
    def request_id(self) -> str:
        """The id of the request that it is a part of: that of the request's first order."""
        return self.refund_id.partition(PART)[0]

    @property
    def idempotency_key(self) -> str:
        """The key under which Stripe makes this refund once."""
        if self.generation == 1:
            return self.refund_id
        return f"{self.refund_id}-{self.generation}"


def order_ids(request_id: str, number: int) -> list[str]:
    """Return the ids of a request's orders; the first is the request's own."""
    return [request_id, *(f"{request_id}{PART}{part}" for part in range(2, number + 1))][:number]
