"""A payment that comes too late: after its slot was released, or after the visit has ended. Pure.

    slot released    the booking gets its slot again, or the money goes back
    visit ended      what the fee does not need goes back

Never both, and each charge once: the decision is stored in the booking, in the write that makes it.
Once money was sent back for a lost slot, the slot is not taken again. A card that was saved too
late gets the slot again too, or its client is told that nothing was booked.
"""

from collections.abc import Iterable, Iterator
from copy import replace
from typing import Final

from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.charge_order import RELEASE, ChargeOrder
from shared.domain.bookings.derived_ids import derived_id
from shared.domain.bookings.fee import FEE_PURPOSES, PROPOSED, WAIVED
from shared.domain.bookings.journal import SLOT_LOST, JournalEntry
from shared.domain.bookings.lifecycle import (
    ENDED_STATUSES,
    EXPIRED,
    Step,
    status_after,
)
from shared.domain.bookings.refund_order import PAID_LATE, REQUESTED, RefundOrder
from shared.domain.calendar.intervals import Interval
from shared.domain.refunds.refund_rules import BOOKPAY, RefundRequest, with_refund
from shared.domain.refunds.refundable import (
    possibly_double_counted_minor,
    refundable_by_charge,
    require_settled_refunds,
)
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.visits.accepted_terms import keeps_all
from shared.domain.visits.order_charges import new_charge_order, order_charge
from shared.domain.visits.settlement import entitled_minor, uncommitted_minor

SLOT_TAKEN_AGAIN: Final = "booking.slot_taken_again"


def is_paid_late(booking: Booking) -> bool:
    """Whether an expired booking has money that nothing was decided about yet."""
    return booking.status == EXPIRED and any(True for _ in _undecided(booking))


def is_card_late(booking: Booking) -> bool:
    """Whether an expired booking has the card that it waited for, and nothing was decided yet."""
    if booking.status != EXPIRED or booking.terms is None or booking.terms.mode != "save_card":
        return False
    return booking.is_secured() and not _is_lost(booking)


def is_late(booking: Booking) -> bool:
    """Whether what an expired booking waited for has come, and nothing was decided yet."""
    return is_paid_late(booking) or is_card_late(booking)


def can_rebook_slot(booking: Booking, now_s: int, off: Iterable[Interval] = ()) -> bool:
    """Whether the booking may have its slot again, if nobody else has it by now.

    It must be paid enough, and not have started. In `off` its employee is away, or the location is
    closed: what staff have entered since the slot was released is not to be overruled.
    """
    if not is_late(booking) or booking.starts_at_s is None or booking.terms is None:
        return False
    time = booking.taken_time()
    if time and any(time.visit.overlaps(each) for each in off):
        return False
    return booking.is_secured() and now_s < booking.starts_at_s and not _is_lost(booking)


def rebook_slot(booking: Booking, now_s: int, caused_by: str | None = None) -> Booking:
    """Return the booking confirmed after all; `caused_by` is the event that brought the money."""
    name = f"{booking.booking_id}-taken-again"
    entry = JournalEntry(name, now_s, SLOT_TAKEN_AGAIN, BOOKPAY, caused_by)
    status = status_after(booking.status, Step.REBOOK)
    return replace(booking, status=status).with_entry(entry)


def refund_late_payment(booking: Booking, now_s: int, caused_by: str | None = None) -> Booking:
    """Return the booking with an order for each charge that came too late: all of it goes back.

    What was captured is refunded and what is held is released; a saved card is not charged. Returns
    the same booking if nothing is left to settle, as when a bank that disputes a charge has its
    money already. Raises `Conflict` `request_in_progress`.
    """
    if not is_late(booking):
        return booking
    require_settled_refunds(booking)
    refunds, releases = [], []
    left = refundable_by_charge(booking)
    for charge_id, charge in _undecided(booking):
        about = (booking.booking_id, charge_id, PAID_LATE)
        if charge.amount_authorized_minor:
            order_id, intent = derived_id("co", *about), charge.payment_intent
            releases.append(ChargeOrder(order_id, RELEASE, now_s, payment_intent=intent))
        else:
            refund_id, back_minor = derived_id("rf", *about), left[charge_id]
            refunds.append(
                RefundOrder(refund_id, charge_id, back_minor, now_s, BOOKPAY, PAID_LATE, REQUESTED)
            )
    number = sum(entry.what == SLOT_LOST for entry in booking.journal) + 1
    name = f"{booking.booking_id}-slot-lost-{number}"
    settled = replace(
        booking,
        refund_orders=(*booking.refund_orders, *refunds),
        charge_orders=(*booking.charge_orders, *releases),
    )
    return settled.with_entry(JournalEntry(name, now_s, SLOT_LOST, BOOKPAY, caused_by))


def with_late_money(before: Booking, after: Booking, now_s: int) -> Booking:
    """Return a booking to which money came after its end: what its fee does not need goes back.

    `before` is the booking without the news, `after` with it. Money that we ordered is never late.
    """
    if before.status not in ENDED_STATUSES or keeps_all(before):
        return after
    ordered = {each.payment_intent for each in before.charge_orders} - {""}
    changed = after
    for charge_id, charge in after.facts.charges.items():
        known = before.facts.charges.get(charge_id)
        if charge.payment_intent in ordered or charge.currency != before.price.currency:
            continue
        new_minor = charge.amount_captured_minor - (known.amount_captured_minor if known else 0)
        if new_minor > 0:
            changed = _refund_late_charge(before, changed, charge_id, new_minor, now_s)
        is_held = charge.amount_authorized_minor and not (known and known.amount_authorized_minor)
        if is_held and charge.payment_intent:
            order = new_charge_order(changed, RELEASE, now_s, charge.payment_intent)
            changed = order_charge(changed, order)
    return changed


def _refund_late_charge(
    before: Booking, booking: Booking, charge_id: str, new_minor: int, now_s: int
) -> Booking:
    """Return the booking with what a charge newly brought kept for the fee, and the rest refunded.

    `new_minor` is above zero, in minor units of the price's currency.
    """
    fees, wanted_minor = [each for each in before.fees if each.status != WAIVED], 0
    if fees:
        last, states = fees[-1], before.fee_states()
        if booking.facts.charges[charge_id].purpose in FEE_PURPOSES:
            # By its purpose it counts for the fees; a second payment of the same one does not.
            wanted_minor = sum(
                each.amount_minor - states[each.fee_id].paid_minor for each in fees if each.counts
            )
        elif last.status == PROPOSED:
            # A webhook cannot wait until it is clear. What may be counted twice is taken to be
            # there: better to refund it and ask for the fee than to keep money for nothing.
            here_minor = uncommitted_minor(before) + possibly_double_counted_minor(before)
            wanted_minor = entitled_minor(before) - here_minor - before.paid_elsewhere_minor()
        else:
            wanted_minor = before.fee_owed_minor()
            kept_minor = last.kept_minor + min(wanted_minor, new_minor)
            booking = booking.with_fee(replace(last, kept_minor=kept_minor))
    back_minor = new_minor - min(max(0, wanted_minor), new_minor)
    back_minor = min(back_minor, refundable_by_charge(booking).get(charge_id, 0))
    if not back_minor:
        return booking
    request_id = derived_id("rf", booking.booking_id, charge_id, "late", str(now_s))
    request = RefundRequest(request_id, None, BOOKPAY, now_s, PAID_LATE)
    asked = with_refund(booking, request, back_minor, only=charge_id)
    entry_id = f"{request_id}-requested"
    return asked.with_entry(JournalEntry(entry_id, now_s, "refund.requested", BOOKPAY))


def _is_lost(booking: Booking) -> bool:
    return any(entry.what == SLOT_LOST for entry in booking.journal)


def _undecided(booking: Booking) -> Iterator[tuple[str, ChargeFacts]]:
    """Yield the charges whose money can go back and was not ordered to yet, oldest first."""
    decided = {each.charge_id for each in booking.refund_orders if each.cause == PAID_LATE}
    let_go = {each.payment_intent for each in booking.charge_orders if each.kind == RELEASE}
    left = refundable_by_charge(booking)
    by_age = sorted(booking.facts.charges.items(), key=lambda item: (item[1].created_s, item[0]))
    for charge_id, charge in by_age:
        if charge.currency != booking.price.currency or charge_id in decided:
            continue
        if charge.amount_authorized_minor:
            intent = booking.facts.intents.get(charge.payment_intent)
            is_canceled = intent is not None and intent.is_canceled
            if charge.payment_intent not in let_go and not is_canceled:
                yield charge_id, charge
        elif charge_id in left:
            yield charge_id, charge
