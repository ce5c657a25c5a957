"""A location: one salon, clinic or studio with one Stripe account. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Location:
    """What a location has set; keys and secrets are not in it.

    `mode` is `test` or `live` and follows from the keys; `timezone` is an IANA name.
    """

    location_id: str
    name: str
    timezone: str
    currency: str
    country: str
    mode: str
    created_at_s: int
    locale: str = "en"
    online_booking_enabled: bool = True
    visit_link_enabled: bool = True


def location_to_dict(location: Location) -> dict[str, Any]:
    """Return the location in plain JSON types."""
    return asdict(location)


def location_from_dict(document: Mapping[str, Any]) -> Location:
    """Return the location that `location_to_dict` wrote."""
    return Location(**document)
