"""Decisions on a fee after the visit has ended: confirm it, waive it, remind of it. Pure."""

from copy import replace

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.fee import APPLIED, OWED, PROPOSED, WAIVED, WRITTEN_OFF, Fee
from shared.domain.bookings.journal import JournalEntry, JournalWord
from shared.domain.bookings.lifecycle import ENDED_STATUSES
from shared.domain.errors import Conflict, NotFound
from shared.domain.refunds.approval import UNLIMITED, Allowance
from shared.domain.refunds.refund_rules import BOOKPAY, withdraw_waiting
from shared.domain.refunds.refundable import require_settled_refunds
from shared.domain.visits.order_charges import release_holds
from shared.domain.visits.settlement import Settling, entitled_minor, refund_beyond, take_fee

MAX_REMINDERS = 2


def confirm_fee(booking: Booking, fee_id: str, by: str, now_s: int) -> Booking:
    """Return the booking with a proposed fee taken; with one that was, the same.

    Raises `NotFound`, and `Conflict` `fee_decided` or `request_in_progress`.
    """
    fee = _find_fee(booking, fee_id)
    if fee.status == APPLIED:
        return booking
    if fee.status != PROPOSED:
        raise Conflict("This fee has already been confirmed or waived.", code="fee_decided")
    require_settled_refunds(booking)
    confirmed = replace(fee, status=APPLIED, decided_by=by, decided_at_s=now_s)
    withdrawn = withdraw_waiting(booking, now_s)
    noted = withdrawn.with_entry(JournalEntry(f"{fee_id}-confirmed", now_s, "fee.confirmed", by))
    return take_fee(noted.with_fee(confirmed), confirmed, now_s)


def waive_fee(
    booking: Booking,
    fee_id: str,
    by: str,
    reason: str,
    now_s: int,
    *,
    allowance: Allowance = UNLIMITED,
) -> Booking:
    """Return the booking with a proposed or owed fee waived; what was paid for it goes back.

    It goes back under the same `allowance` as with `cancel`. Raises
    `NotFound`, and `Conflict` `request_in_progress`, or `fee_decided` for a fee that was taken
    (refund it instead) or is over.
    """
    fee = _find_fee(booking, fee_id)
    if fee.status == WAIVED:
        return booking
    state = booking.fee_state(fee)
    if state.status not in (PROPOSED, OWED):
        raise Conflict(
            "This fee has already been charged or waived: refund it instead.", code="fee_decided"
        )
    if state.pending_minor:
        # It would come after all, and nobody would give it back.
        raise Conflict("A part of this fee is being taken; try again.", code="request_in_progress")
    require_settled_refunds(booking)
    waived = replace(fee, status=WAIVED, decided_by=by, decided_at_s=now_s, reason=reason)
    withdrawn = withdraw_waiting(booking, now_s)
    noted = withdrawn.with_entry(JournalEntry(f"{fee_id}-waived", now_s, "fee.waived", by))
    without_fee = noted.with_fee(waived)
    stays_minor = entitled_minor(without_fee)
    settling = Settling(by, now_s, stays_minor + fee.amount_minor, allowance)
    refunded = refund_beyond(without_fee, stays_minor, f"{fee_id}-waived", settling)
    return release_holds(refunded, now_s) if booking.status in ENDED_STATUSES else refunded


def remind_of_fee(booking: Booking, fee_id: str, reminders: int, now_s: int) -> Booking:
    """Return the booking after a scheduled check of a fee: if still owed, reminded or written off.

    `reminders` is how many reminders had been sent when the check was scheduled; a check that is
    out of turn changes nothing.
    """
    fee = next((each for each in booking.fees if each.fee_id == fee_id), None)
    is_asked_for = booking.status in ENDED_STATUSES
    if fee is None or not is_asked_for or fee.reminders != reminders:
        return booking
    if booking.fee_state(fee).status != OWED:
        return booking
    if reminders < MAX_REMINDERS:
        what: JournalWord = "fee.reminded"
        changed = replace(fee, reminders=reminders + 1)
    else:
        what = "fee.written_off"
        changed = replace(fee, status=WRITTEN_OFF)
    entry_id = f"{fee_id}-{what.partition('.')[2]}-{reminders}"
    return booking.with_entry(JournalEntry(entry_id, now_s, what, BOOKPAY)).with_fee(changed)


def _find_fee(booking: Booking, fee_id: str) -> Fee:
    for fee in booking.fees:
        if fee.fee_id == fee_id:
            return fee
    raise NotFound("There is no such fee.", code="fee_not_found")
