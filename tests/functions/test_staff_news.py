"""Members hear of new, moved and cancelled bookings, as each has chosen, and of nothing else."""

from copy import replace
from typing import Any

import pytest

from shared.adapters.booking_store import BookingStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.location_store import LocationStore
from shared.adapters.mail_stops import MailStops, address_digest
from shared.adapters.mailer import Mailer
from shared.config import load_config
from shared.domain.bookings.booking import Client
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.move import Move
from shared.domain.catalogue.services import Employee
from shared.domain.errors import AwsRefused
from shared.domain.locations.members import Member, Members, News, with_mails, with_member
from tests.functions.test_send_mail import CONFIRMED, MIRA, Post, booking, page, plain
from tests.functions.test_send_mail import post as post  # noqa: PLC0414
from tests.messages import changed_envelope
from tests.surroundings.fixtures import DEMO, TableInMoto
from tests.surroundings.units import Meter

pytestmark = pytest.mark.enable_socket
CANCELLED = changed_envelope(
    {"what": "booking.cancelled", "by": "client"}, previous_status="confirmed", status="cancelled"
)
MOVED = changed_envelope(
    {"what": "booking.moved", "by": "business", "from": "2026-11-24T10:00:00Z"},
    previous_status="confirmed",
)


class Staff:
    """The members of a location, and the mails that reach one of them."""

    def __init__(self, places: LocationStore, post: Post) -> None:
        self._places, self._post = places, post

    def add(self, email: str, *mails: News) -> None:
        user_id = email.partition("@")[0]

        def change(members: Members) -> tuple[Members, list[Any]]:
            joined = with_member(members, Member(user_id, email, ("manager",), 1))
            return with_mails(joined, user_id, mails), []

        self._places.update_members("demo", change)

    def subjects(self, email: str) -> list[str]:
        return [str(mail["Subject"]) for mail in self._post.sent() if mail["To"] == email]


@pytest.fixture
def members(places: LocationStore, post: Post) -> Staff:
    places.save_location(replace(DEMO, locale="en", email="salon@example.com"))
    return Staff(places, post)


def test_each_member_hears_of_what_they_chose(members: Staff, post: Post) -> None:
    members.add("all@salon.example", "new", "moved", "cancelled")
    members.add("new@salon.example", "new")
    members.add("none@salon.example")
    post.keep(booking())
    assert post.deliver(CONFIRMED, CONFIRMED) == []
    new = ["[TEST] New booking: Colour, Wednesday, 25 November 2026, 11:00"]
    assert members.subjects("all@salon.example") == new
    assert members.subjects("new@salon.example") == new
    assert members.subjects("none@salon.example") == []
    assert len(post.sent()) == 3, "the client's confirmation, and one for each of the two"


def test_the_mail_says_what_when_with_whom_and_for_whom_and_no_more(
    members: Staff, post: Post
) -> None:
    CatalogueStore(load_config()).put_employee("demo", Employee("anna", "Anna Berg"))
    members.add("eva@salon.example", "new")
    client = Client("Mira Lindqvist", MIRA.email, "+49 171 555")
    post.keep(booking(employee_id="anna", client=client))
    post.deliver(CONFIRMED)
    [mail] = [each for each in post.sent() if each["To"] == "eva@salon.example"]
    assert (mail["Reply-To"], mail["Content-Language"]) == (None, "en")
    for fact in ("What: Colour", "When: Wednesday, 25 November 2026, 11:00", "With: Anna Berg",
                 "Client: Mira Lindqvist",
                 "https://pay.example.com/console#/demo/bookings/bk_1"):  # fmt: skip
        assert fact in plain(mail), fact
    for private in (MIRA.email, "+49 171", "/visit/", "/pay/", "36,00", "receipts"):
        assert private not in plain(mail) + page(mail), private


def test_a_move_says_when_it_was_and_a_cancellation_by_whom(
    members: Staff, post: Post, store: BookingStore
) -> None:
    members.add("eva@salon.example", "moved", "cancelled")
    move = Move("m", 1, "b@x.de", 1, 2, "anna", "anna", 12000, 12000)
    post.keep(booking(moves=(move,)))
    post.deliver(MOVED, MOVED)
    entry = JournalEntry("bk_1-cancelled", 2, "booking.cancelled", "client")
    store.change("demo", "bk_1", lambda found: replace(found, status="cancelled", journal=(entry,)))
    post.deliver(CANCELLED, CANCELLED)
    moved, cancelled = [each for each in post.sent() if each["To"] == "eva@salon.example"]
    assert "Until now: Tuesday, 24 November 2026, 11:00" in plain(moved)
    assert "Someone at Salon Demo has moved this booking." in plain(moved)
    assert "The client has cancelled this booking." in plain(cancelled)


def test_what_is_over_and_a_slot_that_was_never_paid_are_no_news(
    members: Staff, post: Post
) -> None:
    members.add("eva@salon.example", "new", "cancelled")
    post.keep(booking(status="cancelled"))
    abandoned = changed_envelope({"what": "booking.cancelled"}, previous_status="awaiting_payment")
    post.deliver(CONFIRMED, abandoned, changed_envelope({"what": "refund.succeeded"}))
    assert members.subjects("eva@salon.example") == []


def test_one_bad_address_never_costs_the_others_theirs(
    members: Staff, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a-stopped", "b-bad", "c-good"):
        members.add(f"{name}@salon.example", "new")
    MailStops(load_config()).stop("demo", address_digest("a-stopped@salon.example"), "x", 1)
    send = Mailer.send_raw

    def picky(self: Mailer, message: Any, to: Any, *more: Any) -> str:
        if to == ["b-bad@salon.example"]:
            raise AwsRefused("ses", code="MessageRejected")
        return send(self, message, to, *more)

    monkeypatch.setattr(Mailer, "send_raw", picky)
    post.keep(booking())
    assert post.deliver(CONFIRMED) == []
    assert [bool(members.subjects(f"{each}@salon.example"))
            for each in ("a-stopped", "b-bad", "c-good")] == [False, False, True]  # fmt: skip


def test_a_client_who_cannot_be_mailed_now_keeps_no_member_waiting(
    members: Staff, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    members.add("eva@salon.example", "new")
    send = Mailer.send_raw

    def busy(self: Mailer, message: Any, to: Any, *more: Any) -> str:
        if to == [MIRA.email]:
            raise AwsRefused("ses", code="Throttling")
        return send(self, message, to, *more)

    monkeypatch.setattr(Mailer, "send_raw", busy)
    post.keep(booking())
    assert post.deliver(CONFIRMED) == ["message-0"], "the queue brings it again"
    assert len(members.subjects("eva@salon.example")) == 1


def test_where_nobody_wants_news_it_costs_one_read(
    members: Staff, post: Post, table: TableInMoto, clients: dict[Any, Any]
) -> None:
    members.add("eva@salon.example")
    post.keep(booking())
    post.deliver(CONFIRMED)
    meter = Meter(table, clients)
    with meter.counting():
        post.deliver(changed_envelope({"what": "refund.requested"}))
    without = meter.cost
    with meter.counting():
        post.deliver(changed_envelope({"what": "refund.requested"}, {"what": "booking.confirmed"}))
    # Its client's mail is looked up once more, and those who belong to the location are read.
    assert meter.cost.calls - without.calls == 2
    assert meter.cost.units == without.units == 0
