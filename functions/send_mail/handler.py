"""Changes of bookings, orders for mails, and SES events: each mail is sent once, and followed."""

import json
import time
from collections.abc import Mapping
from typing import Any

from functions.send_mail.bounces import note_undelivered
from functions.send_mail.client import send_to_client
from functions.send_mail.deliver import Sender
from functions.send_mail.invite import send_invitation
from functions.send_mail.staff import send_to_staff
from functions.send_mail.troubles import send_trouble
from shared import environment
from shared.adapters.message_queue import MessageQueue
from shared.domain.bookings.undelivered_mails import SES
from shared.domain.errors import InvalidFacts
from shared.domain.messages.booking_changed import BookingChanged
from shared.domain.messages.envelopes import read_envelope
from shared.domain.messages.mail_orders import (
    SendAddressCheck,
    SendDisputeMail,
    SendFeeLink,
    SendFraudWarning,
    SendHoldWarning,
    SendInvitation,
    SendMailAgain,
    SendPaymentLink,
    SendTroubleMail,
)
from shared.domain.messages.message import Message
from shared.entrypoints.retry_later import retry_later
from shared.observability import count, logger, metrics


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send the mails of each message of the batch, and return the messages to be retried."""
    failures = []
    for message in event["Records"]:
        try:
            envelope = json.loads(message["body"])
            ends = _done(envelope, int(time.time()))
        except Exception as error:  # noqa: BLE001
            # One message must not hold up the others. No traceback: it may quote the mail.
            logger.error("mail not sent", message_id=message["messageId"], error=_named(error))
            count("MailNotSent")
            failures.append(retry_later(message, environment.get(MessageQueue)))
            continue
        for end in ends:
            count("".join(("Mail", *map(str.capitalize, end.split("_")))))
    return {"batchItemFailures": failures}


def _done(envelope: Mapping[str, Any], now_s: int) -> list[str]:
    sender = environment.get(Sender.of)
    if envelope.get("source") == SES:
        return note_undelivered(envelope["detail"], sender, now_s)
    match read_envelope(envelope, Message):
        case (
            BookingChanged()
            | SendPaymentLink()
            | SendFeeLink()
            | SendMailAgain()
            | SendAddressCheck()
        ) as message:
            return send_to_client(message, sender, now_s)
        case SendDisputeMail() | SendFraudWarning() | SendHoldWarning() as order:
            return send_to_staff(order, sender, now_s)
        case SendInvitation() as order:
            return send_invitation(order, sender, now_s)
        case SendTroubleMail() as order:
            return send_trouble(order, sender, now_s)
    raise InvalidFacts("/detail-type: leads to no mail")


def _named(error: Exception) -> str:
    code = getattr(error, "code", "")
    return f"{type(error).__name__} {code}".strip()
