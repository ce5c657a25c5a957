"""A location's language: its sentences, and its formats of money and times.

If a location's language is not among ours, everything is in English, figures and dates too.
"""

import unicodedata
from collections.abc import Mapping
from copy import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_time
from msgspec import Struct

from shared.domain.activity.mail import Value
from shared.domain.dates.instants import Moment
from shared.domain.locales import ENGLISH, spoken_language
from shared.domain.locations.location import Location
from shared.domain.money.money import Money
from shared.domain.money.written import form_name, written
from shared.wording import disputes, english, german, invitations, troubles

# No two subjects have a sentence of the same name.
TEXTS: Mapping[str, Mapping[str, str]] = {
    ENGLISH: english.TEXTS | disputes.ENGLISH | invitations.ENGLISH | troubles.ENGLISH,
    "de": german.TEXTS | disputes.GERMAN | invitations.GERMAN | troubles.GERMAN,
}
# Characters that change the direction of the text after them; a name's script gives its own.
# https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ISOLATE, _END = "\u2068", "\u2069"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


class Language(Struct, frozen=True):
    """The language of a location's clients; `tag` is for `lang` in HTML."""

    tag: str
    texts: Mapping[str, str]
    locale: Locale
    timezone: str

    def say(self, name: str, values: Mapping[str, Value]) -> str:
        """Return a sentence with its facts filled in; raises `KeyError` for an unknown name."""
        shown = {key: self.show(value) for key, value in values.items()}
        return self.texts[name].format_map({key: _isolated(text) for key, text in shown.items()})

    def show(self, value: Value) -> str:
        """Return a fact as a single line of text."""
        if isinstance(value, Money):
            return self.money(value)
        if isinstance(value, Moment):
            return self.moment(value.at_s)
        return one_line(value)

    def money(self, sum_of_money: Money) -> str:
        """Return an amount in this language's form, `€1,234.50` in English; no digit is lost."""
        return written(sum_of_money, form_name(self.tag, self.locale.territory or ""))

    def moment(self, at_s: int) -> str:
        """Return an instant as local time: the weekday, the date and the time.

        Where a clock change makes the time ambiguous, the offset is added.
        """
        zone = ZoneInfo(self.timezone)
        local = datetime.fromtimestamp(at_s, UTC).astimezone(zone)
        day = format_date(local, "full", locale=self.locale)
        time = format_time(local, "short", tzinfo=zone, locale=self.locale)
        text = f"{day}, {time}"
        is_ambiguous = local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()
        return f"{text} (UTC{local:%:z})" if is_ambiguous else text


def without_name(language: Language) -> Language:
    """Return the language with sentences that leave the name out: `Hello,` for `Hello {name},`."""
    texts = {key: text.replace(" {name}", "") for key, text in language.texts.items()}
    return replace(language, texts=texts)


def language_of(location: Location, timezone: str = "") -> Language:
    """Return the language of a location's clients: `de-AT` is German as in Austria.

    Without a region, the location's country gives it: English in Berlin has `14:00`. Times are
    shown in `timezone`, a booking's own, or in the location's if the booking has none.
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
    """Return untrusted text as one line that cannot end or reverse the text around it."""
    kept = "".join(" " if _ends_a_line(char) else char for char in text if char not in _TURNS)
    return " ".join(kept.encode("utf-8", "replace").decode().split())


def _isolated(text: str) -> str:
    """Return quoted text with its direction isolated, so that it reverses no other word."""
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return f"{_ISOLATE}{text}{_END}"
    return text


def _ends_a_line(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Zl", "Zp")
