"""How far a booking's refunds are: what has arrived, and what is on its way. Pure."""

from msgspec import Struct

from shared.domain.bookings.booking import Booking
from shared.domain.refunds.refundable import still_to_go_back_minor

SUCCEEDED = "succeeded"


class RefundProgress(Struct, frozen=True):
    """Amounts in the price's minor units: what has arrived, and what has still to arrive."""

    arrived_minor: int
    under_way_minor: int


def refund_progress(booking: Booking) -> RefundProgress:
    """Return how far a booking's refunds are; nothing has arrived before Stripe says `succeeded`.

    A refund that is known only from a charge's sum counts as under way. One that waits for approval
    does not count: it may be denied. Of no charge does more go back than came.
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
    return RefundProgress(arrived_minor, rest_minor + still_to_go_back_minor(booking))
