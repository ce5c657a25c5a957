"""Which mails a client gets of what happened to a booking. Pure.

Each mail reports one fact, and each fact is sent once. A fact that no longer holds when its mail is
about to be sent is not sent.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import replace

from shared.domain.activity.booking_mails import (
    cancelled,
    confirm_address,
    confirmation,
    confirmed,
    expired,
    reminder,
    reopened,
    slot_lost,
)
from shared.domain.activity.mail import Mail
from shared.domain.activity.messages import about
from shared.domain.activity.moved_mail import moved
from shared.domain.activity.payment_mails import (
    FEE_LINK,
    fee_link,
    fee_reminder,
    fee_taken,
    payment_link,
    received,
    refund_failed,
    refund_on_its_way,
    refund_succeeded,
)
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.lifecycle import (
    AWAITING_PAYMENT,
)
from shared.domain.messages.booking_changed import (
    BookingChanged,
    Cancellation,
    Change,
    FeeChange,
    Moving,
    RefundChange,
    RefundWord,
    Reopening,
    VisitChange,
    VisitWord,
)
from shared.domain.messages.mail_orders import (
    ClientMailOrder,
    SendAddressCheck,
    SendConfirmation,
    SendFeeLink,
    SendMailAgain,
    SendMoved,
    SendPaymentLink,
    SendReminder,
)

# A mail that is sent again has its fact with a mark and a number after it.
AGAIN_MARK = "~"


def payment_link_order(booking: Booking, at_s: int) -> SendPaymentLink:
    """Return the order to mail a booking's newest payment link."""
    begin = about(booking, f"mail-payment_link-{booking.links}", at_s)
    return SendPaymentLink(**begin, link_number=booking.links)


def new_booking_order(booking: Booking, at_s: int) -> SendPaymentLink | SendConfirmation:
    """Return the order to tell a client of a booking that staff made: what to do, or that it is."""
    if booking.status == AWAITING_PAYMENT:
        return payment_link_order(booking, at_s)
    return SendConfirmation(**about(booking, "mail-confirmation", at_s))


def moved_order(booking: Booking, at_s: int) -> SendMoved:
    """Return the order to tell a client that staff moved their visit."""
    return SendMoved(**about(booking, f"mail-moved-{len(booking.moves)}", at_s))


def again_order(booking: Booking, fact: str, number: str, at_s: int) -> SendMailAgain:
    """Return the order to send a mail again; `number` tells this sending from others."""
    begin = about(booking, f"mail-again-{fact}-{number}", at_s)
    return SendMailAgain(**begin, fact=fact, number=number)


def mails_of(message: BookingChanged | ClientMailOrder, booking: Booking) -> list[Mail]:
    """Return the mails that a message leads to, as the booking stands now."""
    if isinstance(message, BookingChanged):
        found = [*_mails_about(message.happened, booking), *received(booking)]
    else:
        found = [_mail_ordered(message, booking)]
    return [mail for mail in found if mail]


def _mail_ordered(order: ClientMailOrder, booking: Booking) -> Mail | None:
    match order:
        case SendPaymentLink():
            mail = payment_link(booking, order.link_number)
        case SendConfirmation():
            mail = confirmation(booking)
        case SendReminder():
            mail = reminder(booking, order.starts_at)
        case SendMoved():
            mail = moved(booking)
        case SendFeeLink(kind="fee_link"):
            mail = fee_link(booking, order.fee_id)
        case SendFeeLink():
            mail = fee_reminder(booking, order.fee_id)
        case SendAddressCheck():
            mail = confirm_address(booking)
        case SendMailAgain():
            mail = _again(booking, order)
    return mail


def base_fact(fact: str) -> str:
    """Return a mail's fact without the mark of one that is sent again."""
    return fact.partition(AGAIN_MARK)[0]


def mail_of_fact(booking: Booking, fact: str) -> Mail | None:
    """Return the mail of a fact, as the booking stands now; `None` if it no longer holds."""
    name, _, subject = base_fact(fact).partition("#")
    if name == "received":
        return next((mail for mail in received(booking) if mail.fact == base_fact(fact)), None)
    composer = BY_FACT.get(name)
    return composer(booking, subject) if composer else None


def _again(booking: Booking, order: SendMailAgain) -> Mail | None:
    """Send a mail again that did not arrive, or that its reader has lost."""
    fact = base_fact(order.fact)
    mail = mail_of_fact(booking, fact)
    if mail is None:
        return None
    return replace(mail, fact=f"{fact}{AGAIN_MARK}{order.number}", is_asked_by_staff=True)


def _mails_about(happened: Sequence[Change], booking: Booking) -> Iterator[Mail | None]:
    # The mail of a cancellation, or of a move, includes its fee: one mail, not two.
    tells_fee = any(isinstance(each, Cancellation | Moving) for each in happened)
    for change in happened:
        match change:
            case VisitChange() if change.what in BY_VISIT:
                yield BY_VISIT[change.what](booking)
            case Cancellation():
                yield cancelled(booking)
            case Reopening():
                yield reopened(booking, change.was)
            case RefundChange(stripe_refund_id=str(name)) if change.what in BY_REFUND:
                yield BY_REFUND[change.what](booking, name)
            case Moving(by="client"):
                yield moved(booking)
            case FeeChange(what="fee.taken") if not tells_fee:
                yield fee_taken(booking, change.fee_id)


# Changes that are not listed send no mail: a refund that is only requested, a fee only proposed.
BY_VISIT: Mapping[VisitWord, Callable[[Booking], Mail | None]] = {
    "booking.confirmed": confirmed,
    "booking.slot_lost": slot_lost,
    "booking.expired": expired,
}
BY_REFUND: Mapping[RefundWord, Callable[[Booking, str], Mail | None]] = {
    "refund.on_its_way": refund_on_its_way,
    "refund.succeeded": refund_succeeded,
    "refund.failed": refund_failed,
    "refund.canceled": refund_failed,
}
# By the first part of a fact: its mail, from the booking and from what follows the `#`. A link is
# always the newest, since earlier ones may have ended.
BY_FACT: Mapping[str, Callable[[Booking, str], Mail | None]] = {
    "confirmed": lambda booking, _: confirmation(booking),
    "confirm_address": lambda booking, _: confirm_address(booking),
    "reminder": reminder,
    "slot_lost": lambda booking, _: slot_lost(booking),
    "expired": lambda booking, _: expired(booking),
    "cancelled": lambda booking, _: cancelled(booking),
    "reopened": lambda booking, _: reopened(booking),
    "moved": lambda booking, _: moved(booking),
    "link": lambda booking, _: payment_link(booking, booking.links),
    "refund_on_its_way": refund_on_its_way,
    "refund_succeeded": refund_succeeded,
    "refund_failed": refund_failed,
    "refund_canceled": refund_failed,
    "fee_taken": fee_taken,
    FEE_LINK: fee_link,
    "fee_reminder": lambda booking, fee: fee_reminder(booking, fee.partition("#")[0]),
}
