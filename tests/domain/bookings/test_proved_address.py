"""When an address is its client's own, and what goes to one that nobody has proved."""

from copy import replace
from typing import Any

import pytest

from shared.domain.activity.client_mails import mails_of
from shared.domain.activity.client_view import client_view
from shared.domain.activity.messages import messages_of
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.authorship import CLIENT
from shared.domain.bookings.booking import Booking, Client
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.online_booking import expire
from shared.domain.bookings.proved_address import (
    await_confirmation,
    confirm_address,
    is_abandoned_slot,
    is_address_proved,
    is_caused_by_form_alone,
    names_a_page,
    note_held_back,
    printed_name,
)
from shared.domain.errors import Conflict
from shared.domain.messages.booking_changed import BookingChanged, VisitChange
from shared.domain.messages.mail_orders import SendAddressCheck
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts
from shared.domain.stripe_facts.refund_facts import RefundFacts
from shared.domain.stripe_facts.session_facts import SessionFacts
from shared.domain.visits.end_visit import cancel, complete, mark_no_show
from tests.domain.activity.test_client_mails import PAID, STARTS_S, TERMS
from tests.domain.activity.test_client_mails import booking as online_booking
from tests.messages import changed, mail_order
from tests.surroundings.demo_location import HOST

NOW_S = 1_795_000_000
AT_VISIT = replace(TERMS, mode="at_visit", due_minor=0)
KEPT = replace(TERMS, hold_until_s=NOW_S + 1800)
BY_CLIENT = (JournalEntry("bk_1-created", NOW_S, "booking.created", CLIENT),)
BY_STAFF = (JournalEntry("bk_1-created", NOW_S, "booking.created", "owner@demo.test"),)
HELD = replace(PAID, captured=False, reported_captured_minor=0, authorized=True)


def booking(**changed: Any) -> Booking:
    """A visit that somebody has booked on the public form, to be paid when they come."""
    made = {"terms": AT_VISIT, "facts": EMPTY, "journal": BY_CLIENT}
    return online_booking(**made | {"client": Client("Mira", "mira@example.com")} | changed)


def waiting() -> Booking:
    return await_confirmation(booking(), NOW_S)


# ------------------------------------------------------------------ proof


@pytest.mark.parametrize(
    ("facts", "is_proved"),
    [
        pytest.param(EMPTY, False, id="nothing"),
        pytest.param(Facts(charges={"ch_1": PAID}), True, id="paid"),
        pytest.param(Facts(charges={"ch_1": HELD}), True, id="held"),
        pytest.param(
            Facts(charges={"ch_1": replace(PAID, reported_refunded_minor=3600)}),
            True,
            id="paid and refunded",
        ),
        pytest.param(
            Facts(charges={"ch_1": replace(HELD, authorized=False, succeeded=False, failed=True)}),
            False,
            id="a card that was declined",
        ),
        pytest.param(
            Facts(sessions={"cs_1": SessionFacts(mode="payment", status="open")}),
            False,
            id="a page at Stripe that is open",
        ),
        pytest.param(
            Facts(
                sessions={
                    "cs_1": SessionFacts(mode="setup", status="complete", setup_intent="seti_1")
                }
            ),
            True,
            id="a card that was saved",
        ),
    ],
)
def test_money_proves_an_address_and_a_try_does_not(facts: Facts, is_proved: bool) -> None:
    assert is_address_proved(booking(facts=facts)) is is_proved


def test_following_the_mails_link_proves_it() -> None:
    assert not is_address_proved(waiting())
    assert is_address_proved(confirm_address(waiting(), NOW_S))


def test_a_proof_stays_whatever_becomes_of_the_booking() -> None:
    confirmed = confirm_address(waiting(), NOW_S)
    assert is_address_proved(cancel(confirmed, CLIENT, NOW_S, takes_fee=True))


# ------------------------------------------------------------------ confirming


def test_confirming_is_noted_once_and_told_once() -> None:
    confirmed = confirm_address(waiting(), NOW_S)
    assert confirmed.status == "confirmed"
    assert confirm_address(confirmed, NOW_S + 5) == confirmed
    [message] = messages_of(waiting(), confirmed, "v2", NOW_S)
    assert isinstance(message, BookingChanged)
    assert message.happened == (VisitChange(what="booking.confirmed"),)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("awaiting_payment", "not_awaiting_confirmation"),
        ("expired", "booking_expired"),
        ("cancelled", "already_cancelled"),
    ],
)
def test_what_waits_for_no_confirmation_is_not_confirmed(status: str, code: str) -> None:
    with pytest.raises(Conflict) as refused:
        confirm_address(booking(status=status), NOW_S)
    assert refused.value.code == code


@pytest.mark.parametrize("status", ["confirmed", "no_show", "completed"])
def test_what_is_confirmed_anyway_stays_and_proves_nothing(status: str) -> None:
    assert confirm_address(booking(status=status), NOW_S) == booking(status=status)


def test_a_new_one_orders_its_mail_and_tells_nothing_else() -> None:
    [message] = messages_of(None, waiting(), "v1", NOW_S)
    assert isinstance(message, SendAddressCheck)
    [mail] = mails_of(message, waiting())
    assert (mail.kind, mail.button, mail.fact) == (
        "confirm_address",
        "button.confirm",
        "confirm_address",
    )
    later = note_held_back(waiting(), "confirm_address", NOW_S)
    assert messages_of(waiting(), later, "v2", NOW_S) == ()


@pytest.mark.parametrize("status", ["confirmed", "expired", "cancelled"])
def test_it_is_not_asked_for_once_it_is_over(status: str) -> None:
    assert mails_of(mail_order("confirm_address"), booking(status=status)) == []


def test_until_it_is_confirmed_nothing_is_due_and_it_neither_takes_place_nor_fails_to() -> None:
    assert waiting().amount_due_minor() == 0
    assert not waiting().wants_checkout()
    for end in (complete, lambda *given: mark_no_show(*given, takes_fee=True)):
        with pytest.raises(Conflict) as refused:
            end(waiting(), "owner@demo.test", NOW_S)
        assert refused.value.code == "not_confirmed"


def test_the_clients_view_says_until_when() -> None:
    assert client_view(waiting(), NOW_S, HOST)["expires_at"] == "2026-11-18T11:36:40Z"
    assert client_view(confirm_address(waiting(), NOW_S), NOW_S, HOST)["expires_at"] is None


def test_cancelling_it_costs_nothing() -> None:
    late = replace(waiting(), starts_at_s=NOW_S + 60)
    assert cancel(late, CLIENT, NOW_S, takes_fee=True).fees == ()


# ------------------------------------------------------------------ what the form alone causes


@pytest.mark.parametrize(
    ("found", "is_alone"),
    [
        pytest.param(booking(), True, id="booked"),
        pytest.param(waiting(), True, id="to be confirmed"),
        pytest.param(expire(waiting(), NOW_S), True, id="expired"),
        pytest.param(cancel(booking(), CLIENT, NOW_S, takes_fee=True), True, id="its client ended"),
        pytest.param(
            cancel(booking(), "owner@demo.test", NOW_S, takes_fee=False), False, id="staff ended"
        ),
        pytest.param(
            mark_no_show(booking(), "owner@demo.test", STARTS_S, takes_fee=True),
            False,
            id="no-show",
        ),
        pytest.param(booking(journal=BY_STAFF), False, id="staff made it"),
        pytest.param(booking(facts=Facts(charges={"ch_1": PAID})), False, id="paid"),
        pytest.param(confirm_address(waiting(), NOW_S), False, id="confirmed"),
    ],
)
def test_what_the_public_form_alone_has_caused(found: Booking, is_alone: bool) -> None:
    assert is_caused_by_form_alone(found) is is_alone


def test_money_that_moved_is_no_matter_of_the_form() -> None:
    refund = RefundFacts(amount_minor=3600, currency="eur", status="succeeded")
    charge = replace(PAID, refunds={"re_1": refund}, reported_refunded_minor=3600)
    given_back = booking(facts=Facts(charges={"ch_1": charge}), status="cancelled")
    happened = {"what": "refund.succeeded", "stripe_refund_id": "re_1"}
    assert mails_of(changed(happened), given_back)
    assert not is_caused_by_form_alone(given_back)


@pytest.mark.parametrize(
    ("found", "is_dropped"),
    [
        pytest.param(booking(terms=KEPT, status="awaiting_payment"), True, id="unpaid"),
        pytest.param(waiting(), True, id="unconfirmed"),
        pytest.param(booking(), False, id="a visit"),
        pytest.param(confirm_address(waiting(), NOW_S), False, id="a confirmed visit"),
        pytest.param(
            booking(terms=KEPT, facts=Facts(charges={"ch_1": PAID})), False, id="a paid visit"
        ),
    ],
)
def test_what_its_own_client_gave_up_before_it_was_booked(found: Booking, is_dropped: bool) -> None:
    message = changed({"what": "booking.cancelled", "by": CLIENT})
    by_client = cancel(found, CLIENT, NOW_S, takes_fee=True)
    assert is_abandoned_slot(by_client) is is_dropped
    assert bool(mails_of(message, by_client)) is not is_dropped
    by_staff = cancel(found, "owner@demo.test", NOW_S, takes_fee=False)
    assert not is_abandoned_slot(by_staff)
    assert mails_of(message, by_staff)


# ------------------------------------------------------------------ names


@pytest.mark.parametrize(
    "name",
    [
        "http://evil.example", "HTTPS://EVIL", "evil.example", "see EVIL.EXAMPLE/claim",
        "www evil", "evil.xn--p1ai", "\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
        "evil\uff0eexample", "evil\u3002example", "evil\u2024example", "ev\u200bil.\u200bexample",
        "203.0.113.9", "mira@evil.example", "ftp://x", "Mira(evil.example)", "bit.ly",
    ],
)  # fmt: skip
def test_a_name_that_mail_programs_make_a_link_of(name: str) -> None:
    assert names_a_page(name)
    assert printed_name(booking(client=Client(name, "mira@example.com"))) == ""


@pytest.mark.parametrize(
    "name",
    [
        "Mira Lindqvist", "Dr. Meier", "J. R. R. Tolkien", "M.L.", "Prof. Dr. O'Neill-Smith, Jr.",
        "\u5c71\u7530 \u592a\u90ce", "Mira 2.0", "Wwwolf", "\u05de\u05d9\u05e8\u05d4",
    ],
)  # fmt: skip
def test_a_name_that_is_a_name(name: str) -> None:
    assert not names_a_page(name)
    assert printed_name(booking(client=Client(name, "mira@example.com"))) == name


def test_who_is_proved_or_known_to_staff_is_called_by_any_name() -> None:
    client = Client("evil.example", "mira@example.com")
    paid = booking(client=client, facts=Facts(charges={"ch_1": PAID}))
    assert printed_name(paid) == "evil.example"
    assert printed_name(booking(client=client, journal=BY_STAFF)) == "evil.example"
    assert printed_name(booking(client=None)) == ""


# ------------------------------------------------------------------ what was held back


def test_a_mail_that_was_held_back_stands_in_the_timeline_once() -> None:
    once = note_held_back(booking(), "confirmed", NOW_S)
    assert note_held_back(once, "confirmed", NOW_S + 60) == once
    twice = note_held_back(once, "cancelled", NOW_S + 60)
    entries = [
        entry for entry in staff_view(twice)["timeline"] if entry["what"] == "mail.held_back"
    ]
    assert [entry["by"] for entry in entries] == ["bookpay", "bookpay"]


def test_a_slot_waits_for_its_confirmation_until_the_visits_start_at_the_latest() -> None:
    soon = await_confirmation(booking(starts_at_s=NOW_S + 60), NOW_S)
    assert soon.terms
    assert soon.terms.hold_until_s == NOW_S + 60
