"""One refund of a booking as the reports list it: Stripe's facts, and who asked for it. Pure."""

from msgspec import Struct

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.payment_views import AWAITING_STRIPE, refund_status


class RefundRecord(Struct, frozen=True):
    """A refund, with "" for what is not known: `status` is that of the contract's `Refund`.

    `reason` is Stripe's, or else the one given here; `requested_by` is an e-mail, `client` or
    `bookpay`, and empty if the refund was made in the Dashboard.
    """

    status: str = ""
    reason: str = ""
    requested_by: str = ""


UNKNOWN = RefundRecord()


def refund_record(booking: Booking, stripe_refund_id: str) -> RefundRecord:
    """Return what is known of a refund by Stripe's id; `UNKNOWN` if the booking has no such one."""
    orders = {order.refund_id: order for order in booking.refund_orders}
    for charge in booking.facts.charges.values():
        if refund := charge.client_refunds.get(stripe_refund_id):
            order = orders.get(refund.refund_id)
            return RefundRecord(
                refund_status(refund),
                refund.reason or (order.reason if order else ""),
                order.requested_by if order else "",
            )
    for order in booking.refund_orders:
        if order.stripe_refund_id == stripe_refund_id and order.is_open:
            return RefundRecord(AWAITING_STRIPE, order.reason, order.requested_by)
    return UNKNOWN
