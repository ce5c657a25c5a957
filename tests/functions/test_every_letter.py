"""Every mail to a client, in words: whom it is from, where answers go, how to find the place."""

import email
import email.policy
from collections.abc import Iterator
from copy import replace
from email.message import EmailMessage

import pytest

from functions.send_mail.client import Addresses, letter_to_client
from functions.send_mail.write import write
from shared.domain.activity.client_mails import mail_of_fact
from shared.domain.activity.mail import Mail
from shared.domain.bookings.booking import Booking, Client
from shared.domain.bookings.move import Move
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.dates.instants import rfc3339
from shared.domain.stripe_facts.payment_facts import EMPTY
from tests.domain.activity.test_client_mails import STARTS_S, TERMS, booking
from tests.domain.activity.test_client_mails_each import ended
from tests.domain.activity.test_client_mails_table import ENDS, WAYS, End, Way, mails_of_all
from tests.domain.money_world import World
from tests.surroundings.demo_location import REACHABLE

SENDER = "bookings@platform.example"
MIRA = Client("Mira Lindqvist", "mira@example.com")
ADDRESSES = Addresses("https://pay.example.com/visit/bk_1/tok", "https://pay.example.com/pay/tok")
MAP = "https://www.google.com/maps/search/?api=1&query=Torstra%C3%9Fe+1%2C+10119+Berlin"
WITH = {"en": "With: Anna Berg", "de": "Bei: Anna Berg"}


def sent(mail: Mail, booking: Booking, host: VisitHost) -> EmailMessage:
    """Return a mail as its reader's program reads it."""
    asked = replace(ADDRESSES, pay_url=ADDRESSES.pay_url if mail.pay_number else "")
    letter = letter_to_client(mail, host, replace(booking, client=MIRA), asked, SENDER)
    written = write(letter, SENDER).as_bytes()
    read = email.message_from_bytes(written, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def text_of(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body
    return str(body.get_content()).replace("\xa0", " ")


def mails(world: World) -> Iterator[Mail]:
    known: set[str] = set()
    for _ in range(3):
        for mail in mails_of_all(world, 0):
            if mail.fact not in known:
                known.add(mail.fact)
                yield mail
        world.carry_out(card="card_declined")
        world.listen()


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_mail_has_the_place_the_person_and_where_to_answer(
    way: Way, end: tuple[End, int], language: str
) -> None:
    """Findings F7, F12, BB-25 and BB-26: none of 49 mails had any of them."""
    host = replace(REACHABLE, location=replace(REACHABLE.location, locale=language))
    world, _ = ended(way, end)
    for mail in mails(world):
        message = sent(mail, world.booking, host)
        assert message["From"] == f"Salon Demo <{SENDER}>"
        assert message["Reply-To"] == "salon@example.com"
        assert message["Content-Language"] == language
        text, html = text_of(message, "plain"), text_of(message, "html")
        for fact in (WITH[language], "Torstraße 1, 10119 Berlin", MAP, "+49 30 1234-56",
                     "https://salon.example/imprint", "https://salon.example/privacy"):  # fmt: skip
            assert fact in text, (mail.kind, fact)
        link = MAP.replace("&", "&amp;")
        for fact in ("Anna Berg", "Torstraße 1", 'href="tel:+4930123456"', link,
                     'href="https://salon.example/imprint"'):  # fmt: skip
            assert fact in html, (mail.kind, fact)
        assert "{" not in text + str(message["Subject"])


def test_a_place_that_has_said_nothing_gets_no_empty_lines() -> None:
    world, _ = ended(WAYS["full"], ENDS["client, late"])
    silent = VisitHost(replace(REACHABLE.location, address="", phone="", email="", website="",
                               imprint_url="", privacy_url=""))  # fmt: skip
    [mail, *_] = mails(world)
    message = sent(mail, world.booking, silent)
    assert message["Reply-To"] is None
    text = text_of(message, "plain")
    assert "Telefon" not in text
    assert "Bei:" not in text
    assert '<div class="contact"' not in text_of(message, "html")


@pytest.mark.parametrize(
    "name",
    [
        "Evil\r\nBcc: eve@example.com",
        'Salon" <eve@example.com>, "x',
        "=?utf-8?q?Salon?= <eve@example.com>",
        "Café Zürich, Étage 2; <b>",
        "\u202eevil" + "x" * 300,
    ],
)
def test_no_name_of_a_place_adds_a_header_or_an_address(name: str) -> None:
    world, _ = ended(WAYS["full"], ENDS["client, free"])
    host = replace(REACHABLE, location=replace(REACHABLE.location, name=name))
    for mail in mails(world):
        message = sent(mail, world.booking, host)
        assert [each.addr_spec for each in message["From"].addresses] == [SENDER]
        assert [each.addr_spec for each in message["Reply-To"].addresses] == ["salon@example.com"]
        assert [each.addr_spec for each in message["To"].addresses] == [MIRA.email]
        assert message["Bcc"] is None


MOVED = Move("m", 1, "client", STARTS_S - 3600, STARTS_S, "anna", "anna", 12000, 12000)
WAITING = replace(TERMS, hold_until_s=STARTS_S - 86_400)
UNPAID = booking(status="awaiting_payment", terms=WAITING, facts=EMPTY, links=1)
BEFORE_THE_VISIT = {
    "confirmed": (booking(), "confirmed"),
    "reminder": (booking(links=1), f"reminder#{rfc3339(STARTS_S)}"),
    "moved": (booking(moves=(MOVED,)), "moved#1"),
    "link": (UNPAID, "link#1"),
    "confirm_address": (
        booking(status="awaiting_confirmation", terms=WAITING, facts=EMPTY),
        "confirm_address",
    ),
    "reopened": (booking(), "reopened"),
}


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", BEFORE_THE_VISIT)
def test_every_mail_before_a_visit_says_where_it_is_and_with_whom(kind: str, language: str) -> None:
    made, fact = BEFORE_THE_VISIT[kind]
    mail = mail_of_fact(made, fact)
    assert mail
    assert mail.kind == kind
    host = replace(REACHABLE, location=replace(REACHABLE.location, locale=language))
    message = sent(mail, made, host)
    text = text_of(message, "plain")
    for each in (WITH[language], "Torstraße 1, 10119 Berlin", MAP, "+49 30 1234-56"):
        assert each in text, each
    assert message["Reply-To"] == "salon@example.com"
    entries = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert bool(entries) is (kind in {"confirmed", "moved", "reopened"})
    for entry in entries:
        written = str(entry.get_content()).replace("\r\n ", "").replace("\n ", "")
        assert r"LOCATION:Salon Demo\, Torstraße 1\, 10119 Berlin" in written
        assert "Anna Berg" in written
