"""A booking's visit as a calendar's entry, in the language of the location's clients."""

from shared.domain.activity.calendar_entry import CalendarEntry
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.journal import REOPENED
from shared.domain.bookings.lifecycle import CANCELLED
from shared.domain.bookings.move import MOVED
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.stripe_facts.json_reader import web_address
from shared.wording.language import Language, one_line

# The journal entries that change a visit in a calendar: each adds one to its SEQUENCE.
CALENDAR_CHANGES = frozenset({"booking.cancelled", REOPENED, MOVED})


def visit_entry(booking: Booking, host: VisitHost, language: Language) -> CalendarEntry | None:
    """Return the entry of a visit, `None` for a sale, which has no time.

    It has nothing that opens the client's page: people show their calendars to others.
    """
    if booking.starts_at_s is None:
        return None
    location = host.location
    changes = [each.at_s for each in booking.journal if each.what in CALENDAR_CHANGES]
    facts = {"what": booking.description, "place": location.name, "who": host.employee_name}
    said = [language.say("calendar.with", facts)] if host.employee_name else []
    return CalendarEntry(
        uid=f"{booking.booking_id}@bookpay",
        sequence=len(changes),
        title=one_line(language.say("calendar.title", facts)),
        place=_joined(location.name, location.address),
        made_at_s=max([booking.created_at_s, *changes]),
        starts_at_s=booking.starts_at_s,
        ends_at_s=booking.ends_at_s or booking.starts_at_s,
        description=(*map(one_line, said), *filter(None, (location.phone, location.email))),
        contact=_joined(location.name, location.phone, location.email),
        url=web_address(location.website),
        is_cancelled=booking.status == CANCELLED,
    )


def _joined(*texts: str) -> str:
    return ", ".join(one_line(each) for each in texts if each)
