"""A client's visit as a file for their calendar."""

from functions.serve_visit.own_booking import find
from shared.domain.activity.calendar_entry import CalendarEntry, calendar_file
from shared.domain.bookings.lifecycle import CANCELLED, CONFIRMED
from shared.domain.errors import Conflict, NotFound
from shared.entrypoints.failures import problem_of
from shared.entrypoints.http_api import (
    SAFE_HEADERS,
    Answer,
    Event,
    path_parameter,
    problem_answer,
    query_of,
    text_answer,
)
from shared.entrypoints.query_strings import QueryString
from shared.wording.language import language_of
from shared.wording.visit_calendar import visit_entry

# Its address opens the booking: it is told to nobody, and kept nowhere else.
HEADERS = {
    "content-type": "text/calendar; charset=utf-8",
    "content-disposition": 'attachment; filename="booking.ics"',
    "cache-control": "no-store",
    **SAFE_HEADERS,
}


def download(event: Event) -> Answer:
    """Answer `GET /public/bookings/{booking_id}/calendar.ics` with the visit's entry."""
    try:
        return text_answer(200, calendar_file(_entry(event)), HEADERS)
    except Exception as error:  # noqa: BLE001
        return problem_answer(problem_of(error))


def _entry(event: Event) -> CalendarEntry:
    """Return the entry of a visit that stands or was cancelled; raises `Problem`."""
    found = find(path_parameter(event, "booking_id"), query_of(event).get("token", ""))
    if found is None:
        raise NotFound(
            "There is no such booking, or the token is not its own.", code="booking_not_found"
        )
    QueryString.of(event).expect_only("token")
    host, booking = found
    entry = visit_entry(booking, host, language_of(host.location, booking.timezone))
    if entry is None or booking.status not in (CONFIRMED, CANCELLED):
        raise Conflict("This booking is in no calendar.", code="no_calendar_entry")
    return entry
