"""The location that most tests are about."""

from copy import replace

from shared.domain.bookings.visit_host import VisitHost
from shared.domain.locations.location import Location

DEMO = Location(
    location_id="demo",
    name="Salon Demo",
    timezone="Europe/Berlin",
    currency="eur",
    country="DE",
    mode="test",
    created_at_s=1_767_225_600,
    locale="de",
)
HOST = VisitHost(DEMO)
# One that has said everything of itself, and somebody who works there.
REACHABLE = VisitHost(
    replace(
        DEMO,
        address="Torstraße 1, 10119 Berlin",
        phone="+49 30 1234-56",
        email="salon@example.com",
        website="https://salon.example/",
        imprint_url="https://salon.example/imprint",
        privacy_url="https://salon.example/privacy",
    ),
    "Anna Berg",
)
