"""One way to write a sum, wherever it is written."""

import re
from copy import replace

import pytest

from shared.domain.locales import LANGUAGES
from shared.domain.locations.sum_form import sum_form
from shared.domain.money.money import Money
from shared.domain.money.written import FORMS, written
from shared.reports.figures import locale_of, money_text
from shared.wording.language import language_of
from tests.surroundings.demo_location import DEMO

PLACES = [("en", "GB"), ("en", "DE"), ("en", "CH"), ("de", "DE"), ("de", "LU"), ("de-AT", "AT")]
PLACES += [("de", "AT"), ("de", "CH"), ("de-CH", "CH"), ("de", "LI"), ("fr", "FR")]
CODES = ["eur", "gbp", "usd", "jpy", "aud", "php", "pln", "chf", "isk", "ugx", "kwd", "huf", "xof"]
AMOUNTS = [Money(minor, code) for code in CODES for minor in (5, 123_450, -123_400)]


@pytest.mark.parametrize("amount", AMOUNTS, ids=str)
@pytest.mark.parametrize(("locale", "country"), PLACES)
def test_mails_pages_and_reports_write_one_sum_in_one_way(
    amount: Money, locale: str, country: str
) -> None:
    """Bug: one sum was "45,00 €" in the mail, "45.00 EUR" on the page and "€45.00" beside it."""
    place = replace(DEMO, locale=locale, country=country)
    on_pages = written(amount, sum_form(place))
    assert language_of(place).money(amount) == on_pages
    if locale.partition("-")[0] in LANGUAGES:
        assert money_text(amount, locale_of(locale, country)) == on_pages


@pytest.mark.parametrize(
    ("minor", "currency", "form", "text"),
    [
        (123_450, "eur", "en", "€1,234.50"),
        (123_450, "eur", "de", "1.234,50 €"),
        (123_450, "eur", "de-AT", "€ 1.234,50"),
        (-123_450, "chf", "de-CH", "CHF-1'234.50"),
        (12_050, "pln", "de", "120,50 PLN"),
        (12_050, "pln", "en", "PLN 120.50"),
        (-5, "usd", "en", "-$0.05"),
        (1_234_567, "kwd", "en", "KWD 1,234.567"),
        (123_400, "isk", "de", "1.234 ISK"),
        (123_450, "isk", "de", "1.234,50 ISK"),
        (1_234_567, "jpy", "de", "1.234.567 ¥"),
    ],
)
def test_a_sum_as_people_there_write_it(minor: int, currency: str, form: str, text: str) -> None:
    assert written(Money(minor, currency), form).replace("\xa0", " ") == text


def test_every_language_of_our_sentences_has_a_form() -> None:
    assert set(LANGUAGES) <= FORMS.keys()


@pytest.mark.parametrize("locale", ["fr", "pt-BR", "sv", "ja", "pl", "th", "fr-CA"])
@pytest.mark.parametrize("code", CODES)
def test_letters_and_digits_do_not_touch_in_other_languages_either(locale: str, code: str) -> None:
    shown = money_text(Money(123_450, code), locale_of(locale))
    assert not re.search(r"[^\W\d_]\d|\d[^\W\d_]", shown)
