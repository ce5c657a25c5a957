"""A location's zone is changed after a booking: its times mean the same on every page and paper."""

from copy import replace

import pytest

from functions.send_mail.client import Addresses, letter_to_client
from functions.send_mail.write import write
from functions.serve_visit.view import ask_page, own_page
from shared.domain.activity.client_mails import mails_of
from shared.domain.activity.client_view import client_view
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking_document import booking_from_dict, booking_to_dict
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.disputes.evidence import Case
from shared.domain.locations.location import Location
from tests.domain.activity.test_client_mails import STARTS_S, booking
from tests.messages import changed
from tests.surroundings.demo_location import HOST
from tests.surroundings.fixtures import DEMO
from tests.surroundings.salon import Salon

NOW_S = STARTS_S - 60 * 3600
MOVED = replace(DEMO, timezone="America/New_York")
BOOKED = booking(timezone=DEMO.timezone)


def shown(place: Location) -> list[object]:
    """Return what the client's page, the question before cancelling, and a mail show."""
    [mail] = mails_of(changed({"what": "booking.confirmed"}), BOOKED)
    addresses, sender = Addresses("https://x.example"), "a@example.com"
    message = write(letter_to_client(mail, VisitHost(place), BOOKED, addresses, sender), sender)
    text = message.get_body(("plain",))
    assert text
    return [
        own_page(VisitHost(place), BOOKED, NOW_S).rows,
        ask_page(VisitHost(place), BOOKED, NOW_S).rows,
        text.get_content(),
    ]


def test_pages_and_mails_keep_the_zone_in_which_the_terms_were_accepted() -> None:
    assert shown(DEMO) == shown(MOVED)
    older = replace(BOOKED, timezone="")
    page = own_page(VisitHost(MOVED), older, NOW_S)
    assert page.rows != own_page(HOST, older, NOW_S).rows, "an older item has no zone of its own"


def test_the_evidence_keeps_it_too() -> None:
    case = Case(MOVED, BOOKED, dispute=None)  # type: ignore[arg-type]
    assert case.moment(STARTS_S).endswith("UTC+01:00")


@pytest.mark.enable_socket
@pytest.mark.usefixtures("at_stripe")
def test_the_zone_is_kept_with_the_booking_and_told(salon: Salon) -> None:
    made = salon.booked("talk", employee_id="nora")
    assert made["timezone"] == "Europe/Berlin"
    salon.set_location(timezone="America/New_York")
    assert salon.looked(made)["timezone"] == "Europe/Berlin"
    found = salon.stored(made)
    assert staff_view(found)["timezone"] == "Europe/Berlin"
    assert booking_from_dict(booking_to_dict(found)) == found
    assert client_view(replace(found, timezone=""), NOW_S, HOST)["timezone"] is None
