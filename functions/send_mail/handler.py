"""Changes of bookings, orders for mails, and SES events: each mail is sent once, and followed."""

import time
from collections.abc import Mapping
from typing import Any

from functions.send_mail.bounces import note_undelivered
from functions.send_mail.client import send_to_client
from functions.send_mail.deliver import Sender
from functions.send_mail.invite import send_invitation
from functions.send_mail.staff import OF_A_CHARGE, send_to_staff
from functions.send_mail.troubles import send_trouble
from shared import environment
from shared.adapters.message_queue import MessageQueue
from shared.domain.activity.invitation_mail import MEMBER_INVITATION
from shared.domain.activity.messages import SEND_MAIL
from shared.domain.activity.trouble_mails import TROUBLES
from shared.domain.bookings.undelivered_mails import SES
from shared.domain.disputes.staff_mails import COMPOSERS
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
    detail, sender = envelope["detail"], environment.get(Sender.of)
    if envelope.get("source") == SES:
        return note_undelivered(detail, sender, now_s)
    kind = detail["kind"] if envelope["detail-type"] == SEND_MAIL else ""
    if kind in COMPOSERS or kind in OF_A_CHARGE:
        return send_to_staff(detail, sender, now_s)
    if kind == MEMBER_INVITATION:
        return send_invitation(detail, sender, now_s)
    if kind in TROUBLES:
        return send_trouble(detail, sender, now_s)
    return send_to_client(envelope["detail-type"], detail, sender, now_s)
