"""From the queue to those who get the reports: each piece of news about a dispute once."""

import email
import email.policy
import json
import time
from collections.abc import Callable, Iterator
from copy import replace
from email.message import EmailMessage
from typing import Any

import boto3
import pytest
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from functions.record_stripe_event import handler as record_function
from functions.send_mail import handler as mail_function
from shared.adapters.booking_store import BookingStore
from shared.adapters.location_store import LocationStore
from shared.adapters.mail_store import MailStore
from shared.adapters.mailer import Mailer
from shared.config import Config, load_config
from shared.domain.dates.instants import DAY_S
from shared.domain.errors import AwsUnreachable
from shared.domain.visits.order_charges import with_expiring_hold
from tests.builders import booking, charge, event, from_queue, messages
from tests.disputed import dispute, fraud_warning, inquiry, reinstated
from tests.surroundings.fixtures import DEMO
from tests.surroundings.kept import keep
from tests.surroundings.mailbox import Mailbox
from tests.surroundings.staff_calls import StaffCalls

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
def deliver(store: BookingStore, places: LocationStore, context: Any, ses: Any) -> Deliver:
    del ses
    keep(store, booking())
    places.save_location(replace(DEMO, report_recipients=STAFF))

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
    """What each of staff was sent, the same to all of them."""
    found: dict[str, list[EmailMessage]] = {reader: [] for reader in STAFF}
    for sent in ses.sent_messages:
        [reader] = set(sent.destinations)
        parsed = email.message_from_string(sent.raw_data, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        assert (parsed["To"], parsed["Content-Language"]) == (reader, "de")
        found[reader].append(parsed)
    first, *others = found.values()
    for other in others:
        assert [mail["Subject"] for mail in other] == [mail["Subject"] for mail in first]
    return first


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
    text = text_of(mail)
    assert "https://dashboard.stripe.com/test/payments/ch_1" in text
    assert "20,00" in text, "the fee, from the balance transaction"
    assert "Haircut" in text


def test_a_deadline_is_told_on_the_clock_of_the_booking_after_the_location_has_moved(
    deliver: Deliver, store: BookingStore, places: LocationStore, table: Any, ses: Any, context: Any
) -> None:
    store.change("demo", "bk_1", lambda known: replace(known, timezone="Europe/Berlin"))
    moved = replace(DEMO, report_recipients=STAFF, timezone="America/New_York")
    places.save_location(moved)
    deliver(event("charge.succeeded", charge()), event("charge.dispute.created", dispute(**DUE)))
    assert mail_function.handler(told_by(table, "dispute_opened"), context) == NONE_FAILED
    [mail] = inbox(ses)
    text = text_of(mail)
    assert "09:06" in text, "07:06 UTC in October"
    assert "03:06" not in text


def test_a_dispute_that_was_won_and_lost_is_told_both_times(
    deliver: Deliver, table: Any, ses: Any, context: Any
) -> None:
    """Bug: "won" was the end, and of the loss nobody was told."""
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


def test_a_reminder_says_what_is_left_when_it_goes_out(
    deliver: Deliver, table: Any, ses: Any, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both go out each time: the first is not told beside the last, or after the deadline."""
    deliver(event("charge.dispute.created", dispute(**DUE)))
    batch = told_by(table, "dispute_deadline")
    for left_s in (-DAY_S, DAY_S - 300, 4 * DAY_S - 300):
        sent_s = DUE["evidence_details"]["due_by"] - left_s
        monkeypatch.setattr(time, "time", lambda sent_s=sent_s: sent_s)
        assert mail_function.handler(batch, context) == NONE_FAILED
    assert [mail["Subject"] for mail in inbox(ses)] == [
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
    deliver: Deliver, places: LocationStore, table: Any, ses: Any, context: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    deliver(event("charge.dispute.created", dispute(**DUE)))
    places.save_location(DEMO)
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


def test_staff_are_mailed_once_of_a_hold_that_is_about_to_lapse(
    deliver: Deliver, store: BookingStore, table: Any, ses: Any, context: Any
) -> None:
    """Bug: the mail was ordered, and written by nobody."""
    held = charge(captured=False, amount_captured=0)
    held["payment_method_details"]["card"]["capture_before"] = 4_000_000_000
    deliver(event("charge.succeeded", held))
    store.change("demo", "bk_1", lambda found: with_expiring_hold(found, "ch_1"))
    batch = told_by(table, "hold_lapses")
    for _ in range(2):
        assert mail_function.handler(batch, context) == NONE_FAILED
    [mail] = inbox(ses)
    assert "49,00" in mail["Subject"]
    assert "Haircut" in text_of(mail)
    assert "Auf der Karte reserviert: 49,00" in text_of(mail), "not on their own card"


def test_of_a_hold_that_is_taken_meanwhile_nobody_is_mailed(
    deliver: Deliver, store: BookingStore, table: Any, ses: Any, context: Any
) -> None:
    held = charge(captured=False, amount_captured=0)
    deliver(event("charge.succeeded", held))
    store.change("demo", "bk_1", lambda found: with_expiring_hold(found, "ch_1"))
    batch = told_by(table, "hold_lapses")
    deliver(event("charge.captured", charge()))
    assert mail_function.handler(batch, context) == NONE_FAILED
    assert inbox(ses) == []


# ------------------------------------------------------------------ some of staff cannot be sent to


def told_to(ses: Any) -> list[str]:
    return [sent.destinations[0] for sent in ses.sent_messages]


def test_a_bad_address_keeps_no_other_from_a_warning_of_a_dispute_and_is_made_up_for(
    deliver: Deliver,
    mailbox: Mailbox,
    ses: Any,
    store: BookingStore,
    places: LocationStore,
    context: Any,
) -> None:
    """Bug: one odd recipient closed the mail as refused for all, mended list or not."""
    places.save_location(replace(DEMO, report_recipients=("boss@example.com,", *STAFF)))
    mailbox.refused.add("office@example.com")
    deliver(event("charge.dispute.created", dispute(**DUE)))
    mailbox.deliver()
    mailbox.deliver()
    assert told_to(ses) == ["boss@example.com"]
    staff = StaffCalls(context, store)
    shown = staff("GET", "/v1/locations/demo/needs-action")[1]["items"]
    missed = [
        action
        for item in shown
        for action in item["actions"]
        if action["kind"] == "mail_undelivered"
    ]
    assert sorted((each["to"], each["status"]) for each in missed) == [
        ("b…@example.com,", "refused"),
        ("o…@example.com", "refused"),
    ]
    mended = {"report": {"recipients": ["boss@example.com", "office@mended.example"]}}
    assert staff("PATCH", "/v1/locations/demo", mended)[0] == 200
    mailbox.deliver(again=True)
    assert told_to(ses) == ["boss@example.com", "office@mended.example"]
    shown = staff("GET", "/v1/locations/demo/needs-action")[1]["items"]
    assert "mail_undelivered" not in str(shown)
    assert staff("PATCH", "/v1/locations/demo", mended)[0] == 200
    mailbox.deliver(again=True)
    assert len(ses.sent_messages) == 2, "nobody is told twice"


def test_a_reader_whose_mail_came_back_is_shown_and_told_when_the_list_is_saved(
    deliver: Deliver, mailbox: Mailbox, ses: Any, store: BookingStore, context: Any
) -> None:
    deliver(event("charge.dispute.created", dispute(**DUE)))
    mailbox.deliver()
    assert told_to(ses) == list(STAFF)
    mailbox.came_back("Permanent", "boss@example.com", "dp_1")
    deliver(event("charge.dispute.created", dispute(7, charge="ch_7", **DUE)))
    mailbox.deliver()
    assert told_to(ses) == [*STAFF, "office@example.com"], "nothing more goes there"
    staff = StaffCalls(context, store)
    [item] = [
        each
        for each in staff("GET", "/v1/locations/demo/needs-action")[1]["items"]
        if each["about"].startswith("mail-to#")
    ]
    [action] = item["actions"]
    assert (action["to"], action["mail"]) == ("b…@example.com", "chargeback_opened")
    staff("PATCH", "/v1/locations/demo", {"report": {"recipients": list(STAFF)}})
    mailbox.deliver(again=True)
    assert told_to(ses)[3:] == ["boss@example.com", "boss@example.com"], "both disputes"
