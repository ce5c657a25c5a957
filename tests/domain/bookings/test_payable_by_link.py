"""Which bookings a client may pay by link where the location has switched links for visits off."""

from copy import replace

import pytest

from shared.domain.bookings.booking import Booking
from shared.domain.locations.location import Location
from shared.domain.visits.end_visit import mark_no_show
from tests.domain.money_world import STARTS_S, booked

LINKS_ON = Location("demo", "Demo", "Europe/Berlin", "eur", "DE", "test", 0)
LINKS_OFF = replace(LINKS_ON, visit_link_enabled=False)


def fee_owed() -> Booking:
    return mark_no_show(booked(), "marta@example.com", STARTS_S, takes_fee=True)


@pytest.mark.parametrize(
    ("booking", "is_payable"),
    [
        pytest.param(booked(), False, id="a visit"),
        pytest.param(booked(status="completed"), False, id="a visit that is over"),
        pytest.param(booked(status="awaiting_payment"), True, id="a slot would be lost"),
        pytest.param(fee_owed(), True, id="a fee would not be paid"),
    ],
)
def test_switched_off_links_are_those_of_visits(booking: Booking, is_payable: bool) -> None:
    assert booking.is_payable_by_link(LINKS_ON)
    assert booking.is_payable_by_link(LINKS_OFF) is is_payable


@pytest.mark.parametrize(
    ("booking", "now_s", "is_ahead"),
    [
        (booked(), STARTS_S - 1, True),
        (booked(), STARTS_S, False),
        (booked(starts_at_s=None), 0, False),
        (booked(status="cancelled"), 0, False),
    ],
)
def test_what_is_ahead(booking: Booking, now_s: int, is_ahead: bool) -> None:
    assert booking.is_ahead(now_s) is is_ahead
