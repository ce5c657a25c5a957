"""Changes of bookings, orders for mails, and SES events: each mail is sent once, and followed."""

import time
from collections.abc import Mapping
from typing import Any

from functions.send_mail.bounces import Records, note_undelivered
from functions.send_mail.invite import InvitationSender, send_invitation
from functions.send_mail.send import Sender, send
from functions.send_mail.staff import OF_A_CHARGE, StaffSender, send_to_staff
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
from shared.domain.activity.invitation_mail import MEMBER_INVITATION
from shared.domain.activity.messages import SEND_MAIL
from shared.domain.activity.trouble_mails import TROUBLES
from shared.domain.bookings.undelivered_mails import SES
from shared.domain.disputes.staff_mails import COMPOSERS
from shared.entrypoints.queue_batch import process_batch
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
    return process_batch(event, _process, environment.get(MessageQueue), failure="mail not sent")


def _process(envelope: dict[str, Any], _attempt: int) -> None:
    for end in _done(envelope, int(time.time())):
        count("".join(("Mail", *map(str.capitalize, end.split("_")))))


def _done(envelope: Mapping[str, Any], now_s: int) -> list[str]:
    if envelope.get("source") == SES:
        return note_undelivered(envelope["detail"], environment.get(_records), now_s)
    return _send(envelope["detail-type"], envelope["detail"], now_s)


def _send(detail_type: str, detail: Mapping[str, Any], now_s: int) -> list[str]:
    if detail_type == SEND_MAIL and detail["kind"] in (*COMPOSERS, *OF_A_CHARGE):
        return send_to_staff(detail, environment.get(_staff_sender), now_s)
    if detail_type == SEND_MAIL and detail["kind"] == MEMBER_INVITATION:
        return send_invitation(detail, environment.get(_invitation_sender), now_s)
    if detail_type == SEND_MAIL and detail["kind"] in TROUBLES:
        return send_trouble(detail, environment.get(_trouble_sender), now_s)
    return send(detail_type, detail, environment.get(_sender), now_s)
