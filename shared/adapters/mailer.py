"""SES: mails that go out, whole and with what is attached to them.

boto3 makes the call, not our own signed one: nobody waits for a mail, every function that sends one
has botocore for the table already, and SES's answers are XML. Nothing is tried twice here, for a
mail whose answer was lost may be on its way; the queue repeats, and its marker tells.
"""

from collections.abc import Mapping, Sequence
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config as CallOptions
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from shared.adapters.aws_errors import sdk_error
from shared.config import Config
from shared.domain.email_address import ascii_address
from shared.domain.errors import AwsDenied, AwsInvalid, AwsRefused

CONNECT_S, READ_S = 3, 10
# SES and what stands behind it take any text in these seven bits; eight are not promised anywhere.
MAIL_POLICY = SMTP.clone(cte_type="7bit")
# https://docs.aws.amazon.com/ses/latest/APIReference/API_SendRawEmail.html: 50 recipients a call
MAX_RECIPIENTS = 50
# What concerns this one mail: another one, to somebody else, may well be taken.
MESSAGE_REJECTED, ADDRESS_REJECTED = "MessageRejected", "InvalidParameterValue"
REJECTED = frozenset({MESSAGE_REJECTED, ADDRESS_REJECTED})
NO_SENDER = "no_sender"
NO_TAGS: Mapping[str, str] = {}


class Delivery(Struct, frozen=True):
    """What became of one mail to several readers: SES's message ids, and who could not be sent to.

    An address is in one of the two.
    """

    message_ids: Mapping[str, str]
    refused: tuple[str, ...]


class Mailer:
    """Sends mails from the address of this deployment."""

    def __init__(self, config: Config) -> None:
        self._config = config

    @property
    def is_on(self) -> bool:
        """Whether the deployment has a sender; without one no mail is sent."""
        return bool(self._config.mail_from)

    def send_to_each(
        self, message: EmailMessage, recipients: Sequence[str], tags: Mapping[str, str]
    ) -> Delivery:
        """Send a mail to those of the recipients that can be sent to, and say who could not.

        All at once; SES takes all or none, so that a refusal is asked about again one by one.
        Raises as `send_raw`, but not for what concerns one address.
        """
        written = [each for each in recipients if ascii_address(each) is not None]
        refused = [each for each in recipients if each not in written]
        message_ids: dict[str, str] = {}
        try:
            if written:
                message_id = self.send_raw(message, written, tags)
                message_ids = dict.fromkeys(written, message_id)
        except AwsRefused as error:
            if error.code not in REJECTED:
                raise
            for each in written:
                try:
                    message_ids[each] = self.send_raw(message, [each], tags)
                except AwsRefused as again:
                    if again.code not in REJECTED:
                        raise
                    refused.append(each)
        return Delivery(message_ids, tuple(refused))

    def send_raw(
        self,
        message: EmailMessage,
        recipients: Sequence[str],
        tags: Mapping[str, str] = NO_TAGS,
    ) -> str:
        """Send a mail, attachments and all, to each of `recipients`; return SES's message id.

        Without a `From` it is from the deployment's sender. What stands in the head cannot begin
        another line: such a message is none (build it with `MAIL_POLICY`). SES's events about the
        mail come with `tags`: letters of ASCII, digits, `_` and `-` alone. Raises `AwsRefused`
        with a code of `REJECTED` for a mail that no repetition sends, another code where no mail
        can be sent at all, and `AwsUnreachable` where a repetition may send it, or send it again:
        of a lost answer nobody knows. At most 50 recipients and 10 MB.
        https://docs.aws.amazon.com/ses/latest/APIReference/API_SendRawEmail.html
        """
        if not self.is_on:
            raise AwsDenied("the deployment has no sender of mails", code=NO_SENDER)
        addresses = [_address(each) for each in recipients]
        if not 1 <= len(addresses) <= MAX_RECIPIENTS:
            raise AwsInvalid("a mail has 1 to 50 recipients", code=ADDRESS_REJECTED)
        try:
            if "From" not in message:
                message["From"] = self._config.mail_from
            data = message.as_bytes(policy=MAIL_POLICY)
        except (MessageError, ValueError) as error:
            raise AwsInvalid("the mail cannot be written", code=MESSAGE_REJECTED) from error
        try:
            answer = self._ses.send_raw_email(
                Source=self._config.mail_from,
                Destinations=addresses,
                RawMessage={"Data": data},
                Tags=[{"Name": name, "Value": value} for name, value in tags.items()],
                **self._events(),
            )
        except (ClientError, BotoCoreError) as error:
            raise sdk_error("ses", error) from error
        return str(answer["MessageId"])

    def _events(self) -> dict[str, str]:
        name = self._config.mail_events
        return {"ConfigurationSetName": name} if name else {}

    @cached_property
    def _ses(self) -> Any:  # noqa: ANN401 (boto3 makes its clients' types as it runs)
        options = CallOptions(
            connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"total_max_attempts": 1}
        )
        return boto3.client("ses", region_name=self._config.aws.region, config=options)


def _address(recipient: str) -> str:
    """Return an address as SES takes it; raises `AwsRefused` for one that nobody can be sent to."""
    address = ascii_address(recipient)
    if address is None:
        raise AwsInvalid("there is no such address", code=ADDRESS_REJECTED)
    return address
