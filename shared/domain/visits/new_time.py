"""Where a visit is to be moved, and whether a client could book that time. Pure."""

from collections.abc import Sequence
from copy import replace

from msgspec import Struct

from shared.domain.bookings.booking import Booking
from shared.domain.calendar.intervals import Interval, TakenTime
from shared.domain.calendar.slots import BookingWindow, Unavailable, is_offered
from shared.domain.catalogue.services import Employee, Service
from shared.domain.dates.instants import MINUTE_S
from shared.domain.errors import Conflict, InvalidInput, NotFound
from shared.domain.locations.location import Location
from shared.domain.mistakes import mistake


class NewTime(Struct, frozen=True):
    """Where a visit is to be moved; `None` is what stays. `starts_at_s` is in seconds since 1970.

    With `allow_overlap` the time is taken even if somebody else has it.
    """

    starts_at_s: int
    employee_id: str | None = None
    service_id: str | None = None
    allow_overlap: bool = False


class Place(Struct, frozen=True):
    """What the location has for the visit as it is to be; `None` for what is not there.

    In `off` the employee is away, or the location closed.
    """

    location: Location
    service: Service | None = None
    employee: Employee | None = None
    off: Sequence[Interval] = ()


def is_there(booking: Booking, asked: NewTime) -> bool:
    """Whether the visit is there already."""
    return (
        asked.starts_at_s == booking.starts_at_s
        and asked.employee_id in (None, booking.employee_id)
        and asked.service_id in (None, booking.service_id)
    )


def own_time(booking: Booking, starts_at_s: int) -> TakenTime | None:
    """Return the time of the visit from another start on; `None` if its length is not known."""
    if booking.starts_at_s is None or booking.ends_at_s is None:
        return None
    length_s = booking.ends_at_s - booking.starts_at_s
    visit = Interval(starts_at_s, starts_at_s + length_s)
    return TakenTime(visit, booking.buffer_before_s, booking.buffer_after_s)


def check_offered(
    booking: Booking, asked: NewTime, place: Place, time: TakenTime, now_s: int
) -> None:
    """Raise unless a client could book this time for the visit as it is.

    `NotFound` `employee_not_found`, `InvalidInput` `slot_not_offered`, and `Conflict`
    `not_reschedulable` where its service is gone.
    """
    employee_id = asked.employee_id or booking.employee_id or ""
    if place.service is None:
        raise not_reschedulable("The service is not offered any more: ask the business.")
    if place.employee is None or not place.service.is_done_by(employee_id):
        raise NotFound("This employee does not do this service.", code="employee_not_found")
    length_minutes = (time.visit.end_s - time.visit.start_s) // MINUTE_S
    as_booked = replace(place.service, duration_minutes=length_minutes)
    window = BookingWindow.of(place.location)
    is_bookable = place.location.online_booking_enabled and is_offered(
        place.employee, time.visit.start_s, window, as_booked, now_s
    )
    if not is_bookable or not Unavailable(off=place.off).allows(time):
        detail = "Nobody can be booked at this time."
        errors = [mistake("/starts_at", "must be one of the times that are offered")]
        raise InvalidInput(detail, code="slot_not_offered", errors=errors)


def not_reschedulable(detail: str) -> Conflict:
    """Return that a visit cannot be moved."""
    return Conflict(detail, code="not_reschedulable")
