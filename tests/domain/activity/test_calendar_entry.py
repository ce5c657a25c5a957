"""A visit for a calendar: escaped, folded, in UTC."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.activity.calendar_entry import LINE_BYTES, PUBLISH, calendar_entry


def entry(title: str) -> str:
    return calendar_entry(
        method=PUBLISH,
        sequence=0,
        organizer="bookings@example.com",
        uid="bk_1@bookpay",
        title=title,
        place="Salon Aurora",
        made_at_s=1_795_000_000,
        starts_at_s=1_795_608_000,
        ends_at_s=1_795_611_600,
    )


def test_it_begins_and_ends_in_utc() -> None:
    lines = entry("Haircut").split("\r\n")
    assert "DTSTART:20261125T120000Z" in lines
    assert "DTEND:20261125T130000Z" in lines
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]


def test_text_ends_no_line_and_begins_no_property() -> None:
    text = entry("a;b,c\\d\r\nATTENDEE:mailto:eve@example.com")
    assert "SUMMARY:a\\;b\\,c\\\\d ATTENDEE:mailto:eve@example.com\r\n" in text
    assert "\r\nATTENDEE" not in text


@given(st.text(max_size=200))
def test_lines_are_short_and_unfold_to_what_was_written(title: str) -> None:
    text = entry(title)
    assert all(len(line.encode("utf-8", "surrogatepass")) <= LINE_BYTES
               for line in text.split("\r\n"))  # fmt: skip
    assert text.replace("\r\n ", "").count("SUMMARY:") >= 1
    assert len(text.replace("\r\n ", "").split("\r\n")) == 17
