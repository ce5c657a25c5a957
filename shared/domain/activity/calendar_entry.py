"""A visit as an entry of a calendar (https://www.rfc-editor.org/rfc/rfc5545). Pure."""

from datetime import UTC, datetime

LINE_BYTES = 75
# What a calendar does with the entry. https://www.rfc-editor.org/rfc/rfc5546#section-3.2
PUBLISH, CANCEL = "PUBLISH", "CANCEL"
_STATUS = {PUBLISH: "CONFIRMED", CANCEL: "CANCELLED"}


def calendar_entry(
    *,
    method: str,
    sequence: int,
    uid: str,
    title: str,
    place: str,
    organizer: str,
    made_at_s: int,
    starts_at_s: int,
    ends_at_s: int,
) -> str:
    """Return an iCalendar file with one event; instants are in seconds since 1970.

    `method` adds the event or removes it; of two with one `uid` the higher `sequence` counts.
    `organizer` is an e-mail address. Texts are escaped, and lines are folded at 75 bytes, never
    within a character.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Bookpay//EN",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{_text(uid)}",
        f"SEQUENCE:{sequence}",
        f"STATUS:{_STATUS[method]}",
        f"ORGANIZER:mailto:{organizer}",
        f"DTSTAMP:{_instant(made_at_s)}",
        f"DTSTART:{_instant(starts_at_s)}",
        f"DTEND:{_instant(ends_at_s)}",
        f"SUMMARY:{_text(title)}",
        f"LOCATION:{_text(place)}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return " ".join(escaped.split())


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
