"""A member of staff who acts at a location, and what their actions leave in the records."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from shared.adapters.audit_log import audit_put
from shared.adapters.booking_store import write_nothing_else
from shared.adapters.bookings_table import Put
from shared.domain.bookings.authorship import Person, signed
from shared.domain.bookings.booking import Booking
from shared.domain.locations.audit import MAX_VALUE_CHARS
from shared.domain.locations.location import Location

type Also = Callable[[Booking, Booking], Sequence[Put]]


class Staff(Struct, frozen=True):
    """A caller at a location, as their membership there says: their proved address, their roles."""

    user_id: str
    email: str
    roles: frozenset[str]
    location: Location

    @property
    def person(self) -> Person:
        """Return who they are in a booking's records."""
        return Person(self.user_id, self.email)

    def signing(self, change: Callable[[Booking], Booking]) -> Callable[[Booking], Booking]:
        """Return a change of a booking that records who made it."""
        return lambda booking: signed(booking, change(booking), self.person)

    def recording(self, what: str, also: Also = write_nothing_else, **ids: str) -> Also:
        """Return what a change of a booking writes beside it: its audit entry, and `also`."""
        entry = audit_of(self, what, **ids)
        return lambda before, after: [entry, *also(before, after)]


def audit_of(staff: Staff, what: str, **ids: str) -> Put:
    """Return the write of an audit entry for what somebody does now, under their membership's name.

    Ids from a URL are cut to the length of an audit value: a longer one is nobody's id.
    """
    told = {name: own_id[:MAX_VALUE_CHARS] for name, own_id in ids.items()}
    return audit_put(
        staff.location.location_id, user_id=staff.user_id, email=staff.email, what=what, ids=told
    )
