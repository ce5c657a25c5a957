"""Nobody is buried in mails by a stranger who writes their address into the public form."""

from collections.abc import Iterator
from copy import replace
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from functions.send_mail import handler as send_function
from shared.adapters.booking_store import BookingStore
from shared.adapters.location_store import LocationStore
from shared.adapters.mail_store import MailStore
from shared.adapters.mailer import Mailer
from shared.config import Config
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.authorship import CLIENT
from shared.domain.bookings.booking import Booking, Client
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.proved_address import await_confirmation, confirm_address
from shared.domain.errors import AwsUnreachable
from shared.domain.link_tokens import derive_client_token
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts
from shared.domain.stripe_facts.session_facts import SessionFacts
from shared.domain.visits.end_visit import cancel
from tests.domain.activity.test_client_mails import PAID, TERMS
from tests.domain.activity.test_client_mails import booking as online_booking
from tests.fake_aws import FakeAws
from tests.functions.test_send_mail import KEY, SENDER, Post, page, plain
from tests.messages import changed_envelope, mail_envelope
from tests.surroundings.fixtures import DEMO, REGION, TableInMoto

pytestmark = pytest.mark.enable_socket
NOW_S = 1_795_000_000
VICTIM = "victim@example.com"
AT_VISIT = replace(TERMS, mode="at_visit", due_minor=0)
CONFIRMED = {"what": "booking.confirmed"}


@pytest.fixture
def post(
    aws: FakeAws, store: BookingStore, context: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Post]:
    aws.secrets["bookpay/link-key"] = KEY
    boto3.client("ses", region_name=REGION).verify_email_identity(EmailAddress=SENDER)
    backend = get_backend("ses")[DEFAULT_ACCOUNT_ID][REGION]
    backend.sent_messages.clear()
    set_clock(monkeypatch, NOW_S)
    yield Post(store, context, backend)
    backend.sent_messages.clear()


def set_clock(monkeypatch: pytest.MonkeyPatch, now_s: int) -> None:
    monkeypatch.setattr(send_function, "time", SimpleNamespace(time=lambda: now_s))


def by_form(number: int = 1, email: str = VICTIM, name: str = "Mira", **more: Any) -> Booking:
    """A booking that anybody can make: nothing is paid for it, and nobody knows who it was."""
    booking_id = f"bk_{number}"
    made = JournalEntry(f"{booking_id}-created", NOW_S, "booking.created", CLIENT)
    fields = {"client": Client(name, email), "facts": EMPTY, "journal": (made,)}
    return online_booking(**{"booking_id": booking_id, "terms": AT_VISIT} | fields | more)


def told(booking: Booking, what: dict[str, Any] = CONFIRMED) -> dict[str, Any]:
    ids = {"booking_id": booking.booking_id, "location_id": booking.location_id}
    return changed_envelope(what, **ids)


def send(post: Post, *bookings: Booking) -> None:
    for booking in bookings:
        post.keep(booking)
        assert post.deliver(told(booking)) == []


def test_the_form_alone_causes_five_mails_an_hour_and_twenty_a_day(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: book, cancel, book... sent a hundred mails in as many rounds."""
    arrived = []
    for hour in (0, 1, 2, 3, 4, 12, 24):
        set_clock(monkeypatch, NOW_S + hour * 3600)
        before = len(post.sent())
        send(post, *(by_form(hour * 10 + number) for number in range(7)))
        arrived.append(len(post.sent()) - before)
    assert arrived == [5, 5, 5, 5, 0, 0, 5]


@pytest.mark.parametrize(
    "written", ["Victim@Example.com", "victim+1@example.com", "VICTIM+a.b@EXAMPLE.com"]
)
def test_a_mailbox_is_one_however_its_address_is_written(post: Post, written: str) -> None:
    send(post, *(by_form(number) for number in range(3)))
    send(post, *(by_form(number, written) for number in range(3, 9)))
    assert len(post.sent()) == 5


def test_other_mailboxes_have_budgets_of_their_own(post: Post) -> None:
    send(post, *(by_form(number) for number in range(6)))
    send(post, by_form(7, "noor@example.com"))
    assert len(post.sent()) == 6


def test_all_locations_together_have_one_budget(post: Post, places: LocationStore) -> None:
    places.save_location(replace(DEMO, location_id="second"))
    send(post, *(by_form(number) for number in range(4)))
    send(post, *(by_form(number, location_id="second") for number in range(4, 8)))
    assert len(post.sent()) == 5


def test_what_is_held_back_is_shown_at_the_booking(
    post: Post, store: BookingStore, config: Config
) -> None:
    send(post, *(by_form(number) for number in range(6)))
    last = store.get_booking("demo", "bk_5")
    assert last
    assert [entry["what"] for entry in staff_view(last.booking)["timeline"]][-1] == "mail.held_back"
    [record] = MailStore(config).list_mails("demo", "bk_5")
    assert (record.fact, record.status) == ("confirmed", "held_back")
    # A message that comes again sends nothing later, and notes nothing twice.
    assert post.deliver(told(last.booking)) == []
    again = store.get_booking("demo", "bk_5")
    assert again
    assert again.booking.journal == last.booking.journal
    assert len(post.sent()) == 5


def test_a_mail_that_is_tried_again_counts_once(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise AwsUnreachable("SES gave no answer")

    booking = by_form()
    post.keep(booking)
    with monkeypatch.context() as down:
        down.setattr(Mailer, "send_raw", fail)
        for attempt in range(7):
            set_clock(down, NOW_S + attempt * 61)
            assert post.deliver(told(booking)) != []
    send(post, *(by_form(number) for number in range(2, 8)))
    assert len(post.sent()) == 4


# ------------------------------------------------------------------ what has no budget


@pytest.mark.parametrize("proof", ["paid", "held", "saved", "confirmed"])
def test_whose_address_is_proved_gets_every_mail(post: Post, proof: str) -> None:
    for number in range(8):
        booking = by_form(number)
        if proof == "confirmed":
            booking = confirm_address(await_confirmation(booking, NOW_S), NOW_S)
        else:
            booking = replace(booking, facts=_money(proof), terms=TERMS)
        send(post, booking)
    assert len(post.sent()) == 8


def _money(proof: str) -> Facts:
    if proof == "saved":
        session = SessionFacts(mode="setup", status="complete", setup_intent="seti_1")
        return Facts(sessions={"cs_1": session})
    held = replace(PAID, captured=False, reported_captured_minor=0, authorized=True)
    return Facts(charges={"ch_1": PAID if proof == "paid" else held})


def test_what_the_business_decides_is_told_however_much_it_is(post: Post) -> None:
    for number in range(8):
        cancelled = cancel(by_form(number), "owner@demo.test", NOW_S, takes_fee=False)
        post.keep(cancelled)
        assert post.deliver(told(cancelled, {"what": "booking.cancelled"})) == []
    assert len(post.sent()) == 8


def test_what_staff_have_made_is_told_however_much_it_is(post: Post) -> None:
    made = JournalEntry("x-created", NOW_S, "booking.created", "owner@demo.test")
    send(post, *(by_form(number, journal=(made,)) for number in range(8)))
    assert len(post.sent()) == 8


def test_a_link_that_staff_send_has_no_budget(post: Post) -> None:
    send(post, *(by_form(number) for number in range(6)))
    ids = {"booking_id": by_form(6).booking_id, "link_number": 1}
    message = mail_envelope("payment_link", **ids)
    post.keep(by_form(6))
    assert post.deliver(message) == []
    assert len(post.sent()) == 6


# ------------------------------------------------------------------ what is not said at all


@pytest.mark.parametrize("kept_for", ["payment", "confirmation"])
def test_a_slot_that_its_own_client_gave_up_is_told_to_nobody(
    post: Post, table: TableInMoto, kept_for: str
) -> None:
    """Bug: each round mailed "Your booking is cancelled" to an address that nobody had proved."""
    booking = by_form(terms=replace(TERMS, hold_until_s=NOW_S + 1800), status="awaiting_payment")
    if kept_for == "confirmation":
        booking = await_confirmation(by_form(), NOW_S)
    dropped = cancel(booking, CLIENT, NOW_S, takes_fee=True)
    post.keep(dropped)
    assert post.deliver(told(dropped, {"what": "booking.cancelled"})) == []
    assert post.sent() == []
    assert not [key for key in table.items() if key[1] == "budget"]


def test_a_visit_that_was_booked_is_told_as_cancelled(post: Post) -> None:
    cancelled = cancel(by_form(), CLIENT, NOW_S, takes_fee=True)
    post.keep(cancelled)
    assert post.deliver(told(cancelled, {"what": "booking.cancelled"})) == []
    [message] = post.sent()
    assert "abgesagt" in plain(message)


@pytest.mark.parametrize(
    "name",
    ["WIN 1000 EUR at http://evil.example/claim now", "evil.example", "Mira www.evil.example"],
)
def test_a_name_with_the_address_of_a_page_is_not_printed_to_a_stranger(
    post: Post, name: str
) -> None:
    """Bug: "Hello WIN 1000 EUR at http://evil.example/claim now" came from the salon's domain."""
    send(post, by_form(1, name=name), by_form(2))
    strange, usual = post.sent()
    for text in (plain(strange), page(strange), str(strange["Subject"])):
        assert "evil" not in text
    assert "Guten Tag, wir freuen uns auf Sie." in plain(strange)
    assert "Guten Tag Mira, wir freuen uns auf Sie." in plain(usual)


def test_who_has_paid_is_called_by_the_name_they_gave(post: Post) -> None:
    send(post, by_form(name="J.Sm Ith", facts=Facts(charges={"ch_1": PAID})))
    [message] = post.sent()
    assert "Guten Tag J.Sm Ith," in plain(message)


# ------------------------------------------------------------------ the mail that confirms


def test_the_mail_that_confirms_leads_to_the_page_with_the_button(post: Post) -> None:
    booking = await_confirmation(by_form(), NOW_S)
    post.keep(booking)
    message = mail_envelope("confirm_address", booking_id=booking.booking_id)
    assert post.deliver(message) == []
    [mail] = post.sent()
    link = f"https://pay.example.com/visit/bk_1/{derive_client_token(KEY, 'bk_1')}"
    assert f"Termin bestätigen: {link}\r\n" in plain(mail)
    assert f'href="{link}"' in page(mail)
    assert "Waren Sie das nicht?" in plain(mail)
    assert mail["Subject"] == "[TEST] Bitte bestätigen Sie Ihren Termin bei Salon Demo"


def test_what_was_confirmed_meanwhile_is_not_asked_for(post: Post) -> None:
    post.keep(by_form())
    message = mail_envelope("confirm_address", booking_id=by_form().booking_id)
    assert post.deliver(message) == []
    assert post.sent() == []


def test_the_table_learns_no_address_from_a_budget(post: Post, table: TableInMoto) -> None:
    send(post, by_form())
    [(key, item)] = [(key, item) for key, item in table.items().items() if key[1] == "budget"]
    assert "victim" not in str((key, item)).lower()
    assert int(item["expires_at_s"]) == NOW_S + 86_400
