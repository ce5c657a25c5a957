"""Messages become mails: each fact once, and nothing of a person stands in the log."""

import email
import email.policy
import io
import json
import re
import time
from collections.abc import Callable, Iterator
from copy import replace
from email.message import EmailMessage
from typing import Any

import boto3
import pytest
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from functions.send_mail import handler as send_function
from shared.adapters import mail_store
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.location_store import LocationStore
from shared.adapters.mail_store import MailRecord, MailStore
from shared.adapters.mailer import Mailer
from shared.config import Config, load_config
from shared.domain.bookings.booking import Booking, Client
from shared.domain.bookings.journal import JournalEntry
from shared.domain.errors import AwsRefused, AwsUnreachable, WriteConflict
from shared.domain.link_tokens import derive_client_token, derive_token
from shared.domain.stripe_facts.payment_facts import Facts
from tests.builders import messages
from tests.domain.activity.test_client_mails import PAID, TERMS
from tests.domain.activity.test_client_mails import booking as online_booking
from tests.fake_aws import FakeAws, are_about
from tests.messages import changed_envelope, mail_envelope
from tests.surroundings.fixtures import DEMO, REGION, TableInMoto
from tests.surroundings.kept import keep

pytestmark = pytest.mark.enable_socket
SENDER, KEY = "bookings@example.com", "the key of the links"
MIRA = Client("Mira Lindqvist", "mira@example.com")


class Post:
    """The function, and what SES was given by it."""

    def __init__(self, store: BookingStore, context: Any, ses: Any) -> None:
        self._store, self._context, self._ses = store, context, ses

    def keep(self, booking: Booking) -> None:
        keep(self._store, booking)

    def deliver(self, *envelopes: dict[str, Any]) -> list[str]:
        """Hand messages over as the queue does, and return those that are to come again."""
        batch = messages(*(json.dumps(envelope) for envelope in envelopes))
        answer = send_function.handler(batch, self._context)
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def sent(self) -> list[EmailMessage]:
        policy = email.policy.default
        found = [
            email.message_from_string(each.raw_data, policy=policy)
            for each in self._ses.sent_messages
        ]
        # Bug: 0 of 53 mails had it, for contents that come after it take it away.
        assert all(mail["Content-Language"] in ("de", "en") for mail in found)
        return found


@pytest.fixture
def post(aws: FakeAws, store: BookingStore, context: Any) -> Iterator[Post]:
    aws.secrets["bookpay/link-key"] = KEY
    client = boto3.client("ses", region_name=REGION)
    client.verify_email_identity(EmailAddress=SENDER)
    backend = get_backend("ses")[DEFAULT_ACCOUNT_ID][REGION]
    backend.sent_messages.clear()
    yield Post(store, context, backend)
    backend.sent_messages.clear()


def booking(**changed: Any) -> Booking:
    return online_booking(**{"client": MIRA} | changed)


CONFIRMED = changed_envelope({"what": "booking.confirmed"})


def plain(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body
    return str(body.get_content()).replace("\xa0", " ")


def page(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body
    return str(body.get_content())


def test_a_confirmation_in_the_locations_language_zone_and_currency(post: Post) -> None:
    post.keep(booking())

    assert post.deliver(CONFIRMED) == []

    [mail] = post.sent()
    assert mail["Subject"] == "[TEST] Ihr Termin bei Salon Demo ist bestätigt"
    assert (mail["From"], mail["To"]) == (f"Salon Demo <{SENDER}>", MIRA.email)
    assert mail["Content-Language"] == "de"
    token = derive_client_token(KEY, "bk_1")
    for fact in ("Guten Tag Mira Lindqvist", "Mittwoch, 25. November 2026, 11:00",
                 "Bezahlt: 36,00 €", "Beim Termin zu zahlen: 84,00 €", TERMS.terms_text,
                 f"https://pay.example.com/visit/bk_1/{token}", PAID.receipt_url,
                 "TESTBETRIEB"):  # fmt: skip
        assert fact in plain(mail), fact
    assert [part.get_content_type() for part in mail.iter_attachments()] == ["text/calendar"]


def test_styles_stand_at_their_elements_and_nothing_is_fetched(post: Post) -> None:
    post.keep(booking())
    post.deliver(CONFIRMED)
    html = page(post.sent()[0])
    assert '<a class="button" href="https://pay.example.com/visit/' in html
    assert html.count("style=") > 10
    for foreign in ("<script", "<link", "@import", "http://", "src=", "url("):
        assert foreign not in html


def test_repeated_messages_and_other_messages_of_the_same_fact_are_one_mail(post: Post) -> None:
    post.keep(booking())
    other = changed_envelope({"what": "booking.confirmed"}, message_id="another")
    assert post.deliver(CONFIRMED, CONFIRMED, other) == []
    assert post.deliver(CONFIRMED) == []
    assert len(post.sent()) == 1


def test_what_does_not_hold_any_more_is_not_sent(post: Post) -> None:
    post.keep(booking(status="cancelled"))
    assert post.deliver(CONFIRMED) == []
    assert post.sent() == []


def test_a_cancellation_takes_the_entry_out_of_the_calendar(
    post: Post, store: BookingStore
) -> None:
    """Bug (BB-14): the confirmation entered the visit, and it stayed there with its reminder."""
    post.keep(booking())
    post.deliver(CONFIRMED)
    at_s = booking().created_at_s + 60
    off = JournalEntry("bk_1-cancelled", at_s, "booking.cancelled", "client")
    store.change("demo", "bk_1", lambda found: replace(found, status="cancelled", journal=(off,)))
    post.deliver(changed_envelope({"what": "booking.cancelled"}))
    entered, taken_out = (entry_of(mail) for mail in post.sent())
    assert entered["method"] == entered["METHOD"] == "PUBLISH"
    assert taken_out["method"] == taken_out["METHOD"] == "CANCEL"
    assert (entered["STATUS"], taken_out["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert int(taken_out["SEQUENCE"]) > int(entered["SEQUENCE"])
    assert taken_out["DTSTAMP"] > entered["DTSTAMP"]
    for same in ("UID", "DTSTART", "DTEND", "ORGANIZER"):
        assert taken_out[same] == entered[same]


def test_a_visit_that_was_reopened_is_entered_again(post: Post, store: BookingStore) -> None:
    """Bug: the entry was no newer than the cancellation, and calendars left the visit out."""
    at_s = booking().created_at_s + 60
    off = JournalEntry("bk_1-cancelled", at_s, "booking.cancelled", "maria@example.com")
    again = JournalEntry("bk_1-reopened-1", at_s + 60, "booking.reopened", "maria@example.com")
    post.keep(booking(status="cancelled", journal=(off,)))
    post.deliver(changed_envelope({"what": "booking.cancelled"}))
    store.change(
        "demo", "bk_1", lambda found: replace(found, status="confirmed", journal=(off, again))
    )
    post.deliver(changed_envelope({"what": "booking.reopened", "was": "cancelled"}))
    taken_out, entered = (entry_of(mail) for mail in post.sent())
    assert (taken_out["METHOD"], entered["METHOD"]) == ("CANCEL", "PUBLISH")
    assert entered["UID"] == taken_out["UID"]
    assert int(entered["SEQUENCE"]) > int(taken_out["SEQUENCE"])
    assert entered["DTSTAMP"] > taken_out["DTSTAMP"]


def entry_of(mail: EmailMessage) -> dict[str, str]:
    """The lines of a mail's calendar entry, and the method that its content type has."""
    [calendar] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    lines = calendar.get_content().replace("\r\n ", "").replace("\n ", "").splitlines()
    named = (re.match(r"([A-Z-]+)[;:](.*)", line) for line in lines)
    return {
        **{each[1]: each[2] for each in named if each},
        "method": str(calendar.get_param("method")),
    }


def test_a_domain_in_another_script_stands_in_the_header_as_it_is_sent_to(post: Post) -> None:
    """Bug: `To: a@=?utf-8?q?b=C3=BCcher?=.example`."""
    post.keep(
        booking(client=Client("Mira", "mira@b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example"))
    )
    post.deliver(CONFIRMED)
    assert post.sent()[0]["To"] == "mira@xn--bcher-kva.example"


def test_a_live_location_has_no_test_mark(post: Post, places: LocationStore) -> None:
    places.save_location(replace(DEMO, mode="live", locale="en"))
    post.keep(booking())
    post.deliver(CONFIRMED)
    [mail] = post.sent()
    assert mail["Subject"] == "Your booking at Salon Demo is confirmed"
    assert "TEST" not in plain(mail) + page(mail)


def test_a_link_is_mailed_with_its_code(post: Post) -> None:
    post.keep(booking(terms=None, facts=Facts(), links=2))
    post.deliver(mail_envelope("payment_link", link_number=2))
    [mail] = post.sent()
    url = f"https://pay.example.com/pay/{derive_token(KEY, 'demo', 'bk_1', 2)}"
    assert url in plain(mail)
    assert f'href="{url}"' in page(mail)
    [picture] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in page(mail)
    assert picture.get_content().startswith(b"\x89PNG")


# ------------------------------------------------------------------ hostile texts

MARKUP = '<img src=x onerror="alert(1)"></title><b>"&amp;'
HEADER = "Eve\r\nBcc: eve@example.com\r\n\r\n<b>body"


@pytest.mark.parametrize("text", [MARKUP, HEADER, "\u202egnp.exe", "\x00\x1b[31m", "\ud800"])
def test_no_text_of_a_persons_is_markup_a_header_or_another_direction(
    post: Post, places: LocationStore, text: str
) -> None:
    places.save_location(replace(DEMO, name=f"Salon {text}"))
    post.keep(booking(description=text, client=replace(MIRA, name=text)))

    assert post.deliver(CONFIRMED) == []

    [mail] = post.sent()
    assert mail["Bcc"] is None
    assert mail.get_all("To") == [MIRA.email]
    assert "\n" not in mail["Subject"]
    html = page(mail)
    assert "<img" not in html
    assert "<b>" not in html
    assert html.count("</title>") == 1
    everything = html + plain(mail) + str(mail["Subject"]) + str(mail["From"])
    assert not {"\u202e", "\x00", "\x1b"} & set(everything)
    [calendar] = mail.iter_attachments()
    assert "\r\nBcc" not in calendar.get_content()


# ------------------------------------------------------------------ failures


def failing(monkeypatch: pytest.MonkeyPatch, *errors: Exception) -> None:
    """Let the next mails fail; what comes after is sent."""
    waiting, send_raw = list(errors), Mailer.send_raw

    def fail(mailer: Mailer, message: EmailMessage, recipients: list[str], tags: Any) -> str:
        if waiting:
            raise waiting.pop(0)
        return send_raw(mailer, message, recipients, tags)

    monkeypatch.setattr(Mailer, "send_raw", fail)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let time pass."""
    clock = [1_795_000_000]
    monkeypatch.setattr(time, "time", lambda: clock[0])

    def wait(seconds: int) -> None:
        clock[0] += seconds

    return wait


def test_a_mail_that_ses_was_too_busy_for_comes_again(
    post: Post, monkeypatch: pytest.MonkeyPatch, later: Callable[[int], None]
) -> None:
    post.keep(booking())
    failing(monkeypatch, AwsUnreachable("SES takes no mail now"))
    assert post.deliver(CONFIRMED) == ["message-0"]
    later(10)
    assert post.deliver(CONFIRMED) == ["message-0"], "somebody may still be sending it"
    later(mail_store.LEASE_S)
    assert post.deliver(CONFIRMED) == []
    assert post.deliver(CONFIRMED) == []
    assert len(post.sent()) == 1


def test_a_rejected_address_is_given_up_at_once_and_counted(
    post: Post, monkeypatch: pytest.MonkeyPatch, config: Config, capsys: Any
) -> None:
    post.keep(booking())
    failing(monkeypatch, AwsRefused("no", code="MessageRejected"))
    assert post.deliver(CONFIRMED) == []
    assert post.deliver(CONFIRMED) == []
    assert post.sent() == []
    assert '"MailRefused"' in capsys.readouterr().out
    [record] = MailStore(config).list_mails("demo", "bk_1")
    assert record.status == "refused"


def test_a_mistake_of_the_deployments_keeps_the_message(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.keep(booking())
    failing(monkeypatch, AwsRefused("no", code="AccessDenied"))
    assert post.deliver(CONFIRMED) == ["message-0"]


def test_one_message_that_fails_keeps_no_other_back(post: Post) -> None:
    post.keep(booking())
    assert post.deliver({"detail-type": "booking.changed"}, CONFIRMED) == ["message-0"]
    assert len(post.sent()) == 1


def test_without_a_sender_nothing_is_sent_and_it_is_said_once(
    post: Post, monkeypatch: pytest.MonkeyPatch, cold_start: Callable[[], None], log: io.StringIO,
    aws: FakeAws,
) -> None:  # fmt: skip
    post.keep(booking())
    monkeypatch.setenv("MAIL_FROM", "")
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    cold_start()
    load_config()
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert post.deliver(CONFIRMED) == []
    assert post.deliver(CONFIRMED) == []
    assert post.sent() == []
    assert log.getvalue().count("no mails are sent") == 1


def test_a_booking_without_a_client_and_one_that_is_gone_get_no_mail(post: Post) -> None:
    assert post.deliver(CONFIRMED) == []
    post.keep(booking(client=None))
    assert post.deliver(CONFIRMED) == []
    assert post.sent() == []


# ------------------------------------------------------------------ what is kept, and what is not


def test_a_mail_is_kept_as_a_fact_without_the_address(
    post: Post, config: Config, table: TableInMoto
) -> None:
    post.keep(booking())
    post.deliver(CONFIRMED)
    [record] = MailStore(config).list_mails("demo", "bk_1")
    assert (record.kind, record.fact, record.status) == ("confirmed", "confirmed", "sent")
    assert record.message_id
    kept = [body for (pk, _), body in table.bodies().items() if pk.startswith("demo#mails#")]
    assert len(kept) == 1
    assert "mira" not in json.dumps(kept)


def test_of_two_who_claim_a_mail_one_sends_it(config: Config, table: TableInMoto) -> None:
    del table
    store, record = MailStore(config), MailRecord("confirmed", "confirmed", 100, "digest")
    assert store.claim("demo", "bk_1", record)
    with pytest.raises(WriteConflict):
        store.claim("demo", "bk_1", replace(record, at_s=101))
    again = replace(record, at_s=100 + mail_store.LEASE_S)
    assert store.claim("demo", "bk_1", again)
    store.close("demo", "bk_1", replace(again, status="sent"))
    assert not store.claim("demo", "bk_1", replace(record, at_s=10**6))


def test_a_lost_race_for_a_mail_is_told(
    config: Config, table: TableInMoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    del table
    store, record = MailStore(config), MailRecord("confirmed", "confirmed", 100, "digest")
    get = BookingsTable.get

    def overtaken(found: Any, *keys: Any) -> Any:
        monkeypatch.setattr(BookingsTable, "get", get)
        nothing = get(found, *keys)
        assert MailStore(config).claim("demo", "bk_1", record)
        return nothing

    monkeypatch.setattr(BookingsTable, "get", overtaken)
    with pytest.raises(WriteConflict):
        store.claim("demo", "bk_1", record)


def test_who_finds_a_mail_being_sent_comes_back_soon_and_sees(
    post: Post, config: Config, aws: FakeAws
) -> None:
    post.keep(booking())
    store = MailStore(config)
    record = MailRecord("confirmed", "confirmed", int(time.time()), "digest")
    store.claim("demo", "bk_1", record)
    assert post.deliver(CONFIRMED) == ["message-0"]
    assert are_about(aws.put_off, [5])
    store.close("demo", "bk_1", replace(record, status="sent"))
    assert post.deliver(CONFIRMED) == []
    assert post.sent() == []


def test_the_log_knows_no_person(post: Post, log: io.StringIO) -> None:
    post.keep(booking())
    post.deliver(CONFIRMED, {"detail-type": "booking.changed"})
    written = log.getvalue()
    assert "mail sent" in written
    token = derive_client_token(KEY, "bk_1")
    for private in ("Mira", "mira@", "Colour", token, KEY):
        assert private not in written
