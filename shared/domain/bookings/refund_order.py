"""An order to refund: stored, and its amount reserved, before Stripe is asked. Pure.

    awaiting_approval ──► requested ──► refused          (by Stripe: the amount is free again)
            └──► denied        └──► a refund at Stripe   (see its facts)

What became of it at Stripe is never stored here: it is in the refund's own facts, which our id in
its metadata finds. https://docs.stripe.com/api/refunds/create
"""

from collections.abc import Iterable

from shared.domain.stored_record import StoredRecord
from shared.domain.stripe_facts.payment_facts import Facts

AWAITING_APPROVAL, REQUESTED = "awaiting_approval", "requested"
REFUND_ORDER_REFUSED, DENIED = "refused", "denied"
OPEN_STATUSES = frozenset({AWAITING_APPROVAL, REQUESTED})

# Why money goes back: staff asked, a visit ended, a payment came too late, a visit was reopened and
# its fee refunded, or a visit was moved and costs less now.
STAFF, CANCELLATION, PAID_LATE = "staff", "cancellation", "paid_late"
REOPENING, MOVING = "reopened", "moved"
# Money that went back for these causes no longer counts as paid while the visit stands; what staff
# refunded does.
DUE_AGAIN_CAUSES = frozenset({CANCELLATION, PAID_LATE, REOPENING, MOVING})

# Separates a request's id and the number of another order of it: one request may reach several
# charges. Idempotency keys add their ending after a dash, so the two cannot be confused.
PART = "."


class RefundOrder(StoredRecord, frozen=True):
    """An amount of one charge that is to be refunded, in the booking's currency, above zero.

    `refund_id` is ours: it is in the refund's metadata and begins the idempotency key; `generation`
    counts the keys from 1. `requested_by` is an e-mail, `client` or `bookpay`, and `requester_id`
    the user pool's id if it is somebody of the staff, as `approver_id` is for `approved_by`.
    `tried_at_s` is when Stripe was first asked under the present key (seconds since 1970, 0 for
    never), `refusal` is Stripe's code if it refused, and `is_stuck` is whether Stripe has not
    answered for long.
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
        """Whether its amount is reserved, until the refund is among Stripe's facts."""
        return self.status in OPEN_STATUSES

    @property
    def request_id(self) -> str:
        """The id of the request that it is part of, which is also that of its first order."""
        return self.refund_id.partition(PART)[0]

    @property
    def idempotency_key(self) -> str:
        """The key under which Stripe makes this refund once."""
        if self.generation == 1:
            return self.refund_id
        return f"{self.refund_id}-{self.generation}"


def undone_minor(orders: Iterable[RefundOrder], facts: Facts) -> int:
    """Return what was refunded, or is being refunded, with an end that was undone."""
    not_refunded = {
        refund.refund_id
        for charge in facts.charges.values()
        for refund in charge.refunds.values()
        if refund.status in ("failed", "canceled")
    }
    return sum(
        order.amount_minor
        for order in orders
        if order.cause in DUE_AGAIN_CAUSES and order.is_open and order.refund_id not in not_refunded
    )


def order_ids(request_id: str, number: int) -> list[str]:
    """Return the ids of a request's orders; the first is the request's own."""
    return [request_id, *(f"{request_id}{PART}{part}" for part in range(2, number + 1))][:number]
