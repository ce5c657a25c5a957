"""The location that most tests are about."""

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
