"""Which mails a client gets of what happened to a booking. Pure.

Each mail reports one fact, and each fact is sent once. A fact that no longer holds when its mail is
about to be sent is not sent.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shared.domain.activity.booking_mails import (
    cancelled,
    confirm_address,
    confirmed,
    expired,
    reopened,
    slot_lost,
)
from shared.domain.activity.mail import Mail
from shared.domain.activity.messages import CONFIRM_ADDRESS, SCHEMA, SEND_MAIL, Message
from shared.domain.activity.payment_mails import (
    FEE_LINK,
    FEE_REMINDER,
    PAYMENT_LINK,
    fee_link,
    fee_reminder,
    fee_taken,
    payment_link,
    received,
    refund_failed,
    refund_on_its_way,
    refund_succeeded,
)
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.journal import REOPENED
from shared.domain.dates.instants import rfc3339

# A mail that is sent again has its fact with a mark and a number after it.
AGAIN, AGAIN_MARK = "again", "~"


def mail_requested(booking: Booking, kind: str, at_s: int, **ids: object) -> Message:
    """Return the order to send a mail of a kind; `ids` say what it is about."""
    message_id = "-".join([booking.booking_id, "mail", kind, *map(str, ids.values())])
    return Message(
        message_id=message_id,
        detail_type=SEND_MAIL,
        detail={
            "schema": SCHEMA,
            "message_id": message_id,
            "occurred_at": rfc3339(at_s),
            "location_id": booking.location_id,
            "booking_id": booking.booking_id,
            "kind": kind,
            **ids,
        },
    )


def mails_of(detail_type: str, detail: Mapping[str, Any], booking: Booking) -> list[Mail]:
    """Return the mails that a message leads to, as the booking stands now."""
    if detail_type == SEND_MAIL:
        composer = BY_REQUEST.get(str(detail["kind"]))
        found = [composer(booking, detail)] if composer else []
    else:
        changes = detail.get("happened") or []
        # The mail of a cancellation includes its fee: one mail, not two.
        is_cancelled = any(each["what"] == "booking.cancelled" for each in changes)
        found = [
            BY_CHANGE[each["what"]](booking, each)
            for each in changes
            if each["what"] in BY_CHANGE
            and not (is_cancelled and str(each["what"]).startswith("fee."))
        ]
        found += received(booking)
    return [mail for mail in found if mail]


def base_fact(fact: str) -> str:
    """Return a mail's fact without the mark of one that is sent again."""
    return fact.partition(AGAIN_MARK)[0]


def mail_of_fact(booking: Booking, fact: str) -> Mail | None:
    """Return the mail of a fact, as the booking stands now; `None` if it no longer holds."""
    name, _, about = base_fact(fact).partition("#")
    if name == "received":
        return next((mail for mail in received(booking) if mail.fact == base_fact(fact)), None)
    composer = BY_FACT.get(name)
    return composer(booking, about) if composer else None


def _again(booking: Booking, detail: Mapping[str, Any]) -> Mail | None:
    """Send a mail again that did not arrive, or that its reader has lost."""
    fact = base_fact(str(detail["fact"]))
    mail = mail_of_fact(booking, fact)
    if mail is None:
        return None
    return replace(mail, fact=f"{fact}{AGAIN_MARK}{detail['number']}", is_asked_by_staff=True)


type Composer = Callable[[Booking, Mapping[str, Any]], Mail | None]
# Changes that are not listed send no mail: a refund that is only requested, a fee only proposed.
BY_CHANGE: Mapping[str, Composer] = {
    "booking.confirmed": confirmed,
    "booking.slot_lost": slot_lost,
    "booking.expired": expired,
    "booking.cancelled": cancelled,
    REOPENED: reopened,
    "refund.on_its_way": refund_on_its_way,
    "refund.succeeded": refund_succeeded,
    "refund.failed": refund_failed,
    "refund.canceled": refund_failed,
    "fee.taken": fee_taken,
}
BY_REQUEST: Mapping[str, Composer] = {
    PAYMENT_LINK: payment_link,
    FEE_LINK: fee_link,
    FEE_REMINDER: fee_reminder,
    AGAIN: _again,
    CONFIRM_ADDRESS: confirm_address,
}
# By the first part of a fact: its mail, from the booking and from what follows the `#`. A link is
# always the newest, since earlier ones may have ended.
BY_FACT: Mapping[str, Callable[[Booking, str], Mail | None]] = {
    "confirmed": lambda booking, _: confirmed(booking, {}),
    "confirm_address": lambda booking, _: confirm_address(booking, {}),
    "slot_lost": lambda booking, _: slot_lost(booking, {}),
    "expired": lambda booking, _: expired(booking, {}),
    "cancelled": lambda booking, _: cancelled(booking, {}),
    "reopened": lambda booking, _: reopened(booking, {}),
    "link": lambda booking, _: payment_link(booking, {"link_number": booking.links}),
    "refund_on_its_way": lambda booking, refund: refund_on_its_way(booking, _of(refund)),
    "refund_succeeded": lambda booking, refund: refund_succeeded(booking, _of(refund)),
    "refund_failed": lambda booking, refund: refund_failed(booking, _of(refund)),
    "refund_canceled": lambda booking, refund: refund_failed(booking, _of(refund)),
    "fee_taken": lambda booking, fee_id: fee_taken(booking, {"fee_id": fee_id}),
    "fee_link": lambda booking, fee_id: fee_link(booking, {"fee_id": fee_id}),
    "fee_reminder": lambda booking, about: fee_reminder(
        booking, {"fee_id": about.partition("#")[0]}
    ),
}


def _of(stripe_refund_id: str) -> Mapping[str, str]:
    return {"stripe_refund_id": stripe_refund_id}
