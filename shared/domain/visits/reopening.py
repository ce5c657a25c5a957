"""A visit that was ended by mistake is reopened: it stands again, and its fee is refunded. Pure.

    no-show, completed, cancelled by the business ──► confirmed        once for each end

Nothing is charged automatically: what went back with the end, and the fee that goes back now, are
due again by the booking's link. The fee is refunded by the rule for refunds: if a second person has
to agree, the visit stays ended until then. Only a visit that has not begun takes its slot again.
"""

from copy import replace

from shared.domain.bookings.authorship import CLIENT, Person, cancelled_by
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.charge_order import CAPTURE, CHARGE_CARD
from shared.domain.bookings.charge_order import REQUESTED as CHARGE_REQUESTED
from shared.domain.bookings.derived_ids import derived_id
from shared.domain.bookings.fee import UNDER_WAY, WAIVED
from shared.domain.bookings.journal import REOPENED, JournalEntry
from shared.domain.bookings.lifecycle import (
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    EXPIRED,
    NO_SHOW,
    Step,
    status_after,
)
from shared.domain.bookings.payment_summary import is_reversed
from shared.domain.bookings.refund_order import AWAITING_APPROVAL, REOPENING
from shared.domain.dates.instants import DAY_S
from shared.domain.errors import Conflict
from shared.domain.refunds.approval import UNLIMITED, Allowance
from shared.domain.refunds.refund_rules import (
    RefundRequest,
    approve_refund,
    ask_for_refund,
    withdraw_waiting,
)
from shared.domain.refunds.refundable import refundable_by_charge, require_settled_refunds
from shared.domain.visits.end_names import times_reopened
from shared.domain.visits.order_charges import without_session

REOPEN_WITHIN_DAYS = 30
_ENDS = {
    CANCELLED: "booking.cancelled",
    NO_SHOW: "booking.no_show",
    COMPLETED: "booking.completed",
}
_WHY = "reopened"


def reopen(
    booking: Booking, by: Person, now_s: int, *, allowance: Allowance = UNLIMITED
) -> Booking:
    """Return the booking with its end undone; a reopened booking is returned unchanged.

    Its fee goes back under the `allowance` of the person who asks; beyond that the booking stays
    ended, with a refund that waits for a second person. Raises `Conflict` `not_ended`,
    `booking_expired`, `cancelled_by_client`, `too_late_to_reopen`, `charge_disputed`,
    `fee_under_way` and `request_in_progress`.
    """
    if waits_for_approval(booking) or (booking.status == CONFIRMED and times_reopened(booking)):
        return booking
    _check_end(booking, now_s)
    _check_money(booking)
    back_minor = _refundable_fee_minor(booking)
    if not allowance.must_wait(booking, back_minor):
        settled = withdraw_waiting(booking, now_s)
        refunded = _with_fee_refund(settled, back_minor, by, now_s, UNLIMITED)
        return _reopened(refunded, by.email, now_s)
    return _with_fee_refund(booking, back_minor, by, now_s, allowance)


def approve(booking: Booking, request_id: str, by: Person, now_s: int) -> Booking:
    """Return the booking with a refund approved; if it was for a reopening, the visit is reopened.

    Raises as `approve_refund` does, and `Conflict` `charge_disputed` or `fee_under_way`.
    """
    approved = approve_refund(booking, request_id, by, now_s)
    causes = {each.cause for each in approved.refund_orders if each.request_id == request_id}
    if causes != {REOPENING}:
        return approved
    _check_money(booking)
    return _reopened(withdraw_waiting(approved, now_s), by.email, now_s)


def waits_for_approval(booking: Booking) -> bool:
    """Whether a reopening waits for a second person to approve the fee's refund."""
    return any(
        each.cause == REOPENING and each.status == AWAITING_APPROVAL
        for each in booking.refund_orders
    )


def _check_end(booking: Booking, now_s: int) -> None:
    if booking.status == EXPIRED:
        raise Conflict("The booking was not paid in time, and is gone.", code="booking_expired")
    if booking.status not in _ENDS:
        raise Conflict("The booking has not ended.", code="not_ended")
    if booking.status == CANCELLED and cancelled_by(booking) == CLIENT:
        detail = "The client cancelled. Make a new booking."
        raise Conflict(detail, code="cancelled_by_client")
    ended_at_s = max(
        (each.at_s for each in booking.journal if each.what == _ENDS[booking.status]), default=0
    )
    if now_s - ended_at_s > REOPEN_WITHIN_DAYS * DAY_S:
        detail = f"The booking ended more than {REOPEN_WITHIN_DAYS} days ago."
        raise Conflict(detail, code="too_late_to_reopen")


def _check_money(booking: Booking) -> None:
    """Raise `Conflict` if it is not clear yet what the end took, or a bank has taken it back."""
    if any(is_reversed(charge) for charge in booking.facts.charges.values()):
        raise Conflict("The client disputed the payment with the bank.", code="charge_disputed")
    fee = booking.fee()
    is_asked = any(
        each.kind in (CAPTURE, CHARGE_CARD) and each.status == CHARGE_REQUESTED
        for each in booking.charge_orders
    )
    is_under_way = fee is not None and booking.fee_state(fee).status == UNDER_WAY
    if is_asked or is_under_way or booking.is_being_paid():
        detail = "A payment is under way at Stripe; try again when it is there."
        raise Conflict(detail, code="fee_under_way")
    require_settled_refunds(booking)


def _refundable_fee_minor(booking: Booking) -> int:
    """Return how much of the fee was taken and can be refunded, wherever it was taken from."""
    fee = booking.fee()
    taken_minor = booking.fee_state(fee).taken_minor if fee else 0
    return min(taken_minor, sum(refundable_by_charge(booking).values()))


def _with_fee_refund(
    booking: Booking, back_minor: int, by: Person, now_s: int, allowance: Allowance
) -> Booking:
    if not back_minor:
        return booking
    tries = sum(each.cause == REOPENING for each in booking.refund_orders)
    request = RefundRequest(
        request_id=derived_id("rf", booking.booking_id, _WHY, str(tries)),
        amount_minor=None,
        requested_by=by.email,
        requested_at_s=now_s,
        cause=REOPENING,
        requester_id=by.user_id,
    )
    return ask_for_refund(booking, request, back_minor, allowance)


def _reopened(booking: Booking, by: str, now_s: int) -> Booking:
    """Return the booking confirmed, its fee waived, and the session to pay that fee closed."""
    closed = without_session(booking, now_s)
    fee = closed.fee()
    if fee:
        waived = replace(fee, status=WAIVED, decided_by=by, decided_at_s=now_s, reason=_WHY)
        closed = closed.with_fee(waived)
    name = f"{booking.booking_id}-{_WHY}-{times_reopened(booking) + 1}"
    entry = JournalEntry(name, now_s, REOPENED, by)
    status = status_after(closed.status, Step.REOPEN)
    return replace(closed, status=status).with_entry(entry)
