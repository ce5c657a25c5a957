"""Changes of bookings, orders for mails, and SES events: each mail is sent once, and followed."""

import json
import time
from collections.abc import Mapping
from typing import Any

from functions.send_mail.bounces import Records, note_undelivered
from functions.send_mail.invite import InvitationSender, send_invitation
from functions.send_mail.send import Sender, send
from functions.send_mail.staff import StaffSender, send_to_staff
from functions.send_mail.troubles import TroubleSender, send_trouble
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.budget_store import BudgetStore
from shared.adapters.dispute_store import DisputeStore
from shared.adapters.link_key import LinkKey
from shared.adapters.location_store import LocationStore
from shared.adapters.location_troubles import LocationTroubles
from shared.adapters.mail_stops import MailStops
from shared.adapters.mail_store import MailStore
from shared.adapters.mailer import Mailer
from shared.adapters.message_queue import MessageQueue
from shared.config import Config
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


def _sender(config: Config) -> Sender:
    mailer = Mailer(config)
    if not mailer.is_on:
        # Once for each execution environment: sending no mails is a choice, not a fault.
        logger.warning("no mails are sent: MailFrom is empty")
    return Sender(
        public_url=config.public_url,
        mail_from=config.mail_from,
        bookings=BookingStore(config),
        mails=MailStore(config),
        stops=MailStops(config),
        link_key=LinkKey(config),
        mailer=mailer,
        budgets=BudgetStore(config),
    )


def _staff_sender(config: Config) -> StaffSender:
    return StaffSender(
        mail_from=config.mail_from,
        disputes=DisputeStore(config),
        mails=MailStore(config),
        stops=MailStops(config),
        mailer=Mailer(config),
    )


def _records(config: Config) -> Records:
    return Records(
        bookings=BookingStore(config),
        locations=LocationStore(config),
        mails=MailStore(config),
        stops=MailStops(config),
    )


def _invitation_sender(config: Config) -> InvitationSender:
    return InvitationSender(
        public_url=config.public_url,
        mail_from=config.mail_from,
        locations=LocationStore(config),
        mails=MailStore(config),
        link_key=LinkKey(config),
        mailer=Mailer(config),
    )


def _trouble_sender(config: Config) -> TroubleSender:
    return TroubleSender(
        public_url=config.public_url,
        mail_from=config.mail_from,
        locations=LocationStore(config),
        mails=MailStore(config),
        stops=MailStops(config),
        troubles=LocationTroubles(config),
        mailer=Mailer(config),
    )


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
    if envelope.get("source") == SES:
        return note_undelivered(envelope["detail"], environment.get(_records), now_s)
    return _send(read_envelope(envelope, Message), now_s)


def _send(message: Message, now_s: int) -> list[str]:
    match message:
        case (
            BookingChanged()
            | SendPaymentLink()
            | SendFeeLink()
            | SendMailAgain()
            | SendAddressCheck()
        ):
            return send(message, environment.get(_sender), now_s)
        case SendDisputeMail() | SendFraudWarning() | SendHoldWarning():
            return send_to_staff(message, environment.get(_staff_sender), now_s)
        case SendInvitation():
            return send_invitation(message, environment.get(_invitation_sender), now_s)
        case SendTroubleMail():
            return send_trouble(message, environment.get(_trouble_sender), now_s)
    raise InvalidFacts("/detail-type: leads to no mail")


def _named(error: Exception) -> str:
    code = getattr(error, "code", "")
    return f"{type(error).__name__} {code}".strip()
