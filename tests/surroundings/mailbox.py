"""Mails of the functions' tests: what waits is sent by the function, and SES (moto) keeps it."""

import email
import email.policy
import json
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import boto3
import pytest
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.exceptions import MessageRejectedError

from functions.send_mail import handler as mail_function
from tests.builders import messages

REGION = "eu-central-1"
SENDER = "bookings@example.com"
NONE_FAILED: dict[str, Any] = {"batchItemFailures": []}
COMES_AGAIN: dict[str, Any] = {"batchItemFailures": [{"itemIdentifier": "message-0"}]}


class Mailbox:
    """The queue of mails, the function that sends them, and SES."""

    def __init__(self, table: Any, context: Any, ses: Any) -> None:
        self._table, self._context, self._ses = table, context, ses
        self._delivered: set[tuple[str, str]] = set()
        self.refused: set[str] = set()

    def deliver(self, *, again: bool = False) -> None:
        """Hand over all messages that wait in the outbox, each once, or those before `again`."""
        waiting = {
            key: body
            for key, body in self._table.bodies("outbox").items()
            if (again or key not in self._delivered)
            and body["detail_type"] in ("booking.changed", "send_mail")
        }
        self._delivered |= waiting.keys()
        for body in waiting.values():
            self.hand({"detail-type": body["detail_type"], "detail": body["detail"]})

    def hand(self, envelope: dict[str, Any], answer: dict[str, Any] = NONE_FAILED) -> None:
        batch = messages(json.dumps(envelope))
        assert mail_function.handler(batch, self._context) == answer, envelope

    def sent(self, to: str = "") -> list[EmailMessage]:
        policy = email.policy.default
        found = [
            email.message_from_string(each.raw_data, policy=policy)
            for each in self._ses.sent_messages
        ]
        assert all(mail["Content-Language"] in ("de", "en") for mail in found)
        return [each for each in found if not to or to in each["To"]]

    def message_id(self, number: int = -1) -> str:
        return str(self._ses.sent_messages[number].id)

    def came_back(
        self,
        kind: str,
        to: str,
        subject: str,
        message_id: str = "",
        answer: dict[str, Any] = NONE_FAILED,
    ) -> None:
        """Let SES tell of a mail as it does on the bus: `Permanent`, `Transient`, `Complaint`.

        https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html
        """
        detail: dict[str, Any] = {
            "eventType": "Complaint" if kind == "Complaint" else "Bounce",
            "mail": {
                "timestamp": "2026-11-28T05:02:16.000Z",
                "messageId": message_id or self.message_id(),
                "source": SENDER,
                "destination": [to],
                "tags": {
                    "ses:configuration-set": ["bookpay"],
                    "location": ["demo"],
                    "subject": [subject],
                },
            },
        }
        if kind == "Complaint":
            detail["complaint"] = {
                "complainedRecipients": [{"emailAddress": to}],
                "complaintFeedbackType": "abuse",
                "feedbackId": "010001-1",
                "timestamp": "2026-11-28T05:07:05.000Z",
            }
        else:
            detail["bounce"] = {
                "bounceType": kind,
                "bounceSubType": "General",
                "bouncedRecipients": [{"emailAddress": to, "action": "failed", "status": "5.1.1"}],
                "feedbackId": "010001-1",
                "timestamp": "2026-11-28T05:02:17.000Z",
            }
        self.hand(
            {
                "source": "aws.ses",
                "detail-type": "Email Bounced",
                "detail": detail,
            },
            answer,
        )


@pytest.fixture
def mailbox(
    table: Any, context: Any, aws: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mailbox]:
    """SES with the sender's address verified, which refuses whom it is told to."""
    aws.secrets["bookpay/link-key"] = "the key of the links"
    boto3.client("ses", region_name=REGION).verify_email_identity(EmailAddress=SENDER)
    backend = get_backend("ses")[DEFAULT_ACCOUNT_ID][REGION]
    backend.sent_messages.clear()
    found = Mailbox(table, context, backend)
    send = type(backend).send_raw_email

    def send_or_refuse(ses: Any, source: str, destinations: list[str], raw_data: str) -> Any:
        # SES takes all recipients of a call, or none.
        if found.refused & set(destinations):
            raise MessageRejectedError("Email address is not verified.")
        return send(ses, source, destinations, raw_data)

    monkeypatch.setattr(type(backend), "send_raw_email", send_or_refuse)
    yield found
    backend.sent_messages.clear()
