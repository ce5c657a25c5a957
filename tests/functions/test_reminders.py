"""Reminders as they go out: once for each time of a visit, with its client's links."""

import time
from copy import replace
from typing import Any

import pytest

from shared.adapters.booking_store import BookingStore
from shared.adapters.location_store import LocationStore
from shared.adapters.mail_stops import MailStops, address_digest
from shared.config import load_config
from shared.domain.bookings.booking import Booking
from shared.domain.dates.instants import HOUR_S, rfc3339
from shared.domain.link_tokens import derive_client_token, derive_token
from shared.domain.messages.envelopes import envelope_of
from shared.domain.visits.reminders import reminder_order
from tests.functions.test_send_mail import KEY, MIRA, Post, plain
from tests.functions.test_send_mail import booking as online_booking
from tests.functions.test_send_mail import post as post  # noqa: PLC0414
from tests.surroundings.fixtures import DEMO

pytestmark = pytest.mark.enable_socket
DAILY = replace(DEMO, reminder_hours_before=24)


def booking(in_hours: float = 24, **changed: Any) -> Booking:
    starts_at_s = int(time.time() + in_hours * HOUR_S)
    return online_booking(starts_at_s=starts_at_s, ends_at_s=starts_at_s + 5400, links=1, **changed)


def order_of(booking: Booking) -> dict[str, Any]:
    starts_at = rfc3339(booking.starts_at_s or 0)
    order = reminder_order(DAILY, booking.booking_id, starts_at, int(time.time()))
    return envelope_of(order)


@pytest.fixture(autouse=True)
def _daily(places: LocationStore) -> None:
    places.save_location(DAILY)


def test_a_reminder_has_the_links_what_is_due_and_the_policy_and_goes_once(post: Post) -> None:
    made = booking()
    post.keep(made)
    order = order_of(made)
    assert post.deliver(order, order) == []
    assert post.deliver(order) == []
    [mail] = post.sent()
    assert mail["Subject"] == "[TEST] Erinnerung: Ihr Termin bei Salon Demo"
    assert mail["To"] == MIRA.email
    token, link = derive_client_token(KEY, "bk_1"), derive_token(KEY, "demo", "bk_1", 1)
    for fact in (f"https://pay.example.com/visit/bk_1/{token}", f"https://pay.example.com/pay/{link}",
                 "84,00 € zahlen", "Noch zu zahlen: 84,00 €", "Free until Tue 11:00",
                 "sagen Sie bitte"):  # fmt: skip
        assert fact in plain(mail), fact


def test_where_no_payments_are_taken_by_link_the_reminder_offers_none(
    post: Post, places: LocationStore
) -> None:
    places.save_location(replace(DAILY, visit_link_enabled=False))
    post.keep(booking())
    post.deliver(order_of(booking()))
    [mail] = post.sent()
    assert "/pay/" not in plain(mail)
    assert "Schaltfläche" not in plain(mail)
    assert "Noch zu zahlen: 84,00 €" in plain(mail)


def test_a_visit_that_was_moved_is_reminded_of_at_its_new_time_alone(
    post: Post, store: BookingStore
) -> None:
    was, now = booking(), booking(30)
    post.keep(was)
    post.deliver(order_of(was))
    store.change("demo", "bk_1", lambda found: replace(found, starts_at_s=now.starts_at_s))
    post.deliver(order_of(was), order_of(now))
    first, second = post.sent()
    assert plain(first) != plain(second)


def test_a_reminder_of_what_is_over_or_switched_off_is_not_sent(
    post: Post, places: LocationStore
) -> None:
    post.keep(booking(-1))
    post.deliver(order_of(booking(-1)))
    post.keep(booking(booking_id="bk_2"))
    places.save_location(DEMO)
    post.deliver(order_of(booking(booking_id="bk_2")))
    assert post.sent() == []


def test_an_address_that_is_stopped_gets_no_reminder(post: Post) -> None:
    MailStops(load_config()).stop("demo", address_digest(MIRA.email), "Permanent/General", 1)
    post.keep(booking())
    assert post.deliver(order_of(booking())) == []
    assert post.sent() == []
