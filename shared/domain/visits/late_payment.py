"""A booking was paid after its slot was given away: it gets the slot again, or the money goes back.

Never both, and each charge once: what was decided is in the booking itself, in the write that
decides it. Once money was sent back for a lost slot, the slot is not taken again. A card that was
saved too late gets the slot again too, or its client is told that nothing was booked. Pure.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from shared.domain.bookings.booking import CONFIRMED, EXPIRED, Booking
from shared.domain.bookings.charge_order import RELEASE, ChargeOrder
from shared.domain.bookings.journal import SLOT_LOST, JournalEntry
from shared.domain.bookings.refund_order import PAID_LATE, REQUESTED, RefundOrder
from shared.domain.refunds.refund_rules import refundable_by_charge, require_settled_refunds
from shared.domain.stripe_facts.charge_facts import ChargeFacts

BY = "bookpay"
SLOT_TAKEN_AGAIN: Final = "booking.slot_taken_again"
_ID_DIGITS = 24


def is_paid_late(booking: Booking) -> bool:
    """Whether a lapsed booking has money for which nothing was decided yet."""
    return booking.status == EXPIRED and any(True for _ in _undecided(booking))


def is_card_late(booking: Booking) -> bool:
    """Whether a lapsed booking has the card that it waited for, and nothing was decided yet."""
    if booking.status != EXPIRED or booking.online is None or booking.online.mode != "save_card":
        return False
    return booking.is_secured() and not _is_lost(booking)


def is_late(booking: Booking) -> bool:
    """Whether what a lapsed booking waited for has come, and nothing was decided yet."""
    return is_paid_late(booking) or is_card_late(booking)


def can_take_again(booking: Booking, now_s: int) -> bool:
    """Whether the booking may have its slot again, if that is free: paid enough, and to come."""
    if not is_late(booking) or booking.starts_at_s is None or booking.online is None:
        return False
    return booking.is_secured() and now_s < booking.starts_at_s and not _is_lost(booking)


def take_again(booking: Booking, now_s: int, caused_by: str | None = None) -> Booking:
    """Return the booking confirmed after all; `caused_by` is the event that told of the money."""
    name = f"{booking.booking_id}-taken-again"
    entry = JournalEntry(name, now_s, SLOT_TAKEN_AGAIN, BY, caused_by)
    return replace(booking, status=CONFIRMED, journal=(*booking.journal, entry))


def give_back(booking: Booking, now_s: int, caused_by: str | None = None) -> Booking:
    """Return the booking with an order for each charge that came too late: all of it goes back.

    What was captured is refunded, what is held is let go; of a saved card nothing is taken. The
    same booking comes back where nothing is to be settled, or can be: a bank that disputes a charge
    has its money already. Raises `Conflict` `request_in_progress` while a refund is half told.
    """
    if not is_late(booking):
        return booking
    require_settled_refunds(booking)
    refunds, releases = [], []
    left = refundable_by_charge(booking)
    for charge_id, charge in _undecided(booking):
        name = f"{booking.booking_id}/{charge_id}/{PAID_LATE}"
        digest = hashlib.sha256(name.encode()).hexdigest()[:_ID_DIGITS]
        if charge.amount_authorized_minor:
            order_id, intent = f"co_{digest}", charge.payment_intent
            releases.append(ChargeOrder(order_id, RELEASE, now_s, payment_intent=intent))
        else:
            refund_id, back_minor = f"rf_{digest}", left[charge_id]
            refunds.append(
                RefundOrder(refund_id, charge_id, back_minor, now_s, BY, PAID_LATE, REQUESTED)
            )
    number = sum(entry.what == SLOT_LOST for entry in booking.journal) + 1
    name = f"{booking.booking_id}-slot-lost-{number}"
    entry = JournalEntry(name, now_s, SLOT_LOST, BY, caused_by)
    return replace(
        booking,
        journal=(*booking.journal, entry),
        refund_orders=(*booking.refund_orders, *refunds),
        charge_orders=(*booking.charge_orders, *releases),
    )


def _is_lost(booking: Booking) -> bool:
    return any(entry.what == SLOT_LOST for entry in booking.journal)


def _undecided(booking: Booking) -> Iterator[tuple[str, ChargeFacts]]:
    """Return the charges whose money can go back and was not yet ordered to, the oldest first."""
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
