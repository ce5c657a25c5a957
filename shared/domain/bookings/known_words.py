"""Words of a booking that decide about money, and what happens where one is not known. Pure.

A newer release may have written a status or a kind that this one does not have. Such a booking can
be read and shown. It is not changed: nobody here knows what the word asks for.
"""

from shared.domain.bookings import charge_order, fee, refund_order
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.lifecycle import (
    BOOKING_STATUSES,
)
from shared.domain.errors import NewerRelease

_REFUND_STATUSES = refund_order.OPEN_STATUSES | {
    refund_order.REFUND_ORDER_REFUSED,
    refund_order.DENIED,
}
_CAUSES = refund_order.DUE_AGAIN_CAUSES | {refund_order.STAFF}
_CHARGE_STATUSES = frozenset(
    {charge_order.REQUESTED, charge_order.DONE, charge_order.CHARGE_ORDER_REFUSED}
)
_FEE_STATUSES = frozenset({fee.PROPOSED, fee.APPLIED, fee.WAIVED, fee.WRITTEN_OFF})


def expect_known_words(booking: Booking) -> None:
    """Raise `NewerRelease`, with a JSON pointer, for a word that this release does not know."""
    if booking.status not in BOOKING_STATUSES:
        raise NewerRelease("/status")
    for place, refund in enumerate(booking.refund_orders):
        if refund.status not in _REFUND_STATUSES or refund.cause not in _CAUSES:
            raise NewerRelease(f"/refund_orders/{place}")
    for place, order in enumerate(booking.charge_orders):
        if order.status not in _CHARGE_STATUSES or order.kind not in charge_order.KINDS:
            raise NewerRelease(f"/charge_orders/{place}")
    for place, each in enumerate(booking.fees):
        if each.status not in _FEE_STATUSES or each.kind not in fee.PURPOSES:
            raise NewerRelease(f"/fees/{place}")
