"""A visit ends: it is cancelled, a no-show or completed. Pure.

What becomes of its money is decided with the end (`settlement`), by the terms that the client
accepted (`accepted_terms`). Whoever repeats an end finds it done, and changes nothing. No-shows and
completed visits can be marked from the visit's start on, and not before.
"""

from copy import replace

from shared.domain.bookings.authorship import CLIENT
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.fee import CANCELLATION_FEE, NO_SHOW_FEE
from shared.domain.bookings.journal import JournalEntry, JournalWord
from shared.domain.bookings.lifecycle import (
    AWAITING_CONFIRMATION,
    AWAITING_PAYMENT,
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    EXPIRED,
    NEXT,
    NO_SHOW,
    Step,
    status_after,
)
from shared.domain.catalogue.consent import check_fee
from shared.domain.errors import Conflict
from shared.domain.refunds.approval import UNLIMITED, Allowance
from shared.domain.visits.accepted_terms import (
    accepted_policy,
    cancellation_fee_for,
    no_show_fee_for,
)
from shared.domain.visits.end_names import numbered
from shared.domain.visits.order_charges import capture_holds, without_session
from shared.domain.visits.settlement import Settling, settle

_REFUSED = {
    CANCELLED: ("already_cancelled", "The booking was cancelled."),
    NO_SHOW: ("already_no_show", "The client did not come; the booking is over."),
    COMPLETED: ("already_completed", "The visit took place."),
    EXPIRED: ("booking_expired", "The booking was not paid in time, and is gone."),
    AWAITING_PAYMENT: ("not_confirmed", "The booking still waits for its payment."),
    AWAITING_CONFIRMATION: ("not_confirmed", "Its client has not confirmed the booking yet."),
}


def cancel_for_client(booking: Booking, now_s: int, *, accepted_fee_minor: int | None) -> Booking:
    """Return the booking cancelled by its client, for the fee that they agreed to or a lower one.

    Raises as `cancel` does, and `NotAgreed` `fee_changed`.
    """
    if booking.status == CANCELLED:
        return booking
    cancelled = cancel(booking, CLIENT, now_s, takes_fee=True)
    check_fee(cancellation_fee_for(booking, now_s), accepted_fee_minor)
    return cancelled


def cancel(
    booking: Booking, by: str, now_s: int, *, takes_fee: bool, allowance: Allowance = UNLIMITED
) -> Booking:
    """Return the booking cancelled, with every order that its money needs.

    `by` is `client` or the e-mail of somebody of the staff; `takes_fee` is whether the policy's fee
    is taken. What staff give back beyond the terms, and beyond their `allowance`, waits for a
    second person; the visit is cancelled all the same. Raises `Conflict` `already_no_show`,
    `already_completed`, `booking_expired`, `request_in_progress`, and for a client whose visit has
    begun `visit_started`.
    """
    if booking.status == CANCELLED:
        return booking
    if (booking.status, Step.CANCEL) not in NEXT:
        raise _refusal(booking)
    has_begun = booking.starts_at_s is not None and booking.starts_at_s <= now_s
    if by == CLIENT and has_begun:
        raise Conflict("The visit has begun: ask the business.", code="visit_started")
    terms_minor = cancellation_fee_for(booking, now_s)
    ended = _ended(booking, Step.CANCEL, "booking.cancelled", by, now_s)
    closed = without_session(ended, now_s)
    keeps_minor = terms_minor if accepted_policy(booking) else None
    settling = Settling(by, now_s, keeps_minor, allowance)
    return settle(closed, terms_minor if takes_fee else 0, CANCELLATION_FEE, settling)


def mark_no_show(
    booking: Booking, by: str, now_s: int, *, takes_fee: bool, allowance: Allowance = UNLIMITED
) -> Booking:
    """Return the booking as one that the client did not come to.

    What was paid for a booking made by staff stays: no terms say what becomes of it. If the fee is
    not taken, the refund is under the same `allowance` as with `cancel`. Raises `Conflict` as
    `cancel` does, `not_confirmed`, and before the start `visit_not_started`.
    """
    if booking.status == NO_SHOW:
        return booking
    _check_begun(booking, now_s)
    ended = _ended(booking, Step.MISS, "booking.no_show", by, now_s)
    closed = without_session(ended, now_s)
    if accepted_policy(booking) is None:
        return closed
    fee_minor = no_show_fee_for(booking)
    settling = Settling(by, now_s, fee_minor, allowance)
    return settle(closed, fee_minor if takes_fee else 0, NO_SHOW_FEE, settling)


def complete(booking: Booking, by: str, now_s: int) -> Booking:
    """Return the booking completed; holds are captured. Raises `Conflict` as `mark_no_show`."""
    if booking.status == COMPLETED:
        return booking
    _check_begun(booking, now_s)
    return capture_holds(_ended(booking, Step.COMPLETE, "booking.completed", by, now_s), now_s)


def _check_begun(booking: Booking, now_s: int) -> None:
    """Raise `Conflict` unless a confirmed visit has begun; a sale at the desk has no time."""
    if booking.status != CONFIRMED:
        raise _refusal(booking)
    if booking.starts_at_s is not None and now_s < booking.starts_at_s:
        raise Conflict(
            "The visit has not begun; until then it can be cancelled.", code="visit_not_started"
        )


def _refusal(booking: Booking) -> Conflict:
    code, detail = _REFUSED[booking.status]
    return Conflict(detail, code=code)


def _ended(booking: Booking, step: Step, what: JournalWord, by: str, now_s: int) -> Booking:
    entry_id = "-".join(numbered(booking, booking.booking_id, what.partition(".")[2]))
    status = status_after(booking.status, step)
    return replace(booking, status=status).with_entry(JournalEntry(entry_id, now_s, what, by))
