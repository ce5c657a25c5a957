"""Whoever stands on `booking.changed` can tell which one is newer, and whether one is missing."""

from copy import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.activity.messages import messages_of
from shared.domain.activity.sequence import numbered
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict, booking_to_dict
from shared.domain.bookings.journal import JournalEntry
from shared.domain.messages.booking_changed import BookingChanged
from shared.domain.visits.end_visit import cancel
from tests.domain.builders import NOW_S
from tests.domain.money_world import World, booked


def reports(before: Booking | None, after: Booking) -> int:
    found = messages_of(before, after, "v2", NOW_S)
    return sum(isinstance(each, BookingChanged) for each in found)


def test_the_first_report_of_a_booking_is_number_one() -> None:
    made = JournalEntry("bk_1-created", NOW_S, "booking.created", "client")
    online = booked(journal=(made,))
    assert numbered(None, online).sequence == reports(None, online) == 1
    # Who made it at the desk knows.
    at_desk = booked(journal=(replace(made, by="maria@example.com"),))
    assert numbered(None, at_desk).sequence == reports(None, at_desk) == 0


def test_what_is_not_reported_has_no_number() -> None:
    waiting = booked(status="awaiting_payment")
    assert numbered(None, waiting).sequence == reports(None, waiting) == 0
    noted = replace(booked(), note="Window seat", sequence=3)
    assert numbered(booked(sequence=3), noted).sequence == 3


def test_a_change_counts_from_what_was_stored_whatever_the_caller_has_in_hand() -> None:
    stored = booked(sequence=4)
    ended = replace(cancel(stored, "client", NOW_S, takes_fee=True), sequence=99)
    assert numbered(stored, ended).sequence == 5


def test_the_number_is_stored_with_the_booking() -> None:
    assert booking_from_dict(booking_to_dict(booked(sequence=7))).sequence == 7


@given(st.permutations(range(6)))
@settings(max_examples=40)
def test_every_report_has_the_next_number_whatever_the_order_of_events(order: list[int]) -> None:
    world = World(booked())
    payment = world.pays()
    payment.settle()
    payment.refund(2_000)
    seen = [world.booking.sequence]
    events = payment.events
    for place in (each % len(events) for each in order):
        before = world.booking
        world.hear(events[place])
        assert world.booking.sequence - before.sequence == reports(before, world.booking)
        seen.append(world.booking.sequence)
    assert seen == sorted(seen)
