"""How far a booking's refunds are: what is there, and what is only on its way. Pure."""

from dataclasses import dataclass

from shared.domain.booking import Booking

SUCCEEDED = "succeeded"


@dataclass(frozen=True, slots=True)
class RefundProgress:
    """Sums in minor units of the price's currency: refunded for good, and still to arrive."""

    arrived_minor: int
    under_way_minor: int


def refund_progress(booking: Booking) -> RefundProgress:
    """Return how far a booking's refunds are; nothing has arrived before Stripe says `succeeded`.

    A refund of which only a charge's sum tells counts as under way.
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
    return RefundProgress(arrived_minor, summary.amount_refund_pending + rest_minor)
