"""What is due is paid outside Stripe and recorded, and nobody is asked for it again. Pure.

    booking            what is due
    awaiting payment   what the terms ask for before the visit: with it the booking is confirmed
    standing           the price, less what was paid or is held
    ended              what is owed of its fee

The session where it could be paid is closed. Who pays there meanwhile has paid twice: of a visit
that stands staff have to look at it (`overpaid`), of one that has ended Stripe's money goes back by
itself (`late_payment`).
"""

from copy import replace

from msgspec import Struct

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.derived_ids import derived_id
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.outside_payment import (
    MAX_OUTSIDE_PAYMENTS,
    RECORDED,
    VOIDED,
    OutsidePayment,
)
from shared.domain.errors import Conflict, InvalidInput, NotFound
from shared.domain.mistakes import mistake
from shared.domain.money.money import Money
from shared.domain.money.written import written
from shared.domain.visits.order_charges import without_session


class PaidOutside(Struct, frozen=True):
    """What staff have been paid, in minor units of the booking's currency, and how."""

    amount_minor: int
    method: str
    note: str = ""


def record_payment(booking: Booking, paid: PaidOutside, by: str, now_s: int) -> Booking:
    """Return the booking with what was paid outside Stripe, and confirmed if it waited for that.

    Raises `InvalidInput` `amount_exceeds_due` or `amount_too_fine`, and `Conflict`
    `fee_under_way` or `too_many_changes`.
    """
    if booking.is_being_paid():
        raise Conflict("The client is paying at Stripe right now.", code="fee_under_way")
    due = Money(booking.amount_due_minor(), booking.price.currency)
    if paid.amount_minor > due.amount_minor:
        raise InvalidInput(
            f"At most {written(due)} is due.",
            code="amount_exceeds_due",
            errors=[mistake("/amount", f"must be at most {due.amount_minor}, what is due")],
        )
    if not Money(paid.amount_minor, booking.price.currency).is_chargeable():
        # Stripe could not take what would be left.
        raise InvalidInput(
            "Stripe does not take amounts so fine in this currency.",
            code="amount_too_fine",
            errors=[mistake("/amount", "is too fine for this currency")],
        )
    number = len(booking.outside_payments)
    if number >= MAX_OUTSIDE_PAYMENTS:
        raise Conflict("Too many payments were recorded here.", code="too_many_changes")
    payment = OutsidePayment(
        derived_id("pay", booking.booking_id, str(number)),
        paid.amount_minor,
        paid.method,
        now_s,
        by,
        paid.note,
    )
    entry = JournalEntry(f"{payment.payment_id}-recorded", now_s, RECORDED, by)
    payments = (*booking.outside_payments, payment)
    recorded = replace(booking, outside_payments=payments).with_entry(entry)
    return without_session(recorded.advanced(), now_s)


def void_payment(booking: Booking, payment_id: str, note: str, by: str, now_s: int) -> Booking:
    """Return the booking with a recorded payment that no longer counts, and why.

    What it had paid is due again, by link; nothing is charged by itself, and a booking that it had
    confirmed stays so. One that was voided before is left as it is. Raises `NotFound`
    `payment_not_found`.
    """
    found = [each for each in booking.outside_payments if each.payment_id == payment_id]
    if not found:
        raise NotFound("There is no such payment.", code="payment_not_found")
    if found[0].is_voided:
        return booking
    voided = replace(found[0], voided_at_s=now_s, voided_by=by, void_note=note)
    payments = tuple(voided if each is found[0] else each for each in booking.outside_payments)
    entry = JournalEntry(f"{payment_id}-voided", now_s, VOIDED, by)
    return replace(booking, outside_payments=payments).with_entry(entry)
