"""When a client is reminded of a visit, and whether that still holds. Pure.

Every hour a tick orders what is due in the next two, each order for its own instant. So two ticks
order each visit, by one name for one instant, and make one order: a tick that is missed is made up
for, and one that comes twice changes nothing.
"""

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.journal import REOPENED
from shared.domain.bookings.lifecycle import CONFIRMED
from shared.domain.bookings.move import MOVED
from shared.domain.dates.instants import HOUR_S, read_rfc3339, rfc3339
from shared.domain.locations.location import Location
from shared.domain.messages.mail_orders import SendReminder

# How far ahead a tick orders: one of them may be missed.
ORDERED_AHEAD_S = 2 * HOUR_S
# What puts a visit where it is, besides making it.
PLACING = frozenset({MOVED, REOPENED})


def starts_to_order(location: Location, now_s: int) -> tuple[int, int] | None:
    """Return the bounds of the starts, `[from, to)`, of whose visits reminders are ordered now.

    In seconds since 1970; `None` where the location reminds nobody.
    """
    if location.reminder_hours_before is None:
        return None
    first_s = now_s + location.reminder_hours_before * HOUR_S
    return first_s, first_s + ORDERED_AHEAD_S


def reminder_order(location: Location, booking_id: str, starts_at: str, now_s: int) -> SendReminder:
    """Return the order to remind of a visit that begins at an instant, for when that is due."""
    hours = location.reminder_hours_before or 0
    return SendReminder(
        message_id=f"{booking_id}-reminder-{starts_at}",
        occurred_at=rfc3339(now_s),
        location_id=location.location_id,
        booking_id=booking_id,
        starts_at=starts_at,
        due_s=read_rfc3339(starts_at) - hours * HOUR_S,
    )


def is_reminder_due(order: SendReminder, booking: Booking, location: Location, now_s: int) -> bool:
    """Whether a client is to be reminded of the visit that an order is about.

    Not where it was moved, cancelled or has begun, nor where reminders were switched off. Not where
    it was made, or put where it is, after its reminder was due: a mail has just said when it is.
    """
    starts_at_s = read_rfc3339(order.starts_at)
    placed = (each.at_s for each in booking.journal if each.what in PLACING)
    return (
        location.reminder_hours_before is not None
        and booking.status == CONFIRMED
        and booking.starts_at_s == starts_at_s
        and now_s < starts_at_s
        and max([booking.created_at_s, *placed]) <= (order.due_s or 0)
    )
