"""From the queue to those who get the reports: each piece of news about a dispute once."""

import email
import email.policy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import boto3
import pytest
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from functions.record_stripe_event import handler as record_function
from functions.send_mail import handler as mail_function
from shared.adapters.booking_store import BookingStore
from shared.adapters.mail_store import MailStore
from shared.adapters.mailer import Mailer
from shared.config import Config, load_config
from shared.domain.errors import AwsUnreachable
from tests.builders import booking, charge, event, from_queue, messages
from tests.disputed import dispute, fraud_warning, inquiry, reinstated
from tests.functions.conftest import DEMO

pytestmark = pytest.mark.enable_socket
STAFF = ("office@example.com", "boss@example.com")
DUE: dict[str, Any] = {"evidence_details": {"due_by": 4_000_000_000}}
type Deliver = Callable[..., None]


@pytest.fixture
def ses(config: Config, table: Any) -> Iterator[Any]:
    """SES with the sender's address verified, and what it was given."""
    del table
    client = boto3.client("ses", region_name=config.aws.region)
    client.verify_email_identity(EmailAddress=config.mail_from)
    backend = get_backend("ses")[DEFAULT_ACCOUNT_ID][config.aws.region]
    backend.sent_messages.clear()
    yield backend
    backend.sent_messages.clear()


@pytest.fixture
def deliver(store: BookingStore, context: Any, ses: Any) -> Deliver:
    del ses
    store.create_booking(booking(), (), None)
    store.put_location(replace(DEMO, report_recipients=STAFF))

    def send(*told: dict[str, Any]) -> None:
        assert record_function.handler(from_queue(*told), context) == {"batchItemFailures": []}

    return send


def told_by(table: Any, *kinds: str) -> dict[str, Any]:
    """The queue's messages: the orders of mails that wait, at once or delayed."""
    bodies = [
        body
        for (pk, _), body in table.bodies().items()
        if "#outbox#" in pk and body["detail"].get("kind") in kinds
    ]
    assert bodies, kinds
    return messages(
        *(
            json.dumps({"detail-type": body["detail_type"], "detail": body["detail"]})
            for body in bodies
        )
    )


def inbox(ses: Any) -> list[EmailMessage]:
    found = []
    for sent in ses.sent_messages:
        assert set(sent.destinations) == set(STAFF)
        parsed = email.message_from_string(sent.raw_data, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        found.append(parsed)
    return found


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part
    return str(part.get_content())


NONE_FAILED: dict[str, Any] = {"batchItemFailures": []}


def test_a_chargeback_is_told_once_to_all_who_get_the_reports(
    deliver: Deliver, table: Any, ses: Any, context: Any
) -> None:
    deliver(event("charge.succeeded", charge()), event("charge.dispute.created", dispute(**DUE)))
    batch = told_by(table, "dispute_opened")
    assert mail_function.handler(batch, context) == NONE_FAILED
    assert mail_function.handler(batch, context) == NONE_FAILED
    [mail] = inbox(ses)
    assert mail["Subject"] == "[TEST] Eine Zahlung über 49,00 € wird angefochten"
    assert (mail["To"], mail["Content-Language"]) == (", ".join(STAFF), "de")
    text = text_of(mail)
    assert "https://dashboard.stripe.com/test/payments/ch_1" in text
    assert "20,00" in text, "the fee, from the balance transaction"
    assert "Haircut" in text


def test_a_dispute_that_was_won_and_lost_is_told_both_times(
    deliver: Deliver, table: Any, ses: Any, context: Any
) -> None:
    """Bug (F2): "won" was the end, and of the loss nobody was told."""
    first = dispute(**DUE)
    back = {**first, "status": "won"}
    back["balance_transactions"] = [*first["balance_transactions"], reinstated()]
    again = {**first["balance_transactions"][0], "id": "txn_again"}
    lost = {**back, "status": "lost"}
    lost["balance_transactions"] = [*back["balance_transactions"], again]
    deliver(
        event("charge.succeeded", charge()),
        event("charge.dispute.created", first),
        event("charge.dispute.closed", back),
    )
    assert mail_function.handler(told_by(table, "dispute_closed"), context) == NONE_FAILED
    deliver(event("charge.dispute.closed", lost))
    assert mail_function.handler(told_by(table, "dispute_closed"), context) == NONE_FAILED
    assert [mail["Subject"] for mail in inbox(ses)] == [
        "[TEST] Gewonnen: die Anfechtung über 49,00 €",
        "[TEST] Verloren: die Anfechtung über 49,00 €",
    ]
    asked = [action for body in table.bodies("action").values() for action in body["actions"]]
    assert [action["kind"] for action in asked] == ["dispute_lost_after_won"]


@pytest.mark.parametrize("is_known", [True, False], ids=["a booking's", "nobody's"])
def test_a_warning_of_fraud_is_mailed_once_as_advice(
    deliver: Deliver, table: Any, ses: Any, context: Any, is_known: bool
) -> None:
    if is_known:
        deliver(event("charge.succeeded", charge()))
    deliver(event("radar.early_fraud_warning.created", fraud_warning()))
    deliver(event("radar.early_fraud_warning.updated", fraud_warning()))
    batch = told_by(table, "early_fraud_warning")
    assert mail_function.handler(batch, context) == NONE_FAILED
    assert mail_function.handler(batch, context) == NONE_FAILED
    [mail] = inbox(ses)
    assert mail["Subject"] == "[TEST] Die Bank einer Karte vermutet Betrug"
    assert "https://dashboard.stripe.com/test/payments/ch_1" in text_of(mail)
    assert ("Haircut" in text_of(mail)) is is_known


def test_a_reminder_comes_when_it_is_due_and_only_while_it_holds(
    deliver: Deliver, table: Any, ses: Any, context: Any
) -> None:
    deliver(event("charge.dispute.created", dispute(**DUE)))
    batch = told_by(table, "dispute_deadline")
    assert mail_function.handler(batch, context) == NONE_FAILED
    assert sorted(mail["Subject"] for mail in inbox(ses)) == [
        "[TEST] Letzter Tag, um eine Anfechtung über 49,00 € zu beantworten",
        "[TEST] Noch 4 Tage, um eine Anfechtung über 49,00 € zu beantworten",
    ]


def test_a_reminder_of_an_answered_dispute_is_not_sent(
    deliver: Deliver, table: Any, ses: Any, context: Any
) -> None:
    deliver(event("charge.dispute.created", dispute(**DUE)))
    batch = told_by(table, "dispute_deadline")
    deliver(event("charge.dispute.updated", dispute(status="under_review", **DUE)))
    assert mail_function.handler(batch, context) == NONE_FAILED
    assert inbox(ses) == []


def test_an_end_is_told_and_the_opening_that_comes_after_it_is_not(
    deliver: Deliver, table: Any, ses: Any, context: Any
) -> None:
    deliver(
        event("charge.dispute.created", inquiry(**DUE)),
        event("charge.dispute.closed", inquiry(status="warning_closed", **DUE)),
    )
    batch = told_by(table, "dispute_closed", "dispute_opened")
    assert len(batch["Records"]) == 2
    assert mail_function.handler(batch, context) == NONE_FAILED
    [mail] = inbox(ses)
    assert mail["Subject"] == "[TEST] Die Anfrage über 49,00 € ist beendet"


def test_a_dispute_without_a_booking_is_told_and_says_so(
    deliver: Deliver, table: Any, ses: Any, context: Any
) -> None:
    deliver(event("charge.dispute.created", dispute(7, charge="ch_7", **DUE)))
    assert mail_function.handler(told_by(table, "dispute_opened"), context) == NONE_FAILED
    [mail] = inbox(ses)
    assert "keine Buchung bekannt" in text_of(mail)


def test_without_recipients_nothing_is_sent_and_it_is_counted(
    deliver: Deliver, store: BookingStore, table: Any, ses: Any, context: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    deliver(event("charge.dispute.created", dispute(**DUE)))
    store.put_location(DEMO)
    assert mail_function.handler(told_by(table, "dispute_opened"), context) == NONE_FAILED
    assert inbox(ses) == []
    assert "MailUnaddressed" in capsys.readouterr().out


def test_what_ses_could_not_take_comes_again(
    deliver: Deliver, table: Any, ses: Any, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(event("charge.dispute.created", dispute(**DUE)))
    batch = told_by(table, "dispute_opened")

    def refuse(*_: Any) -> str:
        raise AwsUnreachable("busy")

    with monkeypatch.context() as patched:
        patched.setattr(Mailer, "send_raw", refuse)
        failed = mail_function.handler(batch, context)
    assert failed == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    # The mark of the try that failed is a lease, which lapses.
    monkeypatch.setattr("shared.adapters.mail_store.LEASE_S", -1)
    assert mail_function.handler(batch, context) == NONE_FAILED
    assert len(inbox(ses)) == 1


def test_a_staff_mail_does_not_stand_among_the_clients_mails(
    deliver: Deliver, table: Any, ses: Any, context: Any
) -> None:
    deliver(event("charge.succeeded", charge()), event("charge.dispute.created", dispute(**DUE)))
    assert mail_function.handler(told_by(table, "dispute_opened"), context) == NONE_FAILED
    assert len(inbox(ses)) == 1
    assert MailStore(load_config()).list_mails("demo", "bk_1") == []
