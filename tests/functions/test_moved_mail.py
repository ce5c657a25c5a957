"""The mail about a moved visit, as its client reads it, and the entry in their calendar."""

from copy import replace
from typing import Any

import pytest

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.fee import APPLIED, RESCHEDULE_FEE, Fee
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.move import MOVED, Move
from shared.domain.bookings.refund_order import (
    AWAITING_APPROVAL,
    MOVING,
    REQUESTED,
    RefundOrder,
)
from shared.domain.link_tokens import derive_token
from shared.domain.money.money import Money
from shared.domain.stripe_facts.payment_facts import Facts
from tests.domain.activity.test_client_mails import PAID, STARTS_S, TERMS
from tests.functions.test_send_mail import (
    CONFIRMED,
    KEY,
    Post,
    booking,
    entry_of,
    plain,
    post,
)
from tests.messages import changed_envelope, mail_envelope
from tests.surroundings.demo_location import DEMO
from tests.surroundings.places import locations

pytestmark = pytest.mark.enable_socket
__all__ = ["post"]
DAY_S = 86_400
AT_S = 1_795_100_000
BY_CLIENT = changed_envelope({"what": "booking.moved", "by": "client"})
BY_STAFF = changed_envelope({"what": "booking.moved", "by": "business"})
ORDER = mail_envelope("moved")
LINK = f"https://pay.example.com/pay/{derive_token(KEY, 'demo', 'bk_1', 1)}"


def moved(
    by: str = "client", *, was_minor: int = 12_000, price_minor: int = 12_000, **more: Any
) -> Booking:
    """The colour, a day later than it was booked for."""
    move = Move(
        "bk_1-moved-1", AT_S, by, STARTS_S, STARTS_S + DAY_S, "", "", was_minor, price_minor
    )
    known: Booking = booking(links=1, **more)
    return replace(
        known,
        price=Money(price_minor, "eur"),
        starts_at_s=STARTS_S + DAY_S,
        ends_at_s=STARTS_S + DAY_S + 5400,
        moves=(move,),
        journal=(*known.journal, JournalEntry(move.entry_id, AT_S, MOVED, by)),
    )


def speak(locale: str) -> None:
    locations().save_location(replace(DEMO, locale=locale))


def test_a_clients_own_move_is_always_mailed_and_says_both_times(post: Post) -> None:
    post.keep(moved())
    assert post.deliver(BY_CLIENT, BY_CLIENT) == []
    [mail] = post.sent()
    assert mail["Subject"] == "[TEST] Ihr Termin bei Salon Demo wurde verlegt"
    text = plain(mail)
    for fact in (
        "Sie haben Ihren Termin verlegt",
        "Bisher: Mittwoch, 25. November 2026, 11:00",
        "Wann: Donnerstag, 26. November 2026, 11:00",
        "Bezahlt: 36,00 €",
        "Beim Termin zu zahlen: 84,00 €",
        TERMS.terms_text,
    ):
        assert fact in text, fact
    assert "/pay/" not in text, "nothing new is due"


def test_in_english(post: Post) -> None:
    speak("en")
    post.keep(moved("desk@x.de", was_minor=9_000))
    post.deliver(ORDER)
    text = plain(post.sent()[0])
    for fact in (
        "has moved your booking to the time below",
        "Until now: Wednesday, 25 November 2026",
        "When: Thursday, 26 November 2026",
        "€84.00 is still to be paid: with the button below, or at your visit.",
        f"Pay €84.00: {LINK}",
    ):
        assert fact in text, fact


def test_staff_decide_whether_it_is_mailed(post: Post) -> None:
    post.keep(moved("desk@x.de"))
    post.deliver(BY_STAFF)
    assert post.sent() == []
    post.deliver(ORDER)
    assert "Salon Demo hat Ihren Termin auf die Zeit unten verlegt" in plain(post.sent()[0])


def test_a_calendar_takes_the_new_time(post: Post, store: Any) -> None:
    post.keep(booking(links=1))
    post.deliver(CONFIRMED)
    store.change("demo", "bk_1", lambda found: replace(moved(), sequence=found.sequence))
    post.deliver(BY_CLIENT)
    first, second = (entry_of(mail) for mail in post.sent())
    assert (first["METHOD"], second["METHOD"], second["method"]) == (
        "PUBLISH",
        "REQUEST",
        "REQUEST",
    )
    assert second["UID"] == first["UID"]
    assert int(second["SEQUENCE"]) > int(first["SEQUENCE"])
    assert (first["DTSTART"], second["DTSTART"]) == ("20261125T100000Z", "20261126T100000Z")
    assert second["ATTENDEE"].endswith("mailto:mira@example.com")
    assert second["STATUS"] == "CONFIRMED"


def test_what_comes_back_is_said_once_it_is_sure(post: Post) -> None:
    order = RefundOrder("rf_1", "ch_1", 1_600, AT_S, "desk@x.de", MOVING, REQUESTED)
    cheaper = moved("desk@x.de", price_minor=2_000, refund_orders=(order,))
    post.keep(cheaper)
    post.deliver(ORDER)
    text = plain(post.sent()[0])
    assert "Erstattung auf Ihre Karte: 16,00 €" in text
    assert "/pay/" not in text


def test_what_waits_for_approval_is_not_promised(post: Post) -> None:
    order = RefundOrder("rf_1", "ch_1", 1_600, AT_S, "desk@x.de", MOVING, AWAITING_APPROVAL)
    post.keep(moved("desk@x.de", price_minor=2_000, refund_orders=(order,)))
    post.deliver(ORDER)
    assert "Erstattung" not in plain(post.sent()[0])


def test_a_fee_for_the_move_is_in_the_same_mail(post: Post) -> None:
    fee = Fee("fee_1", RESCHEDULE_FEE, 6_000, AT_S, "client", APPLIED, kept_minor=3_600)
    post.keep(moved(fees=(fee,)))
    taken = {"what": "fee.taken", "fee_id": "fee_1", "kind": "reschedule"}
    post.deliver(changed_envelope({"what": "booking.moved", "by": "client"}, taken))
    [mail] = post.sent()
    text = plain(mail)
    assert "Gebühr für das Verlegen: 60,00 €" in text
    assert "Noch zu zahlen: 144,00 €" in text
    assert LINK in text


def test_a_hold_that_would_lapse_is_asked_for_as_a_card(post: Post) -> None:
    terms = replace(TERMS, mode="save_card", due_minor=0)
    held = replace(
        PAID,
        reported_captured_minor=0,
        captured=False,
        amount_minor=12_000,
        authorized=True,
        succeeded=False,
    )
    known = moved("desk@x.de", terms=terms, facts=Facts(charges={"ch_1": held}))
    assert known.lacks_card()
    post.keep(known)
    post.deliver(ORDER)
    text = plain(post.sent()[0])
    assert "würde vor der neuen Zeit verfallen" in text
    assert f"Karte speichern: {LINK}" in text
    assert "Auf Ihrer Karte reserviert: 120,00 €" in text


def test_the_link_for_a_card_alone_can_be_mailed(post: Post) -> None:
    """Bug: the mail that asks for a card had a button for an amount, and was never sent."""
    terms = replace(TERMS, mode="save_card", due_minor=0, hold_until_s=STARTS_S)
    post.keep(booking(links=1, status="awaiting_payment", terms=terms, facts=Facts()))
    assert post.deliver(mail_envelope("payment_link", link_number=1)) == []
    [mail] = post.sent()
    assert LINK in plain(mail)


def test_a_booking_that_staff_made_is_confirmed_by_mail(post: Post) -> None:
    """Bug: the order for it led to no mail."""
    post.keep(booking())
    assert post.deliver(mail_envelope("confirmation")) == []
    assert "bestätigt" in post.sent()[0]["Subject"]


def test_what_is_over_is_not_said_to_be_moved(post: Post) -> None:
    post.keep(replace(moved(), status="cancelled"))
    post.deliver(BY_CLIENT)
    assert post.sent() == []


def test_it_can_be_sent_again(post: Post) -> None:
    post.keep(moved())
    post.deliver(BY_CLIENT)
    again = mail_envelope("again", fact="moved#1", number="2")
    assert post.deliver(again) == []
    first, second = post.sent()
    assert plain(first) == plain(second)
