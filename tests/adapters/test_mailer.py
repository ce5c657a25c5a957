"""Mails through SES, in moto: what is sent, what is refused for good, what comes again."""

import email
import email.policy
from collections.abc import Iterator
from copy import replace
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.exceptions import MessageRejectedError

from shared.adapters.mailer import MAIL_POLICY, NO_SENDER, REJECTED, Mailer
from shared.config import Config
from shared.domain.errors import AwsRefused, AwsUnreachable

SENDER = "bookings@example.com"


@pytest.fixture
def ses(config: Config) -> Iterator[Any]:
    """SES with one verified address, and what it was given."""
    with mock_aws():
        client = boto3.client("ses", region_name=config.aws.region)
        client.verify_email_identity(EmailAddress=SENDER)
        yield get_backend("ses")[DEFAULT_ACCOUNT_ID][config.aws.region]


@pytest.fixture
def mailer(config: Config) -> Mailer:
    return Mailer(replace(config, mail_from=SENDER))


def letter(subject: str = "Your booking", text: str = "Grüße, 10,50 €") -> EmailMessage:
    message = EmailMessage(policy=MAIL_POLICY)
    message["Subject"] = subject
    message["To"] = "mira@example.com"
    message.set_content(text)
    return message


def failing(mailer: Mailer, monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[int]:
    """Let SES answer with an error; what is returned counts how often it was asked."""
    asked: list[int] = []

    class Ses:
        def send_raw_email(self, **_: Any) -> None:
            asked.append(1)
            raise error

    monkeypatch.setitem(mailer.__dict__, "_ses", Ses())
    return asked


def answered(code: str, status: int = 400) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendRawEmail")  # type: ignore[arg-type]


def test_a_mail_arrives_whole_in_seven_bits(ses: Any, mailer: Mailer) -> None:
    message = letter("Termin bestätigt: Größe")
    message.add_attachment(bytes(range(256)), "application", "octet-stream", filename="all.bin")

    assert mailer.send_raw(message, ["mira@example.com"])

    [sent] = ses.sent_messages
    assert (sent.source, set(sent.destinations)) == (SENDER, {"mira@example.com"})
    assert sent.raw_data.isascii()
    read = email.message_from_string(sent.raw_data, policy=email.policy.default)
    assert read["Subject"] == "Termin bestätigt: Größe"
    assert read["From"] == SENDER
    body, attached = read.iter_parts()
    assert body.get_content().strip() == "Grüße, 10,50 €"
    assert attached.get_content() == bytes(range(256))


def test_a_sender_with_a_name_stays(ses: Any, mailer: Mailer) -> None:
    message = letter()
    message["From"] = Address("Salon, Aurora", addr_spec=SENDER)
    mailer.send_raw(message, ["mira@example.com"])
    assert f'From: "Salon, Aurora" <{SENDER}>' in ses.sent_messages[0].raw_data


@pytest.mark.parametrize("name", ["Subject", "To", "From", "Reply-To"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_no_header_begins_another(name: str, line_end: str) -> None:
    message = EmailMessage(policy=MAIL_POLICY)
    with pytest.raises(ValueError, match="linefeed"):
        message[name] = f"a@example.com{line_end}Bcc: eve@example.com"


@pytest.mark.parametrize(
    "recipient",
    [
        "mira@example.com\r\nBcc: eve@example.com",
        "mira@example.com, eve@example.com",
        "<mira@example.com>",
        '"mira eve"@example.com',
        "mira example.com",
        "mira@",
        "@example.com",
        "",
        "mira@example..com",
        "müller@example.com",
    ],
)
def test_an_address_that_is_none_is_refused_for_good(
    ses: Any, mailer: Mailer, recipient: str
) -> None:
    with pytest.raises(AwsRefused) as refused:
        mailer.send_raw(letter(), [recipient])
    assert refused.value.code in REJECTED
    assert not recipient or recipient not in str(refused.value)
    assert ses.sent_messages == []


def test_a_domain_in_another_script_is_written_as_ses_takes_it(ses: Any, mailer: Mailer) -> None:
    mailer.send_raw(letter(), ["mira@müller.example"])
    # moto adds what stands in `To`, SES does not.
    assert "mira@xn--mller-kva.example" in ses.sent_messages[0].destinations


@pytest.mark.parametrize("number", [0, 51])
def test_no_recipient_or_too_many_are_refused(ses: Any, mailer: Mailer, number: int) -> None:
    with pytest.raises(AwsRefused):
        mailer.send_raw(letter(), ["mira@example.com"] * number)
    assert ses.sent_messages == []


def test_without_a_sender_nothing_is_sent(ses: Any, config: Config) -> None:
    mailer = Mailer(replace(config, mail_from=""))
    assert not mailer.is_on
    with pytest.raises(AwsRefused) as refused:
        mailer.send_raw(letter(), ["mira@example.com"])
    assert refused.value.code == NO_SENDER
    assert ses.sent_messages == []


def test_a_sender_that_is_not_verified_is_refused(config: Config) -> None:
    with mock_aws(), pytest.raises(AwsRefused) as refused:
        Mailer(replace(config, mail_from=SENDER)).send_raw(letter(), ["mira@example.com"])
    assert refused.value.code == "MessageRejected"


@pytest.mark.parametrize(
    "error",
    [
        answered("Throttling"),
        answered("AccountSendingPausedException"),
        answered("SomethingNew", 503),
        ReadTimeoutError(endpoint_url="https://email.eu-central-1.amazonaws.com"),
    ],
)
def test_what_may_be_taken_later_is_asked_for_once_and_comes_again(
    mailer: Mailer, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    asked = failing(mailer, monkeypatch, error)
    with pytest.raises(AwsUnreachable):
        mailer.send_raw(letter(), ["mira@example.com"])
    assert asked == [1]


@pytest.mark.parametrize("code", ["MessageRejected", "InvalidParameterValue", "AccessDenied"])
def test_what_ses_refuses_has_its_code(
    mailer: Mailer, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    failing(mailer, monkeypatch, answered(code))
    with pytest.raises(AwsRefused) as refused:
        mailer.send_raw(letter(), ["mira@example.com"])
    assert refused.value.code == code


def test_boto3_repeats_nothing(mailer: Mailer) -> None:
    """A mail whose answer was lost may be on its way: who repeats it must know."""
    assert mailer._ses.meta.config.retries["total_max_attempts"] == 1


# ------------------------------------------------------------------ several readers


@pytest.fixture
def choosy(ses: Any, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """SES as it refuses: all recipients of a call for one of them. What was asked for, in order."""
    asked: list[list[str]] = []
    send = type(ses).send_raw_email

    def send_or_refuse(backend: Any, source: str, destinations: list[str], raw_data: str) -> Any:
        asked.append(list(destinations))
        if "away@example.com" in destinations:
            raise MessageRejectedError("Email address is not verified.")
        return send(backend, source, destinations, raw_data)

    monkeypatch.setattr(type(ses), "send_raw_email", send_or_refuse)
    return asked


def test_whom_ses_takes_all_are_sent_to_at_once(mailer: Mailer, choosy: list[list[str]]) -> None:
    both = ["mira@example.com", "noor@example.com"]
    sent = mailer.send_to_each(letter(), both, {"location": "demo"})
    assert (list(sent.message_ids), sent.refused) == (both, ())
    assert choosy == [both]


def test_one_that_is_refused_keeps_no_other_back(mailer: Mailer, choosy: list[list[str]]) -> None:
    """Bug: one odd recipient, and nobody got anything."""
    wanted = ["mira@example.com", "jane@example.com,", "away@example.com", "noor@example.com"]
    sent = mailer.send_to_each(letter(), wanted, {})
    assert list(sent.message_ids) == ["mira@example.com", "noor@example.com"]
    assert sent.refused == ("jane@example.com,", "away@example.com")
    assert ["jane@example.com,"] not in choosy


def test_where_nobody_can_be_sent_to_ses_is_not_asked(
    mailer: Mailer, choosy: list[list[str]]
) -> None:
    sent = mailer.send_to_each(letter(), ["jane@example.com,"], {})
    assert (dict(sent.message_ids), sent.refused, choosy) == ({}, ("jane@example.com,",), [])


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_what_concerns_all_mails_is_raised(
    ses: Any, mailer: Mailer, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    del ses
    asked = failing(mailer, monkeypatch, answered(code))
    with pytest.raises((AwsRefused, AwsUnreachable)):
        mailer.send_to_each(letter(), ["mira@example.com", "noor@example.com"], {})
    assert len(asked) == 1


def test_tags_and_the_configuration_set_go_with_a_mail(
    ses: Any, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    del ses
    mailer = Mailer(replace(config, mail_from=SENDER, mail_events="bookpay-mails"))
    asked: list[dict[str, Any]] = []

    class Ses:
        def send_raw_email(self, **wanted: Any) -> dict[str, str]:
            asked.append(wanted)
            return {"MessageId": "m-1"}

    monkeypatch.setitem(mailer.__dict__, "_ses", Ses())
    mailer.send_raw(letter(), ["mira@example.com"], {"location": "demo", "subject": "bk_1"})
    [wanted] = asked
    assert wanted["ConfigurationSetName"] == "bookpay-mails"
    assert wanted["Tags"] == [
        {"Name": "location", "Value": "demo"},
        {"Name": "subject", "Value": "bk_1"},
    ]
