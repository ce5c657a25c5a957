"""How far a booking's refunds are: what has arrived, and what is on its way. Pure."""

from dataclasses import dataclass

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.refund_order import AWAITING_APPROVAL

SUCCEEDED = "succeeded"


@dataclass(frozen=True, slots=True)
class RefundProgress:
    """Amounts in the price's minor units: what has arrived, and what has still to arrive."""

    arrived_minor: int
    under_way_minor: int


def refund_progress(booking: Booking) -> RefundProgress:
    """Return how far a booking's refunds are; nothing has arrived before Stripe says `succeeded`.

    A refund that is known only from a charge's sum counts as under way. One that waits for approval
    does not count: it may be denied.
    https://docs.stripe.com/api/refunds/object#refund_object-status
    """
    summary = booking.payments()
    arrived_minor = sum(
        refund.amount_minor
        for charge in booking.facts.charges.values()
        if charge.currency == booking.price.currency
        for refund in charge.client_refunds.values()
        if refund.status == SUCCEEDED
    )
    arrived_minor = min(arrived_minor, summary.amount_refunded)
    rest_minor = summary.amount_refunded - arrived_minor
    waiting_minor = sum(
        order.amount_minor for order in booking.refund_orders if order.status == AWAITING_APPROVAL
    )
    asked_minor = summary.amount_refund_pending - waiting_minor
    return RefundProgress(arrived_minor, asked_minor + rest_minor)
