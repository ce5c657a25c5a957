"""Which changes of a booking are reported, and their numbers. Pure.

A booking counts its `booking.changed` messages: the first is number 1, each is one more than the
last, and none is left out. Whoever reads them can tell which is newer, and whether one is missing.
"""

from copy import replace

from shared.domain.activity.changes import changes_between
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.payment_summary import PaymentSummary
from shared.domain.bookings.proved_address import is_made_by_client


def is_reported(before: Booking | None, after: Booking) -> bool:
    """Whether a change leads to a `booking.changed`; `before` is `None` for a new booking.

    A new booking does not where it still waits for its payment, or for its client's confirmation,
    nor where the desk made it: who made it knows.
    """
    if before is None and not is_made_by_client(after):
        return False
    if changes_between(before, after):
        return True
    if before is None:
        return False
    has_same_figures = _figures(before.payments()) == _figures(after.payments())
    return before.status != after.status or not has_same_figures


def numbered(before: Booking | None, after: Booking) -> Booking:
    """Return `after` with the number of its newest report: one more if this change is reported.

    Every writer of a booking writes what this returns, in the transaction of the message.
    """
    known = before.sequence if before else 0
    return replace(after, sequence=known + is_reported(before, after))


def _figures(summary: PaymentSummary) -> tuple[str | int, ...]:
    return (
        summary.payment_status,
        summary.amount_authorized,
        summary.amount_captured,
        summary.amount_refunded,
        summary.amount_disputed,
    )
