"""Which messages a booking's change leads to: what happened, and orders. Pure.

All of them follow from the booking before and after the change, whoever made it.
"""

from collections.abc import Iterator
from typing import TypedDict

from shared.domain.activity.changes import changes_between, requested_charges, requested_refunds
from shared.domain.activity.sequence import is_reported
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.fee import OWED, Fee
from shared.domain.bookings.lifecycle import (
    AWAITING_CONFIRMATION,
    ENDED_STATUSES,
    EXPIRED,
)
from shared.domain.dates.instants import DAY_S, rfc3339
from shared.domain.messages.booking_changed import BookingChanged
from shared.domain.messages.mail_orders import SendAddressCheck, SendFeeLink, SendHoldWarning
from shared.domain.messages.message import Message
from shared.domain.messages.stripe_orders import (
    CheckFee,
    CheckHold,
    ExecuteChargeOrder,
    RefundPayment,
    SettleLatePayment,
)
from shared.domain.visits.late_payment import is_card_late

# A fee that is owed is reminded of twice, and then written off.
REMINDER_AFTER_S = 3 * DAY_S
# How long before a hold expires staff are warned.
EXPIRES_SOON_S = 2 * DAY_S
# How long after its end a hold is surely released at Stripe, and its webhooks are here.
EXPIRED_S = 3600


class About(TypedDict):
    """What a message about a booking begins with."""

    message_id: str
    occurred_at: str
    location_id: str
    booking_id: str


def about(booking: Booking, name: str, at_s: int) -> About:
    """Return what a message about a booking begins with; `name` is unique within the booking."""
    return {
        "message_id": f"{booking.booking_id}-{name}",
        "occurred_at": rfc3339(at_s),
        "location_id": booking.location_id,
        "booking_id": booking.booking_id,
    }


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
) -> BookingChanged | None:
    """Return the message that reports a booking's change, or `None` if nothing to report changed.

    `sequence.is_reported` says which changes are reported; `after` has its number.
    """
    if not is_reported(before, after):
        return None
    old, new = before.payments() if before else None, after.payments()
    return BookingChanged(
        **about(after, caused_by, at_s),
        sequence=after.sequence,
        caused_by=caused_by,
        external_id=after.external_id,
        metadata=after.metadata,
        service_id=after.service_id,
        employee_id=after.employee_id,
        starts_at=None if after.starts_at_s is None else rfc3339(after.starts_at_s),
        ends_at=None if after.ends_at_s is None else rfc3339(after.ends_at_s),
        status=after.status,
        previous_status=before.status if before else None,
        payment_status=new.payment_status,
        previous_payment_status=old.payment_status if old else None,
        currency=new.currency,
        amount_authorized=new.amount_authorized,
        amount_captured=new.amount_captured,
        amount_refunded=new.amount_refunded,
        amount_disputed=new.amount_disputed,
        amount_paid_elsewhere=after.paid_elsewhere_minor(),
        happened=changes_between(before, after),
    )


def _orders(before: Booking | None, after: Booking, caused_by: str, at_s: int) -> Iterator[Message]:
    for refund_id in requested_refunds(before, after):
        yield RefundPayment(**about(after, refund_id, at_s), refund_id=refund_id)
    for order_id in requested_charges(before, after):
        yield ExecuteChargeOrder(**about(after, order_id, at_s), order_id=order_id)
    yield from _fee_orders(before, after, at_s)
    yield from _hold_orders(before, after, at_s)
    was_awaiting = before is not None and before.status == AWAITING_CONFIRMATION
    if after.status == AWAITING_CONFIRMATION and not was_awaiting:
        yield SendAddressCheck(**about(after, "confirm_address", at_s))
    if _wants_slot(before, after):
        yield SettleLatePayment(**about(after, f"{caused_by}-slot", at_s), caused_by=caused_by)


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
        if not _is_asked_for(after, fee):
            continue
        known = old.get(fee.fee_id)
        was_owed = bool(before and known and _is_asked_for(before, known))
        if known and was_owed and known.reminders == fee.reminders:
            continue
        name = f"{fee.fee_id}-{fee.reminders}"
        yield SendFeeLink(
            **about(after, f"{name}-mail", at_s),
            kind="fee_reminder" if was_owed else "fee_link",
            fee_id=fee.fee_id,
        )
        yield CheckFee(
            **about(after, f"{name}-look", at_s),
            fee_id=fee.fee_id,
            reminders=fee.reminders,
            due_s=at_s + REMINDER_AFTER_S,
        )


def _is_asked_for(booking: Booking, fee: Fee) -> bool:
    """Whether a link asks for a fee by itself: while the visit stands, it is due with its price."""
    return booking.status in ENDED_STATUSES and booking.fee_state(fee).status == OWED


def _hold_orders(before: Booking | None, after: Booking, at_s: int) -> Iterator[Message]:
    """Order the checks of a hold two days before it expires and after, and the mail about it."""
    old = _holds(before)
    for charge_id, expires_s in _holds(after).items():
        if expires_s and old.get(charge_id) != expires_s:
            yield CheckHold(
                **about(after, f"{charge_id}-look", at_s),
                charge=charge_id,
                is_over=False,
                due_s=max(at_s, expires_s - EXPIRES_SOON_S),
            )
            yield CheckHold(
                **about(after, f"{charge_id}-end", at_s),
                charge=charge_id,
                is_over=True,
                due_s=expires_s + EXPIRED_S,
            )
    for charge_id in after.lapsing_holds:
        if before and charge_id not in before.lapsing_holds:
            yield SendHoldWarning(**about(after, f"{charge_id}-mail", at_s), charge=charge_id)


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
