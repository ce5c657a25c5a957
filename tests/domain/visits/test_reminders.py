"""Who is reminded of a visit, and when: for every way in which a visit can have changed since."""

from copy import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.journal import JournalEntry
from shared.domain.dates.instants import HOUR_S, rfc3339
from shared.domain.messages.mail_orders import SendReminder
from shared.domain.visits.reminders import (
    ORDERED_AHEAD_S,
    is_reminder_due,
    reminder_order,
    starts_to_order,
)
from tests.domain.activity.test_client_mails import STARTS_S, booking
from tests.surroundings.demo_location import DEMO

DAILY = replace(DEMO, reminder_hours_before=24)
DUE_S = STARTS_S - 24 * HOUR_S


def ordered(booking: Booking) -> SendReminder:
    return reminder_order(DAILY, booking.booking_id, rfc3339(STARTS_S), DUE_S - HOUR_S)


def test_the_order_is_for_the_hours_before_to_the_second() -> None:
    order = ordered(booking())
    assert (order.due_s, order.starts_at) == (DUE_S, rfc3339(STARTS_S))
    assert is_reminder_due(order, booking(), DAILY, DUE_S)


def test_a_location_that_reminds_nobody_orders_nothing() -> None:
    assert starts_to_order(DEMO, DUE_S) is None


@given(
    hours=st.integers(1, 168), missed=st.sampled_from([(), (1,), (3,)]), start=st.integers(0, 7199)
)
def test_every_visit_is_ordered_by_ticks_of_every_hour_though_one_is_missed(
    hours: int, missed: tuple[int, ...], start: int
) -> None:
    location = replace(DEMO, reminder_hours_before=hours)
    ticks = [1_800_000_000 + number * HOUR_S for number in range(5) if number not in missed]
    starts_at_s = ticks[0] + hours * HOUR_S + ORDERED_AHEAD_S + start
    orders = set()
    for now_s in ticks:
        bounds = starts_to_order(location, now_s)
        assert bounds
        if bounds[0] <= starts_at_s < bounds[1]:
            order = reminder_order(location, "bk_1", rfc3339(starts_at_s), now_s)
            assert order.due_s is not None
            assert order.due_s >= now_s, "nobody is reminded late"
            orders.add((order.message_id, order.due_s))
    assert len(orders) == 1, "one order, under one name for one instant"


CHANGED: dict[str, dict[str, Any]] = {
    "cancelled": {"status": "cancelled"},
    "expired": {"status": "expired"},
    "not paid yet": {"status": "awaiting_payment"},
    "moved away": {"starts_at_s": STARTS_S + HOUR_S},
    "without a time": {"starts_at_s": None},
    "made inside the hours": {"created_at_s": DUE_S + 1},
    "moved inside the hours": {
        "journal": (JournalEntry("j", DUE_S + 1, "booking.moved", "b@x.de"),)
    },
    "put back inside the hours": {
        "journal": (JournalEntry("j", DUE_S + 1, "booking.reopened", "b@x.de"),)
    },
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_nobody_is_reminded_of_what_is_not_so_or_was_said_a_moment_ago(
    change: dict[str, Any],
) -> None:
    assert not is_reminder_due(ordered(booking()), booking(**change), DAILY, DUE_S)


def test_who_was_put_back_before_is_reminded() -> None:
    known = JournalEntry("j", DUE_S, "booking.reopened", "b@x.de")
    assert is_reminder_due(ordered(booking()), booking(journal=(known,)), DAILY, DUE_S)


def test_a_late_tick_reminds_until_the_visit_begins_and_not_after() -> None:
    order = ordered(booking())
    assert is_reminder_due(order, booking(), DAILY, STARTS_S - 1)
    assert not is_reminder_due(order, booking(), DAILY, STARTS_S)


def test_whoever_switches_reminders_off_ends_those_that_wait() -> None:
    assert not is_reminder_due(ordered(booking()), booking(), DEMO, DUE_S)
