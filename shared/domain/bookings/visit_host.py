"""Who receives a booking's client. Pure."""

from msgspec import Struct

from shared.domain.locations.location import Location


class VisitHost(Struct, frozen=True):
    """The location of a booking, and the name of its employee, "" where it has none.

    Both are as they are now: a name that was corrected is right in every later mail and page, and
    one who was taken out of the catalogue is named no more.
    """

    location: Location
    employee_name: str = ""
