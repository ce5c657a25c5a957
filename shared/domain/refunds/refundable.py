"""How much of each charge can be refunded. Pure.

    refundable = captured - refunded - ordered - withdrawn by disputes

It is counted for each charge, because Stripe refunds charges. https://docs.stripe.com/refunds

Between Stripe's making a refund and our writing down its answer, a webhook may bring the charge's
new sum: the refund is then in that sum and among our orders, and counts twice. That lasts as long
as a call does. Meanwhile no decision is made that would refund too little
(`require_settled_refunds`).
"""

from collections.abc import Callable

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.payment_summary import is_reversed
from shared.domain.bookings.refund_order import AWAITING_APPROVAL, RefundOrder
from shared.domain.errors import Conflict
from shared.domain.stripe_facts.charge_facts import ChargeFacts


def refundable_by_charge(booking: Booking, *, at_best: bool = False) -> dict[str, int]:
    """Return how much of each charge can be refunded, oldest first, in minor units above zero.

    Charges in another currency than the price's are left out, and so are charges that a bank has
    reversed: Stripe refuses their refund, even after the dispute was lost. What may be counted
    twice is taken as refunded, or with `at_best` as still there.
    """
    charges = sorted(booking.facts.charges.items(), key=lambda item: (item[1].created_s, item[0]))
    left = {
        key: charge.amount_captured_minor
        - charge.amount_refunded_minor
        - charge.amount_disputed_minor
        - _asked_minor(booking, key, charge)
        + (_possibly_double_counted_minor(booking, key, charge) if at_best else 0)
        for key, charge in charges
        if charge.currency == booking.price.currency and not is_reversed(charge)
    }
    return {key: left_minor for key, left_minor in left.items() if left_minor > 0}


def possibly_double_counted_minor(booking: Booking) -> int:
    """Return how much of our refunds may be counted twice, in the price's minor units.

    That is what Stripe says was refunded without naming the refund, up to the sum of our orders
    that Stripe was asked for and has not answered: it may be one of those, or a refund made in the
    Dashboard.
    """
    return sum(
        _possibly_double_counted_minor(booking, key, charge)
        for key, charge in booking.facts.charges.items()
        if charge.currency == booking.price.currency
    )


def still_to_go_back_minor(booking: Booking) -> int:
    """Return how much of our orders goes back beyond each charge's sum, in the price's minor units.

    What may be in that sum already is not counted twice, what waits for approval not at all, and no
    more of a charge than is left of it: Stripe refuses what the Dashboard has refunded meanwhile.
    """
    return sum(
        min(
            _asked_minor(booking, key, charge, counts=_is_approved)
            - _possibly_double_counted_minor(booking, key, charge),
            charge.amount_captured_minor - charge.amount_refunded_minor,
        )
        for key, charge in booking.facts.charges.items()
        if charge.currency == booking.price.currency
    )


def require_settled_refunds(booking: Booking) -> None:
    """Raise `Conflict` `request_in_progress` while a refund may be counted twice.

    It is clear a moment later. To be asked before everything that is left is refunded: else too
    little would be.
    """
    if possibly_double_counted_minor(booking):
        raise Conflict("A refund is on its way; try again.", code="request_in_progress")


def _possibly_double_counted_minor(booking: Booking, charge_id: str, charge: ChargeFacts) -> int:
    asked_minor = _asked_minor(booking, charge_id, charge, counts=_is_tried)
    return min(charge.unexplained_minor, asked_minor)


def _is_tried(order: RefundOrder) -> bool:
    return order.tried_at_s > 0


def _is_approved(order: RefundOrder) -> bool:
    return order.status != AWAITING_APPROVAL


def _asked_minor(
    booking: Booking,
    charge_id: str,
    charge: ChargeFacts,
    *,
    counts: Callable[[RefundOrder], bool] = lambda _order: True,
) -> int:
    known = {name for key, each in charge.refunds.items() for name in (key, each.refund_id) if name}
    return sum(
        order.amount_minor
        for order in booking.refund_orders
        if order.charge_id == charge_id
        and order.is_open
        and counts(order)
        and not known & {order.refund_id, order.stripe_refund_id}
    )
