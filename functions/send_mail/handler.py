"""What happened to a booking, and orders to write: each fact is one mail to the client, once."""

import json
import time
from functools import cache
from typing import Any

from functions.send_mail.send import Sender, send
from shared.adapters.booking_store import BookingStore
from shared.adapters.link_key import LinkKey
from shared.adapters.mail_store import MailStore
from shared.adapters.mailer import Mailer
from shared.config import load_config
from shared.observability import count, logger, metrics


@cache
def _sender() -> Sender:
    config = load_config()
    mailer = Mailer(config)
    if not mailer.is_on:
        # Once for each execution environment: it is a choice, not a fault.
        logger.warning("no mails are sent: MailFrom is empty")
    return Sender(
        public_url=config.public_url,
        mail_from=config.mail_from,
        bookings=BookingStore(config),
        mails=MailStore(config),
        link_key=LinkKey(config),
        mailer=mailer,
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send what each message of the batch leads to, and name those that are to come again."""
    failures = []
    for message in event["Records"]:
        try:
            envelope = json.loads(message["body"])
            ends = send(envelope["detail-type"], envelope["detail"], _sender(), int(time.time()))
        except Exception as error:  # noqa: BLE001
            # One message must not hold up the others. No traceback: it may quote the mail.
            logger.error("mail not sent", message_id=message["messageId"], error=_named(error))
            count("MailNotSent")
            failures.append({"itemIdentifier": message["messageId"]})
            continue
        for end in ends:
            count(f"Mail{end.capitalize()}")
    return {"batchItemFailures": failures}


def _named(error: Exception) -> str:
    code = getattr(error, "code", "")
    return f"{type(error).__name__} {code}".strip()
