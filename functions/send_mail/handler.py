"""Changes of bookings, orders for mails, and SES events: each mail is sent once, and followed."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from functions.send_mail.bounces import note_undelivered
from functions.send_mail.client import send_to_client
from functions.send_mail.deliver import Sender, send_all
from functions.send_mail.invite import send_invitation
from functions.send_mail.news import send_news
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
    SendConfirmation,
    SendDisputeMail,
    SendFeeLink,
    SendFraudWarning,
    SendHoldWarning,
    SendInvitation,
    SendMailAgain,
    SendMoved,
    SendPaymentLink,
    SendReminder,
    SendTroubleMail,
)
from shared.domain.messages.message import Message
from shared.entrypoints.queue_batch import process_batch
from shared.observability import count, logger, metrics


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send the mails of each message of the batch, and return the messages to be retried."""
    return process_batch(event, _process, environment.get(MessageQueue), failure="mail not sent")


def _process(envelope: dict[str, Any], _attempt: int) -> None:
    for end in _done(envelope, int(time.time())):
        count("".join(("Mail", *map(str.capitalize, end.split("_")))))


def _done(envelope: Mapping[str, Any], now_s: int) -> list[str]:
    sender = environment.get(Sender.of)
    if envelope.get("source") == SES:
        return note_undelivered(envelope["detail"], sender, now_s)
    match read_envelope(envelope, Message):
        case BookingChanged() as message:
            # Neither keeps the other from its readers.
            each = (send_to_client, send_news)
            return send_all(partial(send, message, sender, now_s) for send in each)
        case (
            SendPaymentLink()
            | SendReminder()
            | SendConfirmation()
            | SendMoved()
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
