"""A visit as an entry of a calendar (https://www.rfc-editor.org/rfc/rfc5545). Pure."""

from datetime import UTC, datetime

from msgspec import Struct

LINE_BYTES = 75
# What a calendar does with the entry. https://www.rfc-editor.org/rfc/rfc5546#section-3.2
PUBLISH, REQUEST, CANCEL = "PUBLISH", "REQUEST", "CANCEL"


class CalendarEntry(Struct, frozen=True):
    """One event; instants are in seconds since 1970, and texts "" where there is nothing to say.

    Of two with one `uid` the higher `sequence` counts. `description` has a line for each of its
    texts, and `contact` is how to reach the business.
    """

    uid: str
    sequence: int
    title: str
    place: str
    made_at_s: int
    starts_at_s: int
    ends_at_s: int
    description: tuple[str, ...] = ()
    contact: str = ""
    url: str = ""
    is_cancelled: bool = False


class Organizer(Struct, frozen=True):
    """Who publishes an entry by mail: a name, and the address that the mail comes from.

    Calendars take a cancellation from nobody else.
    https://www.rfc-editor.org/rfc/rfc6047#section-3
    """

    name: str
    email: str


def calendar_file(
    entry: CalendarEntry, organizer: Organizer | None = None, *, attendee: str = ""
) -> str:
    """Return an iCalendar file: to be acted on where it has an organizer, else to be kept.

    `PUBLISH` and `CANCEL` name their organizer (RFC 5546, 3.2.1 and 3.2.5). With an `attendee`, an
    e-mail address, it is a `REQUEST`: calendars take a new time by it (3.2.2). A file that somebody
    downloads is an entry of their own, which has neither (RFC 5545, 3.7.2 and 3.8.4.3). Texts are
    escaped, and lines are folded at 75 bytes, never within a character.
    """
    sent = CANCEL if entry.is_cancelled else REQUEST if attendee else PUBLISH
    method = [f"METHOD:{sent}"] if organizer else []
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Bookpay//EN",
        *method,
        "BEGIN:VEVENT",
        f"UID:{_text(entry.uid)}",
        f"SEQUENCE:{entry.sequence}",
        f"STATUS:{'CANCELLED' if entry.is_cancelled else 'CONFIRMED'}",
        *([_organizer(organizer)] if organizer else []),
        *([f"ATTENDEE;RSVP=FALSE:mailto:{attendee}"] if attendee else []),
        f"DTSTAMP:{_instant(entry.made_at_s)}",
        f"DTSTART:{_instant(entry.starts_at_s)}",
        f"DTEND:{_instant(entry.ends_at_s)}",
        f"SUMMARY:{_text(entry.title)}",
        f"LOCATION:{_text(entry.place)}",
        *([f"DESCRIPTION:{_lines(entry.description)}"] if entry.description else []),
        *([f"CONTACT:{_text(entry.contact)}"] if entry.contact else []),
        *([f"URL:{_uri(entry.url)}"] if entry.url else []),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _organizer(organizer: Organizer) -> str:
    # A quoted parameter can hold anything but quotes and control characters; a caret stands for
    # those. https://www.rfc-editor.org/rfc/rfc6868#section-3.1
    name = "".join(char for char in _one_line(organizer.name) if char.isprintable())
    quoted = name.replace("^", "^^").replace('"', "^'")
    return f'ORGANIZER;CN="{quoted}":mailto:{organizer.email}'


def _lines(texts: tuple[str, ...]) -> str:
    return "\\n".join(map(_text, texts))


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return _one_line(escaped)


def _uri(text: str) -> str:
    return "".join(text.split())


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _instant(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y%m%dT%H%M%SZ}"


def _folded(line: str) -> str:
    parts, part = [], ""
    for char in line:
        if len((part + char).encode()) > LINE_BYTES:
            parts.append(part)
            # A continuation line begins with a space, which counts.
            part = " "
        part += char
    return "\r\n".join([*parts, part])
