"""A visit for a calendar: escaped, folded, in UTC; a mail's is published, a file's is one's own."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.activity.calendar_entry import (
    LINE_BYTES,
    CalendarEntry,
    Organizer,
    calendar_file,
)

SALON = Organizer("Salon Aurora", "bookings@example.com")
EVE = "x\r\nATTENDEE:mailto:eve@example.com"


def entry(title: str = "Haircut", **more: Any) -> CalendarEntry:
    made: dict[str, Any] = {
        "uid": "bk_1@bookpay",
        "sequence": 0,
        "title": title,
        "place": "Salon Aurora",
        "made_at_s": 1_795_000_000,
        "starts_at_s": 1_795_608_000,
        "ends_at_s": 1_795_611_600,
    }
    return CalendarEntry(**made | more)


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


def test_it_begins_and_ends_in_utc() -> None:
    lines = calendar_file(entry(), SALON).split("\r\n")
    assert "DTSTART:20261125T120000Z" in lines
    assert "DTEND:20261125T130000Z" in lines
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]


def test_text_ends_no_line_and_begins_no_property() -> None:
    text = calendar_file(entry("a;b,c\\d\r\nATTENDEE:mailto:eve@example.com"), SALON)
    assert "SUMMARY:a\\;b\\,c\\\\d ATTENDEE:mailto:eve@example.com\r\n" in text
    assert "\r\nATTENDEE" not in text


def test_an_address_has_no_space_in_it_whatever_it_was_made_of() -> None:
    lines = unfolded(calendar_file(entry(url="https://x.example/b\r\nk 1"), SALON))
    assert "URL:https://x.example/bk1" in lines


@pytest.mark.parametrize(
    "more",
    [
        {"uid": EVE},
        {"title": EVE},
        {"place": EVE},
        {"description": (EVE, EVE)},
        {"contact": EVE},
        {"url": EVE},
    ],
    ids=lambda more: next(iter(more)),
)
def test_no_text_of_anybodys_is_a_line_of_its_own(more: dict[str, Any]) -> None:
    lines = unfolded(calendar_file(entry(**more), Organizer(EVE, "a@example.com")))
    assert not [line for line in lines if line.startswith("ATTENDEE")]


def test_a_description_has_its_lines_and_each_is_escaped() -> None:
    text = calendar_file(entry(description=("With Anna; Ben", "+49 30 1, 2")))
    assert r"DESCRIPTION:With Anna\; Ben\n+49 30 1\, 2" in unfolded(text)


def test_a_mails_entry_names_its_organizer_and_says_what_to_do_with_it() -> None:
    lines = unfolded(calendar_file(entry(), Organizer('Caf\u00e9 "Zoe" ^2; x:y', "a@example.com")))
    assert "METHOD:PUBLISH" in lines
    assert "ORGANIZER;CN=\"Caf\u00e9 ^'Zoe^' ^^2; x:y\":mailto:a@example.com" in lines
    cancelled = unfolded(calendar_file(entry(is_cancelled=True, sequence=1), SALON))
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:1"} <= set(cancelled)


def test_a_file_of_ones_own_has_neither() -> None:
    """https://www.rfc-editor.org/rfc/rfc5545#section-3.8.4.3: not of a single user's calendar."""
    text = calendar_file(entry())
    assert "METHOD" not in text
    assert "ORGANIZER" not in text
    assert "STATUS:CONFIRMED" in unfolded(text)


@given(st.text(max_size=200), st.text(max_size=100))
def test_lines_are_short_and_unfold_to_what_was_written(title: str, name: str) -> None:
    text = calendar_file(entry(title, description=(title,)), Organizer(name, "a@example.com"))
    assert all(len(line.encode()) <= LINE_BYTES for line in text.split("\r\n"))
    lines = unfolded(text)
    assert len(lines) == 18
    assert len([line for line in lines if re.match("SUMMARY:", line)]) == 1
