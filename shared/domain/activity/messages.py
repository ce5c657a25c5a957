"""Messages on the bus: facts in the past tense, and orders, with ids. Pure.

A message is written in the transaction of the change that it reports (the outbox) and published
afterwards, at least once and in no particular order: `message_id` identifies a repetition, and
figures are totals. All of them follow from the booking before and after the change, whoever made
it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.domain.activity.changes import changes_between, requested_charges, requested_refunds
from shared.domain.activity.sequence import is_reported
from shared.domain.bookings.booking import AWAITING_CONFIRMATION, EXPIRED, Booking
from shared.domain.bookings.fee import OWED
from shared.domain.bookings.payment_summary import PaymentSummary
from shared.domain.dates.instants import DAY_S, rfc3339
from shared.domain.visits.late_payment import is_card_late

SCHEMA = 2
BOOKING_CHANGED = "booking.changed"
REFUND_PAYMENT = "refund_payment"
EXECUTE_CHARGE_ORDER = "execute_charge_order"
CHECK_FEE, CHECK_HOLD = "check_fee", "check_hold"
SEND_MAIL = "send_mail"
SETTLE_LATE_PAYMENT = "settle_late_payment"
# The kind of mail that warns staff of a hold that is about to expire.
HOLD_EXPIRY_MAIL = "hold_lapses"
# The kind of the mail with which a client confirms a booking that nothing is paid for.
CONFIRM_ADDRESS = "confirm_address"

# A fee that is owed is reminded of twice, and then written off.
REMINDER_AFTER_S = 3 * DAY_S
# How long before a hold expires staff are warned.
EXPIRES_SOON_S = 2 * DAY_S
# How long after its end a hold is surely released at Stripe, and its webhooks are here.
EXPIRED_S = 3600


@dataclass(frozen=True, slots=True)
class Message:
    """One message: `detail_type` and `detail` as they stand on the bus, source `bookpay`.

    It is not published before `due_s` (seconds since 1970); 0 is at once.
    """

    message_id: str
    detail_type: str
    detail: dict[str, Any]
    due_s: int = 0


def messages_of(
    before: Booking | None, after: Booking, caused_by: str, at_s: int
) -> tuple[Message, ...]:
    """Return every message that a change of a booking leads to, for its transaction.

    `before` is `None` for a new booking; `caused_by` names the change, uniquely within the booking
    (a Stripe event's id, or `v7` for what made the booking's seventh version), and `at_s` is when
    it happened, in seconds since 1970.
    """
    changed = booking_changed(before, after, caused_by, at_s)
    return (*((changed,) if changed else ()), *_orders(before, after, caused_by, at_s))


def booking_changed(
    before: Booking | None, after: Booking, caused_by: str, at_s: int
) -> Message | None:
    """Return the message that reports a booking's change, or `None` if nothing to report changed.

    Amounts are totals, ints in the currency's minor unit. `sequence.is_reported` says which changes
    are reported.
    """
    if not is_reported(before, after):
        return None
    old, new = before.payments() if before else None, after.payments()
    return _message(
        after,
        BOOKING_CHANGED,
        caused_by,
        at_s,
        {
            "caused_by": caused_by,
            "status": after.status,
            "previous_status": before.status if before else None,
            "previous_payment_status": old.payment_status if old else None,
            "currency": new.currency,
            **_figures(new),
            "happened": list(changes_between(before, after)),
            **({"metadata": dict(after.metadata)} if after.metadata else {}),
        },
    )


def _orders(before: Booking | None, after: Booking, caused_by: str, at_s: int) -> Iterator[Message]:
    for refund_id in requested_refunds(before, after):
        yield _message(after, REFUND_PAYMENT, refund_id, at_s, {"refund_id": refund_id})
    for order_id in requested_charges(before, after):
        yield _message(after, EXECUTE_CHARGE_ORDER, order_id, at_s, {"order_id": order_id})
    yield from _fee_orders(before, after, at_s)
    yield from _hold_orders(before, after, at_s)
    was_awaiting = before is not None and before.status == AWAITING_CONFIRMATION
    if after.status == AWAITING_CONFIRMATION and not was_awaiting:
        yield _message(after, SEND_MAIL, CONFIRM_ADDRESS, at_s, {"kind": CONFIRM_ADDRESS})
    if _wants_slot(before, after):
        cause = {"caused_by": caused_by}
        yield _message(after, SETTLE_LATE_PAYMENT, f"{caused_by}-slot", at_s, cause)


def _wants_slot(before: Booking | None, after: Booking) -> bool:
    """Whether money, or the card, came for a booking whose slot was released."""
    if after.status != EXPIRED:
        return False
    was_expired = before is not None and before.status == EXPIRED
    known_minor = _paid_minor(before) if before and was_expired else 0
    was_card_late = before is not None and is_card_late(before)
    return _paid_minor(after) > known_minor or (is_card_late(after) and not was_card_late)


def _fee_orders(before: Booking | None, after: Booking, at_s: int) -> Iterator[Message]:
    """Order the mail with a fee's link, its reminders, and the check of it some days later."""
    old = {fee.fee_id: fee for fee in before.fees} if before else {}
    for fee in after.fees:
        if after.fee_state(fee).status != OWED:
            continue
        known = old.get(fee.fee_id)
        was_owed = bool(before and known and before.fee_state(known).status == OWED)
        if known and was_owed and known.reminders == fee.reminders:
            continue
        kind = "fee_reminder" if was_owed else "fee_link"
        name = f"{fee.fee_id}-{fee.reminders}"
        ids = {"fee_id": fee.fee_id}
        yield _message(after, SEND_MAIL, f"{name}-mail", at_s, {"kind": kind, **ids})
        due_s = at_s + REMINDER_AFTER_S
        check = {**ids, "reminders": fee.reminders}
        yield _message(after, CHECK_FEE, f"{name}-look", at_s, check, due_s)


def _hold_orders(before: Booking | None, after: Booking, at_s: int) -> Iterator[Message]:
    """Order the checks of a hold two days before it expires and after, and the mail about it."""
    old = _holds(before)
    for charge_id, expires_s in _holds(after).items():
        if expires_s and old.get(charge_id) != expires_s:
            name = f"{charge_id}-look"
            due_s = max(at_s, expires_s - EXPIRES_SOON_S)
            yield _message(after, CHECK_HOLD, name, at_s, {"charge": charge_id}, due_s)
            name, over = f"{charge_id}-end", {"charge": charge_id, "is_over": True}
            yield _message(after, CHECK_HOLD, name, at_s, over, expires_s + EXPIRED_S)
    for charge_id in after.lapsing_holds:
        if before and charge_id not in before.lapsing_holds:
            detail = {"kind": HOLD_EXPIRY_MAIL, "charge": charge_id}
            yield _message(after, SEND_MAIL, f"{charge_id}-mail", at_s, detail)


def _holds(booking: Booking | None) -> dict[str, int]:
    charges = booking.facts.charges if booking else {}
    return {
        key: charge.capture_before_s
        for key, charge in charges.items()
        if charge.amount_authorized_minor > 0
    }


def _paid_minor(booking: Booking) -> int:
    summary = booking.payments()
    return summary.amount_captured + summary.amount_authorized


def _message(
    booking: Booking,
    detail_type: str,
    name: str,
    at_s: int,
    detail: dict[str, Any],
    due_s: int = 0,
) -> Message:
    message_id = f"{booking.booking_id}-{name}"
    envelope = {
        "schema": SCHEMA,
        "message_id": message_id,
        "occurred_at": rfc3339(at_s),
        "location_id": booking.location_id,
        "booking_id": booking.booking_id,
    }
    return Message(message_id, detail_type, {**envelope, **detail}, due_s)


def _figures(summary: PaymentSummary) -> dict[str, Any]:
    return {
        "payment_status": summary.payment_status,
        "amount_authorized": summary.amount_authorized,
        "amount_captured": summary.amount_captured,
        "amount_refunded": summary.amount_refunded,
        "amount_disputed": summary.amount_disputed,
    }
