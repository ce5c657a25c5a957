"""Mails that did not arrive: what SES reports, and what that means for an address. Pure.

SES sends its events to the account's default event bus, if the configuration set says so.
https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html
"""

from collections.abc import Mapping, Sequence
from copy import replace
from typing import Any

from msgspec import Struct

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.client_addresses import UndeliveredMail

SES = "aws.ses"
DELIVERY_REFUSED, BOUNCED, COMPLAINED = "refused", "bounced", "complained"
# Why a mail was not sent at all: an earlier one to this address bounced, or led to a complaint.
ADDRESS_STOPPED = "address_stopped"
# The kind of a mail that carries a report.
REPORT_MAIL = "money_flow_report"
LOCATION_TAG, SUBJECT_TAG = "location", "subject"
PERMANENT = "Permanent"
_STATUS = {"Bounce": BOUNCED, "Complaint": COMPLAINED, "Reject": DELIVERY_REFUSED}
MAX_KEPT = 20


class Undelivered(Struct, frozen=True):
    """One mail that SES could not deliver, or whose reader complained.

    `location_id` and `subject` are the tags that it was sent with, "" if it had none: then it was
    not sent by us. `stops` is whether nothing more may be sent to `recipients`.
    """

    message_id: str
    status: str
    reason: str
    location_id: str
    subject: str
    recipients: Sequence[str]
    stops: bool


def read_ses_event(detail: Mapping[str, Any]) -> Undelivered | None:
    """Return what an SES event reports, `None` if it is not about a mail that failed to arrive.

    Shapes: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
    A transient bounce (a full mailbox, an absence) stops nothing. Raises `KeyError` and `TypeError`
    if the event is not as SES documents it.
    """
    status = _STATUS.get(detail["eventType"])
    if status is None:
        return None
    mail = detail["mail"]
    tags = mail.get("tags") or {}
    reason, recipients, stops = "", list(mail["destination"]), False
    if status == BOUNCED:
        bounce = detail["bounce"]
        reason = f"{bounce['bounceType']}/{bounce['bounceSubType']}"
        recipients = [each["emailAddress"] for each in bounce["bouncedRecipients"]]
        stops = bounce["bounceType"] == PERMANENT
    elif status == COMPLAINED:
        complaint = detail["complaint"]
        reason = complaint.get("complaintFeedbackType") or ""
        recipients = [each["emailAddress"] for each in complaint["complainedRecipients"]]
        stops = True
    else:
        reason = detail["reject"]["reason"]
    return Undelivered(
        message_id=mail["messageId"],
        status=status,
        reason=reason,
        location_id=(tags.get(LOCATION_TAG) or [""])[0],
        subject=(tags.get(SUBJECT_TAG) or [""])[0],
        recipients=recipients,
        stops=stops,
    )


def with_undelivered(booking: Booking, mail: UndeliveredMail) -> Booking:
    """Return the booking with a mail that did not reach its client, for staff to see."""
    others = [each for each in booking.undelivered if each.fact != mail.fact]
    return replace(booking, undelivered=(*others, mail)[-MAX_KEPT:])


def with_delivered(booking: Booking, fact: str) -> Booking:
    """Return the booking without an undelivered mail, once that was sent after all."""
    others = tuple(each for each in booking.undelivered if each.fact != fact)
    return replace(booking, undelivered=others)


def masked(address: str) -> str:
    """Return an address that only those who know it recognise: `m…@example.com`."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}\N{HORIZONTAL ELLIPSIS}@{domain}"
