"""A location's language: its sentences, and money and times as people there write them.

English is spoken where a location's language is not known here, and then in figures and dates too.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_currency

from shared.domain.activity.mail import Value
from shared.domain.dates.instants import Moment
from shared.domain.locales import ENGLISH, spoken_language
from shared.domain.locations.location import Location
from shared.domain.money.money import Money, exponent
from shared.wording import english, german

TEXTS: Mapping[str, Mapping[str, str]] = {ENGLISH: english.TEXTS, "de": german.TEXTS}
# What turns the direction of the text after it; a name has its direction by its script.
# https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ISOLATE, _END = "\u2068", "\u2069"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


@dataclass(frozen=True, slots=True)
class Language:
    """What is said to a location's clients, and how; `tag` is for `lang` in HTML."""

    tag: str
    texts: Mapping[str, str]
    locale: Locale
    timezone: str

    def say(self, name: str, values: Mapping[str, Value]) -> str:
        """Return a sentence with its facts in it; raises `KeyError` for a name that is unknown."""
        shown = {key: self.show(value) for key, value in values.items()}
        return self.texts[name].format_map({key: _isolated(text) for key, text in shown.items()})

    def show(self, value: Value) -> str:
        """Return a fact as text of one line."""
        if isinstance(value, Money):
            return self.money(value)
        if isinstance(value, Moment):
            return self.moment(value.at_s)
        return one_line(value)

    def money(self, sum_of_money: Money) -> str:
        """Return a sum as it is written here: `1.234,50 €`; no digit is lost.

        Currencies without minor units in use, such as ISK, are shown without, whatever Stripe's
        exponent.
        """
        amount = Decimal(sum_of_money.amount_minor).scaleb(-exponent(sum_of_money.currency))
        code = sum_of_money.currency.upper()
        return format_currency(amount, code, locale=self.locale, decimal_quantization=False)

    def moment(self, at_s: int) -> str:
        """Return an instant on the wall of the location's zone: the day, the date and the time.

        Where a clock change makes the time ambiguous, its offset is said.
        """
        zone = ZoneInfo(self.timezone)
        local = datetime.fromtimestamp(at_s, UTC).astimezone(zone)
        day = format_date(local, "full", locale=self.locale)
        time = format_time(local, "short", tzinfo=zone, locale=self.locale)
        text = f"{day}, {time}"
        is_ambiguous = local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()
        return f"{text} (UTC{local:%:z})" if is_ambiguous else text


def without_name(language: Language) -> Language:
    """Return the language with sentences that name nobody: `Hello,` for `Hello {name},`."""
    texts = {key: text.replace(" {name}", "") for key, text in language.texts.items()}
    return replace(language, texts=texts)


def language_of(location: Location, timezone: str = "") -> Language:
    """Return the language of a location's clients: `de-AT` is German as in Austria.

    Without a region it is the location's country's: English in Berlin has `14:00`. Times are shown
    in `timezone`, a booking's own, or in the location's where it has none.
    """
    tag = spoken_language(location.locale)
    asked, _, region = location.locale.partition("-")
    wanted = region if asked == tag and region else location.country
    return Language(tag, TEXTS[tag], _locale(tag, wanted), timezone or location.timezone)


def _locale(language: str, region: str) -> Locale:
    try:
        return Locale(language, region.upper())
    except (UnknownLocaleError, ValueError):
        return Locale(language)


def one_line(text: str) -> str:
    """Return somebody's text as one line that ends nothing and turns nothing around it."""
    kept = "".join(" " if _ends_a_line(char) else char for char in text if char not in _TURNS)
    return " ".join(kept.encode("utf-8", "replace").decode().split())


def _isolated(text: str) -> str:
    """Return what a sentence quotes with a direction of its own, which turns no other word."""
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return f"{_ISOLATE}{text}{_END}"
    return text


def _ends_a_line(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Zl", "Zp")
