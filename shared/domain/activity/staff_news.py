"""Mails to members of the staff about bookings: made, moved, cancelled, as each has chosen. Pure.

They have no more of the client than a name: everything else is in the console.
"""

from collections.abc import Iterator

from shared.domain.activity.mail import Mail, Rows, Value
from shared.domain.activity.mail_parts import fact_of_end
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.lifecycle import CANCELLED, CONFIRMED
from shared.domain.bookings.proved_address import printed_name
from shared.domain.dates.instants import Moment, read_rfc3339
from shared.domain.locations.members import News
from shared.domain.messages.booking_changed import (
    BookingChanged,
    Cancellation,
    Change,
    Moving,
    VisitChange,
)

type _Told = tuple[News, Change]


def news_in(message: BookingChanged) -> tuple[News, ...]:
    """Return which kinds of news a message has for staff, of those that they can choose."""
    return tuple(dict.fromkeys(kind for kind, _ in _told(message)))


def news_mails(message: BookingChanged, booking: Booking) -> list[tuple[News, Mail]]:
    """Return the mails that a message leads to, each with its kind; none of what is over."""
    starts_at_s = booking.starts_at_s
    if starts_at_s is None:
        return []
    found = (_mail(each, booking, starts_at_s) for each in _told(message))
    return [each for each in found if each]


def _told(message: BookingChanged) -> Iterator[_Told]:
    for change in message.happened:
        match change:
            case VisitChange(what="booking.confirmed"):
                yield "new", change
            case Moving():
                yield "moved", change
            # Nobody was told of a slot that was given up before it was paid.
            case Cancellation() if message.previous_status == CONFIRMED:
                yield "cancelled", change


def _mail(told: _Told, booking: Booking, starts_at_s: int) -> tuple[News, Mail] | None:
    kind, change = told
    match change:
        case Moving():
            fact, said = f"moved#{len(booking.moves)}", f"staff_moved.by_{change.by}"
            before: Rows = (("was", Moment(read_rfc3339(change.from_))),)
        case Cancellation():
            fact, said = fact_of_end("cancelled", booking), f"staff_cancelled.by_{change.by}"
            before = ()
        case _:
            fact, said, before = "new", "staff_new.text", ()
    if booking.status != (CANCELLED if kind == "cancelled" else CONFIRMED):
        return None
    name, when = printed_name(booking), Moment(starts_at_s)
    rows: Rows = (
        ("what", booking.description),
        *before,
        ("when", when),
        *((("client", name),) if name else ()),
    )
    values: dict[str, Value] = {"what": booking.description, "when": when}
    return kind, Mail(f"staff_{kind}", fact, (said,), rows, values)
