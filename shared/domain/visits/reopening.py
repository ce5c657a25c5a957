"""An end that was a mistake is undone: the visit stands again, and its fee goes back. Pure.

    not come to, done, cancelled by the business ──► confirmed        once for each end

Nothing is charged by itself: what went back with the end, and the fee that goes back now, is due
again by the booking's link. The fee goes back by the rule for refunds: where a second person has to
agree the visit stays ended until then. Only a visit that is still to come takes its time again.
"""

from dataclasses import replace

from shared.domain.bookings.authorship import CLIENT, Person, cancelled_by
from shared.domain.bookings.booking import (
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    EXPIRED,
    NO_SHOW,
    Booking,
)
from shared.domain.bookings.charge_order import CAPTURE, CHARGE_CARD
from shared.domain.bookings.charge_order import REQUESTED as CHARGE_REQUESTED
from shared.domain.bookings.derived_ids import derived_id
from shared.domain.bookings.fee import UNDER_WAY, WAIVED
from shared.domain.bookings.journal import REOPENED, JournalEntry
from shared.domain.bookings.refund_order import AWAITING_APPROVAL, REOPENING
from shared.domain.dates.instants import DAY_S
from shared.domain.errors import Conflict
from shared.domain.refunds.approval import UNLIMITED, Allowance
from shared.domain.refunds.refund_rules import (
    RefundRequest,
    approve_refund,
    ask_for_refund,
    is_reversed,
    refundable_by_charge,
    require_settled_refunds,
    withdraw_waiting,
)
from shared.domain.visits.end_visit import times_reopened, without_session

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
    """Return the booking with its end undone; once more, the same.

    Its fee goes back under the `allowance` of who asks; beyond it the booking stays ended, with a
    refund that waits for a second person. Raises `Conflict` `not_ended`, `booking_expired`,
    `cancelled_by_client`, `too_late_to_reopen`, `charge_disputed`, `fee_under_way` and
    `request_in_progress`.
    """
    if waits_for_approval(booking) or (booking.status == CONFIRMED and times_reopened(booking)):
        return booking
    _check_end(booking, now_s)
    _check_money(booking)
    back_minor = _fee_to_give_back_minor(booking)
    if not allowance.must_wait(booking, back_minor):
        settled = withdraw_waiting(booking, now_s)
        return _standing(_asked(settled, back_minor, by, now_s, UNLIMITED), by.email, now_s)
    return _asked(booking, back_minor, by, now_s, allowance)


def approve(booking: Booking, request_id: str, by: Person, now_s: int) -> Booking:
    """Return the booking with a refund approved; the visit for whose fee it was stands again.

    Raises as `approve_refund` does, and `Conflict` `charge_disputed` or `fee_under_way`.
    """
    approved = approve_refund(booking, request_id, by, now_s)
    causes = {each.cause for each in approved.refund_orders if each.request_id == request_id}
    if causes != {REOPENING}:
        return approved
    _check_money(booking)
    return _standing(withdraw_waiting(approved, now_s), by.email, now_s)


def waits_for_approval(booking: Booking) -> bool:
    """Whether a visit is to be reopened, and a second person has to agree to its fee's refund."""
    return any(
        each.cause == REOPENING and each.status == AWAITING_APPROVAL
        for each in booking.refund_orders
    )


def takes_slot_again(before: Booking, after: Booking, now_s: int) -> bool:
    """Whether a change gives a visit that is still to come the time back that its end had freed."""
    is_reopened = before.status == CANCELLED and after.status == CONFIRMED
    return is_reopened and after.starts_at_s is not None and now_s < after.starts_at_s


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
    """Raise `Conflict` where it is not clear yet what the end took, or a bank has taken it back."""
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


def _fee_to_give_back_minor(booking: Booking) -> int:
    """Return what of a fee was taken and can go back, wherever it was taken from."""
    fee = booking.fee()
    taken_minor = booking.fee_state(fee).taken_minor if fee else 0
    return min(taken_minor, sum(refundable_by_charge(booking).values()))


def _asked(
    booking: Booking, back_minor: int, by: Person, now_s: int, allowance: Allowance
) -> Booking:
    if not back_minor:
        return booking
    tries = sum(each.cause == REOPENING for each in booking.refund_orders)
    request = RefundRequest(
        request_id=derived_id("rf", booking.booking_id, _WHY, str(tries)),
        amount_minor=back_minor,
        requested_by=by.email,
        requested_at_s=now_s,
        cause=REOPENING,
        requester_id=by.user_id,
    )
    return ask_for_refund(booking, request, back_minor, allowance)


def _standing(booking: Booking, by: str, now_s: int) -> Booking:
    """Return the booking confirmed, without the fee, and without a page on which to pay that."""
    closed = without_session(booking, now_s)
    fee = closed.fee()
    if fee:
        waived = replace(fee, status=WAIVED, decided_by=by, decided_at_s=now_s, reason=_WHY)
        closed = replace(closed, fees=(*closed.fees[:-1], waived))
    name = f"{booking.booking_id}-{_WHY}-{times_reopened(booking) + 1}"
    entry = JournalEntry(name, now_s, REOPENED, by)
    return replace(closed, status=CONFIRMED, journal=(*closed.journal, entry))
