"""What clients read: every language says the same, and no figure is lost on the way."""

import re
import string
from collections.abc import Mapping
from copy import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.dates.instants import Moment
from shared.domain.locales import LANGUAGES
from shared.domain.locations.location import Location
from shared.domain.money.money import Money, exponent
from shared.wording import disputes, english, invitations, pay_pages, troubles
from shared.wording.language import TEXTS, language_of, one_line

BERLIN = Location(
    location_id="demo",
    name="Salon Aurora",
    timezone="Europe/Berlin",
    currency="eur",
    country="DE",
    mode="test",
    created_at_s=1,
)
MIRA = "\u05de\u05d9\u05e8\u05d4"
NOON_S = 1_795_608_000  # 2026-11-25 12:00 UTC


def quoted(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("texts", [TEXTS, pay_pages.TEXTS])
def test_every_language_has_every_sentence_with_the_same_facts(
    texts: Mapping[str, Mapping[str, str]], tag: str
) -> None:
    english, other = texts["en"], texts[tag]
    assert other.keys() == english.keys()
    for name, text in other.items():
        assert quoted(text) == quoted(english[name]), name
        assert text.strip() == text
        assert text


def test_no_two_subjects_have_a_sentence_of_the_same_name() -> None:
    subjects = [english.TEXTS, disputes.ENGLISH, invitations.ENGLISH, troubles.ENGLISH]
    assert len(TEXTS["en"]) == sum(map(len, subjects))


@pytest.mark.parametrize(
    ("locale", "country", "money", "moment"),
    [
        ("en", "DE", "€1,234.50", "Wednesday, 25 November 2026, 13:00"),
        ("en", "US", "€1,234.50", "Wednesday, November 25, 2026, 1:00 PM"),
        ("en-GB", "DE", "€1,234.50", "Wednesday, 25 November 2026, 13:00"),
        ("de", "DE", "1.234,50 €", "Mittwoch, 25. November 2026, 13:00"),
        ("de-AT", "AT", "€ 1.234,50", "Mittwoch, 25. November 2026, 13:00"),
        ("fr", "FR", "€1,234.50", "Wednesday, 25 November 2026, 13:00"),
        ("de", "XX", "1.234,50 €", "Mittwoch, 25. November 2026, 13:00"),
    ],
)
def test_money_and_times_are_written_as_people_there_do(
    locale: str, country: str, money: str, moment: str
) -> None:
    language = language_of(replace(BERLIN, locale=locale, country=country))
    plain = re.sub(r"[\u00a0\u202f]", " ", language.show(Money(123450, "eur")))
    assert plain == money
    assert re.sub(r"[\u00a0\u202f]", " ", language.show(Moment(NOON_S))) == moment


def test_an_hour_that_comes_twice_is_told_with_its_offset() -> None:
    language = language_of(BERLIN)
    first, second = (language.show(Moment(1_792_888_200 + hour * 3600)) for hour in (0, 1))
    assert first.endswith("02:30 (UTC+02:00)")
    assert second.endswith("02:30 (UTC+01:00)")


# The first look at a locale reads its data.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(-(10**12), 10**12),
    st.sampled_from(["eur", "jpy", "kwd", "isk", "huf", "ugx", "twd", "xof"]),
    st.sampled_from(["en", "de", "de-CH"]),
)
def test_no_digit_of_a_sum_is_lost(amount_minor: int, currency: str, locale: str) -> None:
    shown = language_of(replace(BERLIN, locale=locale)).money(Money(amount_minor, currency))
    digits = "".join(char for char in shown if char.isdecimal())
    wanted = abs(Decimal(amount_minor).scaleb(-exponent(currency)))
    assert digits.rstrip("0").lstrip("0") == str(wanted).replace(".", "").rstrip("0").lstrip("0")
    assert ("-" in shown or "\u2212" in shown) == (amount_minor < 0)


@given(st.text())
def test_somebodys_text_stays_one_line_and_turns_nothing(text: str) -> None:
    line = one_line(text)
    assert line.splitlines() in ([], [line])
    assert not set(line) & set("\r\n\x00\u2028\u202e\u2066\u2069")
    line.encode()


def test_a_name_from_right_to_left_keeps_its_direction_to_itself() -> None:
    language = language_of(BERLIN)
    said = language.say("received.text", {"name": MIRA})
    assert said == f"Hello \u2068{MIRA}\u2069, your payment has arrived."
    assert "\u2068" not in language.say("received.text", {"name": "Mira"})


def test_braces_in_a_name_are_no_facts() -> None:
    said = language_of(BERLIN).say("received.text", {"name": "{place} {0.__class__}"})
    assert said == "Hello {place} {0.__class__}, your payment has arrived."
