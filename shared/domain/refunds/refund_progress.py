"""How far a booking's refunds are: what has arrived, and what is on its way. Pure."""

from collections import Counter
from dataclasses import dataclass

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.payment_summary import not_at_stripe
from shared.domain.bookings.refund_order import AWAITING_APPROVAL

SUCCEEDED = "succeeded"


@dataclass(frozen=True, slots=True)
class RefundProgress:
    """Amounts in the price's minor units: what has arrived, and what has still to arrive."""

    arrived_minor: int
    under_way_minor: int


def refund_progress(booking: Booking) -> RefundProgress:
    """Return how far a booking's refunds are; nothing has arrived before Stripe says `succeeded`.

    A refund that is known only from a charge's sum counts as under way, and as what we asked for,
    if we did. One that waits for approval does not count: it may be denied. Of no charge does more
    go back than came: Stripe refuses what somebody else has refunded meanwhile.
    https://docs.stripe.com/api/refunds/object#refund_object-status
    """
    charges = {
        key: charge
        for key, charge in booking.facts.charges.items()
        if charge.currency in ("", booking.price.currency)
    }
    ordered = [
        order
        for order in booking.refund_orders
        if order.is_open and order.status != AWAITING_APPROVAL
    ]
    asked: Counter[str] = Counter()
    for order in not_at_stripe(ordered, charges):
        asked[order.charge_id] += order.amount_minor
    arrived_minor = back_minor = 0
    for key, charge in charges.items():
        told_minor = charge.amount_refunded_minor
        untold_minor = max(0, asked[key] - charge.unexplained_minor)
        back_minor += min(charge.amount_captured_minor, told_minor + untold_minor)
        succeeded = (
            each.amount_minor for each in charge.client_refunds.values() if each.status == SUCCEEDED
        )
        arrived_minor += min(told_minor, sum(succeeded))
    return RefundProgress(arrived_minor, back_minor - arrived_minor)
